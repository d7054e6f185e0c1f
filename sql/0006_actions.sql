-- Payments whose customer has something to do at the processor's page (3-D Secure): where that is, and
-- where the customer comes back to.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program made for version 5 takes no return_url, and so no customer is sent anywhere.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (6, UTC_TIMESTAMP(3), 5);

ALTER TABLE payments ADD COLUMN IF NOT EXISTS return_url VARCHAR(512) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'where the customer comes back to', ADD COLUMN IF NOT EXISTS action_url VARCHAR(512) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL COMMENT 'while it is processing: where the customer has to go', ALGORITHM=INSTANT;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 6 AND completed_at IS NULL;
