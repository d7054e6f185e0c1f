# SPDX-License-Identifier: MIT
pkgsysconfdir = $(sysconfdir)/payment-api
dist_pkgsysconf_DATA = conf/payment-api.conf

nginxexampledir = $(docdir)/examples/nginx
dist_nginxexample_DATA = conf/nginx/payment-api.conf

EXTRA_DIST += conf/install-packages conf/quickstart
