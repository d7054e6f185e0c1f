# SPDX-License-Identifier: MIT
pkgsysconfdir = $(sysconfdir)/payment-api
dist_pkgsysconf_DATA = conf/payment-api.conf

dist_doc_DATA = conf/LICENSE

nginxexampledir = $(docdir)/examples/nginx
dist_nginxexample_DATA = \
	conf/nginx/payment-api.conf \
	conf/nginx/payment-api-tls.conf
nginxsnippetdir = $(nginxexampledir)/snippets
dist_nginxsnippet_DATA = conf/nginx/snippets/payment-api.conf

apacheexampledir = $(docdir)/examples/apache
dist_apacheexample_DATA = \
	conf/apache/payment-api-fcgid.conf \
	conf/apache/payment-api-proxy.conf \
	conf/apache/payment-api-tls.conf
apachesnippetdir = $(apacheexampledir)/snippets
dist_apachesnippet_DATA = \
	conf/apache/snippets/payment-api.conf \
	conf/apache/snippets/payment-api-workers.conf

# The folder that goes into a shared host's document root.
hostingexampledir = $(docdir)/examples/hosting/v1
dist_hostingexample_DATA = conf/hosting/v1/.htaccess
dist_hostingexample_SCRIPTS = conf/hosting/v1/payment-api.fcgi

EXTRA_DIST += conf/install-packages conf/quickstart

monitoringexampledir = $(docdir)/examples/monitoring
dist_monitoringexample_DATA = \
	conf/monitoring/README.md \
	conf/monitoring/grafana-dashboard.json \
	conf/monitoring/prometheus.yml \
	conf/monitoring/rules.yml

# Files in which make puts the directories that configure was given.
substitute = $(MKDIR_P) $(@D) && sed \
	-e 's|@docdir[@]|$(docdir)|g' \
	-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
	-e 's|@pkgsysconfdir[@]|$(pkgsysconfdir)|g' \
	-e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@version[@]|$(PACKAGE_VERSION)|g' \
	-e 's|@web_group[@]|$(WEB_GROUP)|g'

pkgdata_SCRIPTS = conf/setup-database
EXTRA_DIST += conf/setup-database.in
CLEANFILES += conf/setup-database
conf/setup-database: conf/setup-database.in Makefile
	$(AM_V_GEN)$(substitute) $(srcdir)/conf/setup-database.in >$@-t && chmod +x $@-t && mv $@-t $@

# systemd: see --with-systemdsystemunitdir.
systemd_units = conf/systemd/payment-api.service conf/systemd/payment-api.socket
EXTRA_DIST += conf/systemd/payment-api.service.in conf/systemd/payment-api.socket.in
CLEANFILES += $(systemd_units)
conf/systemd/payment-api.service: conf/systemd/payment-api.service.in Makefile
	$(AM_V_GEN)$(substitute) $(srcdir)/conf/systemd/payment-api.service.in >$@-t && mv $@-t $@
conf/systemd/payment-api.socket: conf/systemd/payment-api.socket.in Makefile
	$(AM_V_GEN)$(substitute) $(srcdir)/conf/systemd/payment-api.socket.in >$@-t && mv $@-t $@

if HAVE_SYSTEMD
nodist_systemdsystemunit_DATA = $(systemd_units)

sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = conf/systemd/sysusers.d/payment-api.conf
else
noinst_DATA += $(systemd_units)
endif

# The Debian package, built from the tarball: "make deb", "make deb DEB_FLAGS='--suffix +1'".
# payment-api.deb is a link to the one that was built last.
EXTRA_DIST += conf/deb \
	conf/debian/README.Debian \
	conf/debian/changelog \
	conf/debian/control \
	conf/debian/copyright \
	conf/debian/docs \
	conf/debian/payment-api.lintian-overrides \
	conf/debian/payment-api.postinst \
	conf/debian/payment-api.postrm \
	conf/debian/payment-api.triggers \
	conf/debian/rules \
	conf/debian/source/format \
	conf/debian/source/lintian-overrides \
	conf/debian/tests/control \
	conf/debian/tests/smoke \
	conf/debian/upstream/metadata
CLEANFILES += payment-api.deb payment-api_*.* payment-api-dbgsym_*.deb
.PHONY: deb
deb: dist
	$(srcdir)/conf/deb $(DEB_FLAGS) $(distdir).tar.xz .

# The RPM, built from the tarball, too: "make rpm", "make rpm RPM_FLAGS=--nodeps". The spec in it is made for it.
EXTRA_DIST += conf/rpm/payment-api.spec.in
dist-hook:
	$(substitute) $(srcdir)/conf/rpm/payment-api.spec.in >$(distdir)/conf/rpm/payment-api.spec
.PHONY: rpm
rpm: dist
	rpmbuild -tb $(RPM_FLAGS) $(distdir).tar.xz

# The reference page, made from the OpenAPI document. The tarball has it, so that only a checkout
# needs Python; it stands in the source folder, as configure does.
reference_files = \
	$(srcdir)/conf/openapi.json \
	$(srcdir)/conf/reference/index.html \
	$(srcdir)/conf/reference/style.css \
	$(srcdir)/conf/reference/script.js \
	$(srcdir)/conf/reference/icon.svg
reference_generator = $(srcdir)/conf/reference/make-page $(srcdir)/conf/reference/samples.py
dist_doc_DATA += conf/openapi.json
EXTRA_DIST += \
	conf/reference/icon.svg \
	conf/reference/index.html \
	conf/reference/make-page \
	conf/reference/samples.py \
	conf/reference/script.js \
	conf/reference/style.css
MAINTAINERCLEANFILES = $(srcdir)/conf/reference/index.html
$(srcdir)/conf/reference/index.html: $(srcdir)/conf/openapi.json $(reference_generator)
	$(AM_V_GEN)python3 -B $(srcdir)/conf/reference/make-page $(srcdir)/conf/openapi.json >$@-$$$$ && mv $@-$$$$ $@ || \
		{ rm -f $@-$$$$; exit 1; }

# Manual pages. They name folders that make decides on, so they are made here and not by configure.
man_MANS = \
	conf/man/payment-admin.8 \
	conf/man/payment-api.conf.5 \
	conf/man/payment-api.fcgi.8
CLEANFILES += $(man_MANS)
EXTRA_DIST += \
	conf/man/payment-admin.8.in \
	conf/man/payment-api.conf.5.in \
	conf/man/payment-api.fcgi.8.in

conf/man/payment-admin.8: conf/man/payment-admin.8.in Makefile
	$(AM_V_GEN)$(substitute) $(srcdir)/conf/man/payment-admin.8.in >$@-t && mv $@-t $@
conf/man/payment-api.conf.5: conf/man/payment-api.conf.5.in Makefile
	$(AM_V_GEN)$(substitute) $(srcdir)/conf/man/payment-api.conf.5.in >$@-t && mv $@-t $@
conf/man/payment-api.fcgi.8: conf/man/payment-api.fcgi.8.in Makefile
	$(AM_V_GEN)$(substitute) $(srcdir)/conf/man/payment-api.fcgi.8.in >$@-t && mv $@-t $@

if BASH_COMPLETION
bashcompletion_DATA = conf/completion/payment-admin
endif
EXTRA_DIST += conf/completion/payment-admin
