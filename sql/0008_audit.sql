-- What administrators did: one row for each act that changed something.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (8, UTC_TIMESTAMP(3), 5);

-- Only payment-admin writes to it, in the transaction of the change. The workers' account has no
-- right to it, and nobody needs one to change or delete a row.
CREATE TABLE IF NOT EXISTS audit (
  id          BINARY(16)   NOT NULL COMMENT 'made with the time of the act',
  done_at     DATETIME(3)  NOT NULL,
  system_user VARCHAR(64)  NOT NULL COMMENT 'whose process it was',
  sudo_user   VARCHAR(64)  NULL COMMENT 'who became that user by sudo, as the environment says',
  account     VARCHAR(128) NOT NULL COMMENT 'of the database',
  act         VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the command',
  object      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL COMMENT 'the id of what was changed',
  detail      VARCHAR(512) NULL COMMENT 'to what; no secret',
  reason      VARCHAR(255) NULL COMMENT 'in the words of who did it',
  PRIMARY KEY (id),
  KEY audit_object (object, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='What administrators did';

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 8 AND completed_at IS NULL;
