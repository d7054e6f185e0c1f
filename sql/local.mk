# SPDX-License-Identifier: MIT
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = sql/0001_initial.sql sql/grants.sql
