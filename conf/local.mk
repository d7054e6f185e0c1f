# SPDX-License-Identifier: MIT
pkgsysconfdir = $(sysconfdir)/payment-api
dist_pkgsysconf_DATA = conf/payment-api.conf

nginxexampledir = $(docdir)/examples/nginx
dist_nginxexample_DATA = \
	conf/nginx/payment-api.conf \
	conf/nginx/payment-api-tls.conf

apacheexampledir = $(docdir)/examples/apache
dist_apacheexample_DATA = \
	conf/apache/payment-api-fcgid.conf \
	conf/apache/payment-api-proxy.conf \
	conf/apache/payment-api-tls.conf

# The folder that goes into a shared host's document root.
hostingexampledir = $(docdir)/examples/hosting/v1
dist_hostingexample_DATA = conf/hosting/v1/.htaccess
dist_hostingexample_SCRIPTS = conf/hosting/v1/payment-api.fcgi

EXTRA_DIST += conf/install-packages conf/quickstart
