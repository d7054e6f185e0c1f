# SPDX-License-Identifier: MIT
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = \
	sql/0001_initial.sql \
	sql/0002_upgrade_guard.sql \
	sql/0003_mode.sql \
	sql/0004_calls.sql \
	sql/0005_lists.sql \
	sql/0006_actions.sql \
	sql/0007_metadata.sql \
	sql/0008_audit.sql \
	sql/0009_notices.sql \
	sql/0010_events.sql \
	sql/0011_keys.sql \
	sql/0012_webhooks.sql \
	sql/grants-operator.sql \
	sql/grants.sql
