-- API keys that may only read, and when each was used last. Which payments and refunds have had what
-- is personal taken out of them.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program made for the version before takes a key that may only read for any other: make none, and
-- forget nothing, before all workers are of this version.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (11, UTC_TIMESTAMP(3), 5);

ALTER TABLE api_keys ADD COLUMN IF NOT EXISTS read_only BOOLEAN NOT NULL DEFAULT 0 COMMENT 'it may not POST', ADD COLUMN IF NOT EXISTS last_used_at DATETIME(3) NULL COMMENT 'noted once an hour; NULL: not since this column is there', ALGORITHM=INSTANT;

ALTER TABLE payments ADD COLUMN IF NOT EXISTS forgotten_at DATETIME(3) NULL COMMENT 'description, metadata and return_url were taken out; NULL: nothing was', ALGORITHM=INSTANT;
ALTER TABLE refunds ADD COLUMN IF NOT EXISTS forgotten_at DATETIME(3) NULL COMMENT 'metadata were taken out; NULL: nothing was', ALGORITHM=INSTANT;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 11 AND completed_at IS NULL;
