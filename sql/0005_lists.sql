-- Indexes for lists of payments and refunds: each page of a list is a range of one of them.
--
-- Plain SQL for payment-admin, the mariadb client and phpMyAdmin alike. It runs in the selected
-- database, can run again after it was stopped half-way, and blocks no reader or writer: programs
-- made for the version before go on working while it runs.
--
-- SPDX-License-Identifier: MIT

INSERT IGNORE INTO schema_version (version, started_at, oldest_program) VALUES (5, UTC_TIMESTAMP(3), 3);

-- Each list is by status, too: without one its page is merged of the three.
ALTER TABLE payments ADD KEY IF NOT EXISTS payments_list (merchant_id, mode, status, id), ADD KEY IF NOT EXISTS payments_currency_list (merchant_id, mode, currency, status, id), ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE refunds ADD KEY IF NOT EXISTS refunds_list (merchant_id, mode, status, id), ADD KEY IF NOT EXISTS refunds_payment_list (payment_id, status, id), ALGORITHM=INPLACE, LOCK=NONE;

-- The foreign key has the new one.
ALTER TABLE refunds DROP KEY IF EXISTS refunds_payment, ALGORITHM=INPLACE, LOCK=NONE;

UPDATE schema_version SET completed_at = UTC_TIMESTAMP(3) WHERE version = 5 AND completed_at IS NULL;
