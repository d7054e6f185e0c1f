-- What the database account of operators may do, where they have one of their own: all commands of
-- payment-admin but "schema upgrade", and no change to what the audit holds. Run it in the database
-- of payment-api, as an account that may grant, once the account exists, and name that account in
-- the section [database-admin] of a configuration file that only operators can read:
--
--   CREATE USER 'payment-operator'@'localhost' IDENTIFIED BY 'a long password';
--
-- For an account of another name or host, change the two in each line below.
--
-- SPDX-License-Identifier: MIT

GRANT SELECT ON schema_version TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (disabled_at, live_processor, test_processor, live_events, test_events) ON merchants TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (revoked_at, expires_at) ON api_keys TO 'payment-operator'@'localhost';
GRANT SELECT, UPDATE (refunded, status, decline, reference, due_at, look_at, action_url, disputed_at, description, metadata, return_url, forgotten_at) ON payments TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (status, reference, look_at, returned_at, metadata, forgotten_at) ON refunds TO 'payment-operator'@'localhost';
GRANT SELECT, UPDATE (state, look_at) ON notices TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT ON attempts TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (dispatched_at), DELETE ON events TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (url, events, description, disabled_at, disabled_by, failing_since, deleted_at, resend_after, resend_until) ON webhook_endpoints TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (secret, expires_at) ON webhook_secrets TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, UPDATE (state, tries, due_at), DELETE ON webhook_deliveries TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT, DELETE ON webhook_attempts TO 'payment-operator'@'localhost';
GRANT SELECT, INSERT ON audit TO 'payment-operator'@'localhost';
