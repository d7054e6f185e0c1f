-- Webhook endpoints: where merchants want their events to be sent, and what signs them.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (12, UTC_TIMESTAMP(3), 5);

CREATE TABLE IF NOT EXISTS webhook_endpoints (
  id          BINARY(16)   NOT NULL,
  merchant_id BINARY(16)   NOT NULL,
  mode        ENUM('test', 'live') NOT NULL COMMENT 'events of this mode only',
  url         VARCHAR(512) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  events      VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'types, separated by commas; * is all',
  description VARCHAR(255) NULL,
  created_at  DATETIME(3)  NOT NULL,
  disabled_at DATETIME(3)  NULL COMMENT 'it wants nothing for now',
  deleted_at  DATETIME(3)  NULL COMMENT 'it is not shown any more, and has no secret',
  PRIMARY KEY (id),
  KEY webhook_endpoints_list (merchant_id, mode, deleted_at, id),
  CONSTRAINT webhook_endpoints_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A table of their own, so that who only looks at endpoints needs no right to read a secret.
CREATE TABLE IF NOT EXISTS webhook_secrets (
  id          BINARY(16)    NOT NULL,
  endpoint_id BINARY(16)    NOT NULL,
  secret      VARBINARY(64) NOT NULL COMMENT 'as it is: what signs cannot be a hash',
  expires_at  DATETIME(3)   NULL COMMENT 'it signs until then; NULL: until it is replaced',
  PRIMARY KEY (id),
  KEY webhook_secrets_endpoint (endpoint_id, id),
  CONSTRAINT webhook_secrets_endpoint FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 12 AND completed_at IS NULL;
