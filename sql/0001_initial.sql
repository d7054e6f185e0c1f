-- Merchants, their API keys, payments and refunds.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, and can run again after it was stopped half-way.
--
-- SPDX-License-Identifier: MIT

CREATE TABLE IF NOT EXISTS schema_version (
  version      INT UNSIGNED NOT NULL,
  started_at   DATETIME(3)  NOT NULL,
  completed_at DATETIME(3)  NULL COMMENT 'NULL: the migration did not reach its end',
  PRIMARY KEY (version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='One row a migration';

INSERT IGNORE INTO schema_version (version, started_at) VALUES (1, UTC_TIMESTAMP(3));

-- Times are UTC. Ids are UUIDv7 values: the API shows them as prefix and Crockford base 32.

CREATE TABLE IF NOT EXISTS merchants (
  id          BINARY(16)   NOT NULL,
  name        VARCHAR(255) NOT NULL,
  created_at  DATETIME(3)  NOT NULL,
  disabled_at DATETIME(3)  NULL COMMENT 'its keys are refused from then on',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS api_keys (
  id          BINARY(16)   NOT NULL,
  merchant_id BINARY(16)   NOT NULL,
  key_hash    BINARY(32)   NOT NULL COMMENT 'SHA-256 of the key; the key itself is not kept',
  prefix      VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'what lists show',
  mode        ENUM('test', 'live') NOT NULL,
  label       VARCHAR(255) NULL,
  created_at  DATETIME(3)  NOT NULL,
  expires_at  DATETIME(3)  NULL,
  revoked_at  DATETIME(3)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY api_keys_hash (key_hash),
  KEY api_keys_merchant (merchant_id),
  CONSTRAINT api_keys_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS payments (
  id              BINARY(16)   NOT NULL,
  merchant_id     BINARY(16)   NOT NULL,
  amount          BIGINT       NOT NULL COMMENT 'minor units of the currency',
  refunded        BIGINT       NOT NULL DEFAULT 0 COMMENT 'minor units; the sum of its refunds',
  currency        CHAR(3)      CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'ISO 4217',
  status          ENUM('processing', 'succeeded', 'failed') NOT NULL,
  decline         VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'why it failed',
  processor       VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'who moved the money',
  source          VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'token, never a card number',
  description     VARCHAR(255) COLLATE utf8mb4_nopad_bin NULL,
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL,
  created_at      DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payments_idempotency (merchant_id, idempotency_key),
  CONSTRAINT payments_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id),
  CONSTRAINT payments_amount   CHECK (amount BETWEEN 1 AND 999999999999999),
  CONSTRAINT payments_refunded CHECK (refunded BETWEEN 0 AND amount),
  CONSTRAINT payments_refunded_of_succeeded CHECK (refunded = 0 OR status = 'succeeded'),
  CONSTRAINT payments_decline  CHECK ((status = 'failed') = (decline IS NOT NULL)),
  CONSTRAINT payments_currency CHECK (currency RLIKE '^[A-Z]{3}$')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS refunds (
  id              BINARY(16)   NOT NULL,
  merchant_id     BINARY(16)   NOT NULL,
  payment_id      BINARY(16)   NOT NULL,
  amount          BIGINT       NOT NULL COMMENT 'minor units of the currency of the payment',
  status          ENUM('processing', 'succeeded', 'failed') NOT NULL,
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL,
  created_at      DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY refunds_idempotency (merchant_id, idempotency_key),
  KEY refunds_payment (payment_id),
  CONSTRAINT refunds_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id),
  CONSTRAINT refunds_payment  FOREIGN KEY (payment_id) REFERENCES payments (id),
  CONSTRAINT refunds_amount   CHECK (amount BETWEEN 1 AND 999999999999999)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 1 AND completed_at IS NULL;
