-- The mode of payments and refunds: an idempotency key belongs to a merchant and a mode, and a live
-- request is never answered with a test payment.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

-- A program made for version 2 writes the mode's default, which is right for all that it can write.
INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (3, UTC_TIMESTAMP(3), 2);

-- All that was made so far was made with test keys.
ALTER TABLE payments ADD COLUMN IF NOT EXISTS mode ENUM('test', 'live') NOT NULL DEFAULT 'test' COMMENT 'of the key it was made with', ALGORITHM=INSTANT;
ALTER TABLE refunds ADD COLUMN IF NOT EXISTS mode ENUM('test', 'live') NOT NULL DEFAULT 'test' COMMENT 'of the key it was made with', ALGORITHM=INSTANT;

ALTER TABLE payments ADD UNIQUE KEY IF NOT EXISTS payments_mode_idempotency (merchant_id, mode, idempotency_key), ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE refunds ADD UNIQUE KEY IF NOT EXISTS refunds_mode_idempotency (merchant_id, mode, idempotency_key), ALGORITHM=INPLACE, LOCK=NONE;

-- The old keys go when the new ones hold.
ALTER TABLE payments DROP KEY IF EXISTS payments_idempotency, ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE refunds DROP KEY IF EXISTS refunds_idempotency, ALGORITHM=INPLACE, LOCK=NONE;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 3 AND completed_at IS NULL;
