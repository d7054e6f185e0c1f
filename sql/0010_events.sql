-- Events: what happened to payments and refunds, for the merchants that want to be told.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program of an older version tells nobody anything.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (10, UTC_TIMESTAMP(3), 5);

ALTER TABLE merchants ADD COLUMN IF NOT EXISTS live_events TINYINT NOT NULL DEFAULT 0 COMMENT '1: changes of its live records are told by events', ADD COLUMN IF NOT EXISTS test_events TINYINT NOT NULL DEFAULT 0 COMMENT 'the same of its test records', ALGORITHM=INSTANT;

CREATE TABLE IF NOT EXISTS events (
  id          BINARY(16)  NOT NULL,
  merchant_id BINARY(16)  NOT NULL,
  mode        ENUM('test', 'live') NOT NULL,
  type        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  object_id   BINARY(16)  NOT NULL COMMENT 'the payment or refund that it tells of',
  body        VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL COMMENT 'JSON, as it is shown',
  created_at  DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY events_list (merchant_id, mode, id),
  KEY events_type_list (merchant_id, mode, type, id),
  KEY events_object_list (object_id, id),
  CONSTRAINT events_merchant FOREIGN KEY (merchant_id) REFERENCES merchants (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Written in the transaction of the change';

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 10 AND completed_at IS NULL;
