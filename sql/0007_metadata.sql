-- Metadata of payments and refunds: what a merchant's program notes about them.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program of an older version takes no metadata.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (7, UTC_TIMESTAMP(3), 5);

ALTER TABLE payments ADD COLUMN IF NOT EXISTS metadata MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'JSON object of strings, its keys sorted; NULL: none', ALGORITHM=INSTANT;
ALTER TABLE refunds ADD COLUMN IF NOT EXISTS metadata MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'JSON object of strings, its keys sorted; NULL: none', ALGORITHM=INSTANT;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 7 AND completed_at IS NULL;
