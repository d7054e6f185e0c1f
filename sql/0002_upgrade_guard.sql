-- Which older programs may go on working with a schema.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, and can run again after it was stopped half-way.
--
-- SPDX-License-Identifier: MIT

INSERT IGNORE INTO schema_version (version, started_at) VALUES (2, UTC_TIMESTAMP(3));

-- A migration that a program of an earlier version can live with says so when it inserts its row.
-- So the old workers go on while it runs, and until each has been replaced.
ALTER TABLE schema_version
  ADD COLUMN IF NOT EXISTS oldest_program INT UNSIGNED NULL
    COMMENT 'a program that was made for this version or a later one may work; NULL: none but its own',
  ALGORITHM=INSTANT;

UPDATE schema_version SET oldest_program = 1, completed_at = UTC_TIMESTAMP(3)
  WHERE version = 2 AND completed_at IS NULL;
