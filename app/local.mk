# SPDX-License-Identifier: MIT

# Everything but the two main.c, for both programs and the tests.
noinst_LIBRARIES += app/libpaymentapi.a
app_libpaymentapi_a_SOURCES = \
	app/children.c app/children.h \
	app/clock.c app/clock.h \
	app/config.c app/config.h \
	app/end_signals.c app/end_signals.h \
	app/heartbeat.c app/heartbeat.h \
	app/listener.c app/listener.h \
	app/log.c app/log.h \
	app/log_record.c app/log_record.h \
	app/loop.c app/loop.h \
	app/metrics.c app/metrics.h \
	app/option_group.c app/option_group.h \
	app/pool_metrics.c app/pool_metrics.h \
	app/processor_config.c app/processor_config.h \
	app/reload.c app/reload.h \
	app/supervisor.c app/supervisor.h \
	app/worker.c app/worker.h \
	app/api/answer.c app/api/answer.h \
	app/api/answered.c app/api/answered.h \
	app/api/asking.c app/api/asking.h \
	app/api/authentication.c app/api/authentication.h \
	app/api/deliveries.c app/api/deliveries.h \
	app/api/documents.c app/api/documents.h \
	app/api/embedded.h \
	app/api/error.c app/api/error.h \
	app/api/endpoints.c app/api/endpoints.h \
	app/api/events.c app/api/events.h \
	app/api/exchange.c app/api/exchange.h \
	app/api/full_view.c app/api/full_view.h \
	app/api/health.c app/api/health.h \
	app/api/input.c app/api/input.h \
	app/api/key_cache.c app/api/key_cache.h \
	app/api/listing.c app/api/listing.h \
	app/api/lists.c app/api/lists.h \
	app/api/metadata.c app/api/metadata.h \
	app/api/notices.c app/api/notices.h \
	app/api/metrics_page.c app/api/metrics_page.h \
	app/api/payments.c app/api/payments.h \
	app/api/problem.c app/api/problem.h \
	app/api/refunds.c app/api/refunds.h \
	app/api/representation.c app/api/representation.h \
	app/api/routes.c app/api/routes.h \
	app/api/service.c app/api/service.h \
	app/api/turn.c app/api/turn.h \
	app/background/courier.c app/background/courier.h \
	app/background/reconciler.c app/background/reconciler.h \
	app/domain/attempt.c app/domain/attempt.h \
	app/domain/api_key.c app/domain/api_key.h \
	app/domain/card_number.c app/domain/card_number.h \
	app/domain/currency.c app/domain/currency.h \
	app/domain/delivery.c app/domain/delivery.h \
	app/domain/event.c app/domain/event.h \
	app/domain/idempotency_key.c app/domain/idempotency_key.h \
	app/domain/identifier.c app/domain/identifier.h \
	app/domain/metadata.c app/domain/metadata.h \
	app/domain/mode.c app/domain/mode.h \
	app/domain/money.c app/domain/money.h \
	app/domain/network.c app/domain/network.h \
	app/domain/notice.c app/domain/notice.h \
	app/domain/page.c app/domain/page.h \
	app/domain/payment.c app/domain/payment.h \
	app/domain/refund.c app/domain/refund.h \
	app/domain/timestamp.c app/domain/timestamp.h \
	app/domain/total.c app/domain/total.h \
	app/domain/web_address.c app/domain/web_address.h \
	app/domain/utf8.c app/domain/utf8.h \
	app/domain/webhook.c app/domain/webhook.h \
	app/http/cgi.c app/http/cgi.h \
	app/http/fastcgi.c app/http/fastcgi.h \
	app/http/fastcgi_answer.c \
	app/http/fastcgi_connection.c app/http/fastcgi_connection.h \
	app/http/fastcgi_connections.c \
	app/http/fastcgi_params.c app/http/fastcgi_params.h \
	app/http/fastcgi_record.c app/http/fastcgi_record.h \
	app/http/fastcgi_settings.h \
	app/http/inbound.c app/http/inbound.h \
	app/http/json_body.c app/http/json_body.h \
	app/http/query.c app/http/query.h \
	app/http/request.c app/http/request.h \
	app/http/response.c app/http/response.h \
	app/http/router.c app/http/router.h \
	app/operations/attend.c app/operations/attend.h \
	app/operations/deliver.c app/operations/deliver.h \
	app/operations/charge.c app/operations/charge.h \
	app/operations/operation.c app/operations/operation.h \
	app/operations/prune.c app/operations/prune.h \
	app/operations/reconcile.c app/operations/reconcile.h \
	app/operations/refund.c app/operations/refund.h \
	app/outbound/lane.c app/outbound/lane.h \
	app/outbound/outbound.c app/outbound/outbound.h \
	app/outbound/transfer.c app/outbound/transfer.h \
	app/processor/caller.c app/processor/caller.h \
	app/processor/job.c app/processor/processor.h app/processor/sandbox.c \
	app/processor/selection.c app/processor/selection.h \
	app/processor/stripe.c \
	app/processor/stripe_amount.c app/processor/stripe_amount.h \
	app/processor/stripe_answer.c app/processor/stripe_answer.h \
	app/processor/stripe_decline.c app/processor/stripe_decline.h \
	app/processor/stripe_error.c \
	app/processor/stripe_event.c app/processor/stripe_event.h \
	app/processor/stripe_form.c app/processor/stripe_form.h \
	app/processor/stripe_list.c app/processor/stripe_list.h \
	app/processor/stripe_noticed.c app/processor/stripe_noticed.h \
	app/processor/stripe_object.c app/processor/stripe_object.h \
	app/store/adoption_store.c app/store/adoption_store.h \
	app/store/api_key_store.c app/store/api_key_store.h \
	app/store/attempt_store.c app/store/attempt_store.h \
	app/store/audit_store.c app/store/audit_store.h \
	app/store/binding.c app/store/binding.h \
	app/store/claim_store.c app/store/claim_store.h \
	app/store/closing_store.c app/store/closing_store.h \
	app/store/connection.c app/store/connection.h \
	app/store/credential_store.c app/store/credential_store.h \
	app/store/database.c app/store/database.h \
	app/store/delivery_note_store.c app/store/delivery_note_store.h \
	app/store/delivery_store.c app/store/delivery_store.h \
	app/store/dispatch_store.c app/store/dispatch_store.h \
	app/store/due_store.c app/store/due_store.h \
	app/store/endpoint_list.c app/store/endpoint_list.h \
	app/store/endpoint_row.c app/store/endpoint_row.h \
	app/store/endpoint_store.c app/store/endpoint_store.h \
	app/store/event_list.c app/store/event_list.h \
	app/store/event_store.c app/store/event_store.h \
	app/store/forget_store.c app/store/forget_store.h \
	app/store/full_store.c app/store/full_store.h \
	app/store/host_list.c app/store/host_list.h \
	app/store/ledger_pages.c app/store/ledger_pages.h \
	app/store/ledger_sql.c app/store/ledger_sql.h \
	app/store/ledger_store.c app/store/ledger_store.h \
	app/store/marking.c app/store/marking.h \
	app/store/merchant_store.c app/store/merchant_store.h \
	app/store/notice_store.c app/store/notice_store.h \
	app/store/page_slots.c app/store/page_slots.h \
	app/store/payment_list.c app/store/payment_list.h \
	app/store/payment_row.c app/store/payment_row.h \
	app/store/payment_store.c app/store/payment_store.h \
	app/store/prune_store.c app/store/prune_store.h \
	app/store/redelivery_store.c app/store/redelivery_store.h \
	app/store/refund_list.c app/store/refund_list.h \
	app/store/refund_row.c app/store/refund_row.h \
	app/store/refund_settlement.c \
	app/store/refund_store.c app/store/refund_store.h \
	app/store/reservation.c app/store/reservation.h \
	app/store/resolution_store.c app/store/resolution_store.h \
	app/store/result.c app/store/result.h \
	app/store/retry.c app/store/retry.h \
	app/store/schema_store.c app/store/schema_store.h \
	app/store/sending_list.c app/store/sending_list.h \
	app/store/server_error.c app/store/server_error.h \
	app/store/settlement.c app/store/settlement.h \
	app/store/settlement_group.c app/store/settlement_group.h \
	app/store/slots.c app/store/slots.h \
	app/store/statement.c app/store/statement.h

# The documents that the program shows of itself.
embedded_files = \
	openapi=$(srcdir)/conf/openapi.json \
	page=$(srcdir)/conf/reference/index.html \
	style=$(srcdir)/conf/reference/style.css \
	script=$(srcdir)/conf/reference/script.js \
	icon=$(srcdir)/conf/reference/icon.svg
nodist_app_libpaymentapi_a_SOURCES = app/api/embedded.c
EXTRA_DIST += app/api/embed
CLEANFILES += app/api/embedded.c
app/api/embedded.c: $(reference_files) $(srcdir)/app/api/embed
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SHELL) $(srcdir)/app/api/embed $(embedded_files) >$@-t && mv $@-t $@

library_LIBS = app/libpaymentapi.a \
	$(FCGI_LIBS) $(JANSSON_LIBS) $(MARIADB_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(INIH_LIBS)

sbin_PROGRAMS += app/payment-api.fcgi
app_payment_api_fcgi_SOURCES = app/main.c
app_payment_api_fcgi_LDADD = $(library_LIBS)
app_payment_api_fcgi_LDFLAGS = $(STATIC_LDFLAGS)

sbin_PROGRAMS += app/payment-admin
app_payment_admin_SOURCES = \
	app/admin/asking.c app/admin/asking.h \
	app/admin/audit.c \
	app/admin/check.c \
	app/admin/check_processors.c app/admin/check_processors.h \
	app/admin/claim.c \
	app/admin/claim.h \
	app/admin/command.h \
	app/admin/common.c \
	app/admin/differences.c app/admin/differences.h \
	app/admin/export.c \
	app/admin/filter.c app/admin/filter.h \
	app/admin/forget.c \
	app/admin/json_out.c app/admin/json_out.h \
	app/admin/key.c \
	app/admin/main.c \
	app/admin/merchant.c \
	app/admin/notice.c \
	app/admin/our_record.c app/admin/our_record.h \
	app/admin/payment.c \
	app/admin/reconcile.c \
	app/admin/record_sheet.c app/admin/record_sheet.h \
	app/admin/refund.c \
	app/admin/report.c \
	app/admin/schema.c \
	app/admin/sheet.c app/admin/sheet.h \
	app/admin/walk.c app/admin/walk.h \
	app/admin/webhook.c \
	app/admin/webhook_events.c
app_payment_admin_LDADD = $(library_LIBS)
app_payment_admin_LDFLAGS = $(STATIC_LDFLAGS)

# See --enable-static-programs.
if STATIC_PROGRAMS
app_payment_api_fcgi_SOURCES += app/static.c
app_payment_admin_SOURCES += app/static.c
endif
