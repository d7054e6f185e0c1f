-- Webhooks: where merchants want their events to be sent, what signs them, and what became of each.
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
  disabled_by ENUM('merchant', 'gone', 'failing') NULL COMMENT 'with disabled_at; gone: it answered 410',
  failing_since DATETIME(3) NULL COMMENT 'nothing has arrived since then',
  deleted_at  DATETIME(3)  NULL COMMENT 'it is not shown any more, and has no secret',
  resend_after BINARY(16)  NULL COMMENT 'events behind this one, up to resend_until, are sent once more',
  resend_until BINARY(16)  NULL,
  PRIMARY KEY (id),
  KEY webhook_endpoints_list (merchant_id, mode, deleted_at, id),
  KEY webhook_endpoints_resend (resend_until),
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

-- Events that no courier has looked at yet: those of the time before are looked at once, and sent to nobody.
ALTER TABLE events ADD COLUMN IF NOT EXISTS dispatched_at DATETIME(3) NULL COMMENT 'its deliveries are made', ALGORITHM=INSTANT;
ALTER TABLE events ADD KEY IF NOT EXISTS events_dispatch (dispatched_at, id), ALGORITHM=INPLACE, LOCK=NONE;

CREATE TABLE IF NOT EXISTS webhook_deliveries (
  endpoint_id BINARY(16)  NOT NULL,
  event_id    BINARY(16)  NOT NULL,
  state       ENUM('pending', 'delivered', 'failed') NOT NULL,
  tries       TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'since it was last made pending',
  due_at      DATETIME(3) NULL COMMENT 'when it is tried next; NULL unless it is pending',
  PRIMARY KEY (endpoint_id, event_id),
  KEY webhook_deliveries_due (endpoint_id, state, due_at),
  KEY webhook_deliveries_waiting (state, due_at),
  KEY webhook_deliveries_event (event_id),
  CONSTRAINT webhook_deliveries_endpoint FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id),
  CONSTRAINT webhook_deliveries_event FOREIGN KEY (event_id) REFERENCES events (id),
  CONSTRAINT webhook_deliveries_pending CHECK ((state = 'pending') = (due_at IS NOT NULL))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='One event for one endpoint';

CREATE TABLE IF NOT EXISTS webhook_attempts (
  id           BINARY(16)   NOT NULL,
  endpoint_id  BINARY(16)   NOT NULL,
  event_id     BINARY(16)   NOT NULL,
  attempted_at DATETIME(3)  NOT NULL,
  milliseconds INT UNSIGNED NOT NULL,
  status       SMALLINT UNSIGNED NULL COMMENT 'of HTTP; NULL: no answer',
  answer       VARBINARY(256) NOT NULL COMMENT 'its first bytes, or why there is none',
  PRIMARY KEY (id),
  KEY webhook_attempts_event (event_id, id),
  KEY webhook_attempts_endpoint (endpoint_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Each sending, as it went';

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 12 AND completed_at IS NULL;
