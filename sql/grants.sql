-- What the workers' database account may do, and nothing more. Run it in the database of
-- payment-api, as an account that may grant, once the account exists:
--
--   CREATE USER 'payment-api'@'localhost' IDENTIFIED VIA unix_socket;       -- same system user, or
--   CREATE USER 'payment-api'@'localhost' IDENTIFIED BY 'a long password';
--
-- For an account of another name or host, change the two in each line below.
-- It has no right to the table audit. grants-operator.sql has what operators need.
-- Where the host gives out one account with all rights (shared hosting), this file is not needed.
--
-- SPDX-License-Identifier: MIT

GRANT SELECT (version, completed_at, oldest_program) ON schema_version TO 'payment-api'@'localhost';
GRANT SELECT (id, disabled_at, live_processor, test_processor, live_events, test_events), UPDATE (live_events, test_events) ON merchants TO 'payment-api'@'localhost';
GRANT SELECT (id, merchant_id, key_hash, mode, expires_at, revoked_at, read_only, last_used_at), UPDATE (last_used_at) ON api_keys TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (refunded, status, decline, reference, due_at, look_at, action_url, disputed_at) ON payments TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (status, reference, look_at, returned_at) ON refunds TO 'payment-api'@'localhost';
GRANT INSERT ON attempts TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (state, look_at) ON notices TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (dispatched_at), DELETE ON events TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (url, events, description, disabled_at, disabled_by, failing_since, deleted_at, resend_after, resend_until) ON webhook_endpoints TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (secret, expires_at) ON webhook_secrets TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, UPDATE (state, tries, due_at), DELETE ON webhook_deliveries TO 'payment-api'@'localhost';
GRANT SELECT, INSERT, DELETE ON webhook_attempts TO 'payment-api'@'localhost';
