-- Notices: what processors tell by events of their own, kept once by the id of each. Refunds that were
-- made in a processor's own pages, refunds that came back, and payments that are disputed.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program made for the version before takes no events, and writes the defaults.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (9, UTC_TIMESTAMP(3), 5);

CREATE TABLE IF NOT EXISTS notices (
  id          BINARY(16)  NOT NULL,
  processor   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  mode        ENUM('test', 'live') NOT NULL,
  event_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the id that the processor gave the event',
  kind        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'what the processor calls it',
  subject     ENUM('payment', 'refund', 'dispute') NOT NULL,
  says        ENUM('other', 'succeeded', 'failed') NOT NULL COMMENT 'a hint: what it says became of it',
  record_id   BINARY(16)  NULL COMMENT 'our id of the payment or refund, where it names one',
  reference   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the id that the processor gave the object',
  state       ENUM('open', 'done', 'unknown') NOT NULL,
  received_at DATETIME(3) NOT NULL,
  look_at     DATETIME(3) NULL COMMENT 'it is looked at next; NULL: not any more',
  PRIMARY KEY (id),
  UNIQUE KEY notices_event (processor, event_id),
  KEY notices_look_at (look_at),
  KEY notices_state (state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='What processors tell by events';

ALTER TABLE refunds ADD COLUMN IF NOT EXISTS origin ENUM('api', 'processor') NOT NULL DEFAULT 'api' COMMENT 'processor: it was made in the pages of the processor', ADD COLUMN IF NOT EXISTS returned_at DATETIME(3) NULL COMMENT 'it had succeeded, and the money came back', ALGORITHM=INSTANT;
ALTER TABLE payments ADD COLUMN IF NOT EXISTS disputed_at DATETIME(3) NULL COMMENT 'the bank of the customer took it back, or tries to', ALGORITHM=INSTANT;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 9 AND completed_at IS NULL;
