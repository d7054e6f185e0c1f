-- Payments and refunds that a processor moves: until when their request may last, when the processor
-- is asked about them next, its own id of them, and each attempt. A merchant's processors by mode.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program made for version 3 makes payments in the sandbox only, which need none of this.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (4, UTC_TIMESTAMP(3), 3);

ALTER TABLE payments ADD COLUMN IF NOT EXISTS due_at DATETIME(3) NULL COMMENT 'its request is over at the latest', ADD COLUMN IF NOT EXISTS look_at DATETIME(3) NULL COMMENT 'the processor is asked about it next; NULL: not any more', ADD COLUMN IF NOT EXISTS reference VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'the id that the processor gave it', ALGORITHM=INSTANT;
ALTER TABLE refunds ADD COLUMN IF NOT EXISTS due_at DATETIME(3) NULL COMMENT 'its request is over at the latest', ADD COLUMN IF NOT EXISTS look_at DATETIME(3) NULL COMMENT 'the processor is asked about it next; NULL: not any more', ADD COLUMN IF NOT EXISTS reference VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'the id that the processor gave it', ALGORITHM=INSTANT;

ALTER TABLE payments ADD KEY IF NOT EXISTS payments_look_at (look_at), ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE refunds ADD KEY IF NOT EXISTS refunds_look_at (look_at), ALGORITHM=INPLACE, LOCK=NONE;

ALTER TABLE merchants ADD COLUMN IF NOT EXISTS live_processor VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'of its live keys; NULL: none', ADD COLUMN IF NOT EXISTS test_processor VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'of its test keys; NULL: the sandbox', ALGORITHM=INSTANT;

CREATE TABLE IF NOT EXISTS attempts (
  id        BINARY(16)  NOT NULL COMMENT 'made with the time of its end',
  record_id BINARY(16)  NOT NULL COMMENT 'a payment or a refund',
  asked     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  came      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  detail    VARCHAR(160) NOT NULL COMMENT 'for people; no secret and nothing personal',
  made_at   DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY attempts_record (record_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='What a processor was asked about a record, and what came';

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 4 AND completed_at IS NULL;
