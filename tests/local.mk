# SPDX-License-Identifier: MIT

# Unit tests, with cmocka and TAP.
unit_tests = \
	tests/unit/api_key-t \
	tests/unit/card_number-t \
	tests/unit/children-t \
	tests/unit/config-t \
	tests/unit/currency-t \
	tests/unit/event-t \
	tests/unit/fastcgi_record-t \
	tests/unit/host_list-t \
	tests/unit/idempotency_key-t \
	tests/unit/identifier-t \
	tests/unit/inbound-t \
	tests/unit/json_body-t \
	tests/unit/log_record-t \
	tests/unit/loop-t \
	tests/unit/money-t \
	tests/unit/page-t \
	tests/unit/problem-t \
	tests/unit/query-t \
	tests/unit/records-t \
	tests/unit/request-t \
	tests/unit/response-t \
	tests/unit/retry-t \
	tests/unit/router-t \
	tests/unit/slots-t \
	tests/unit/stripe-t \
	tests/unit/stripe_amount-t \
	tests/unit/stripe_answer-t \
	tests/unit/stripe_event-t \
	tests/unit/stripe_noticed-t \
	tests/unit/stripe_look-t \
	tests/unit/total-t \
	tests/unit/utf8-t \
	tests/unit/web_address-t \
	tests/unit/network-t \
	tests/unit/delivery-t

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
check-local:
	@echo "SKIP: the unit tests, since configure did not find cmocka"
endif

unit_LDADD = $(library_LIBS) $(CMOCKA_LIBS)
unit_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

tests_unit_api_key_t_SOURCES = tests/unit/api_key-t.c tests/unit/unit.h
tests_unit_api_key_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_api_key_t_LDADD = $(unit_LDADD)
tests_unit_card_number_t_SOURCES = tests/unit/card_number-t.c tests/unit/unit.h
tests_unit_card_number_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_card_number_t_LDADD = $(unit_LDADD)
tests_unit_children_t_SOURCES = tests/unit/children-t.c tests/unit/unit.h
tests_unit_children_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_children_t_LDADD = $(unit_LDADD)
tests_unit_config_t_SOURCES = tests/unit/config-t.c tests/unit/unit.h
tests_unit_config_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_config_t_LDADD = $(unit_LDADD)
tests_unit_currency_t_SOURCES = tests/unit/currency-t.c tests/unit/unit.h
tests_unit_currency_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_currency_t_LDADD = $(unit_LDADD)
tests_unit_event_t_SOURCES = tests/unit/event-t.c tests/unit/unit.h
tests_unit_event_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_event_t_LDADD = $(unit_LDADD)
tests_unit_fastcgi_record_t_SOURCES = tests/unit/fastcgi_record-t.c tests/unit/unit.h
tests_unit_fastcgi_record_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_fastcgi_record_t_LDADD = $(unit_LDADD)
tests_unit_host_list_t_SOURCES = tests/unit/host_list-t.c tests/unit/unit.h
tests_unit_host_list_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_host_list_t_LDADD = $(unit_LDADD)
tests_unit_idempotency_key_t_SOURCES = tests/unit/idempotency_key-t.c tests/unit/unit.h
tests_unit_idempotency_key_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_idempotency_key_t_LDADD = $(unit_LDADD)
tests_unit_identifier_t_SOURCES = tests/unit/identifier-t.c tests/unit/unit.h
tests_unit_identifier_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_identifier_t_LDADD = $(unit_LDADD)
tests_unit_inbound_t_SOURCES = tests/unit/inbound-t.c tests/unit/unit.h
tests_unit_inbound_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_inbound_t_LDADD = $(unit_LDADD)
tests_unit_json_body_t_SOURCES = tests/unit/json_body-t.c tests/unit/unit.h
tests_unit_json_body_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_json_body_t_LDADD = $(unit_LDADD)
tests_unit_log_record_t_SOURCES = tests/unit/log_record-t.c tests/unit/unit.h
tests_unit_log_record_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_log_record_t_LDADD = $(unit_LDADD)
tests_unit_loop_t_SOURCES = tests/unit/loop-t.c tests/unit/unit.h
tests_unit_loop_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_loop_t_LDADD = $(unit_LDADD)
tests_unit_money_t_SOURCES = tests/unit/money-t.c tests/unit/unit.h
tests_unit_money_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_money_t_LDADD = $(unit_LDADD)
tests_unit_page_t_SOURCES = tests/unit/page-t.c tests/unit/unit.h
tests_unit_page_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_page_t_LDADD = $(unit_LDADD)
tests_unit_problem_t_SOURCES = tests/unit/problem-t.c tests/unit/unit.h
tests_unit_problem_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_problem_t_LDADD = $(unit_LDADD)
tests_unit_query_t_SOURCES = tests/unit/query-t.c tests/unit/unit.h
tests_unit_query_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_query_t_LDADD = $(unit_LDADD)
tests_unit_records_t_SOURCES = tests/unit/records-t.c tests/unit/unit.h
tests_unit_records_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_records_t_LDADD = $(unit_LDADD)
tests_unit_request_t_SOURCES = tests/unit/request-t.c tests/unit/unit.h
tests_unit_request_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_request_t_LDADD = $(unit_LDADD)
tests_unit_response_t_SOURCES = tests/unit/response-t.c tests/unit/unit.h
tests_unit_response_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_response_t_LDADD = $(unit_LDADD)
tests_unit_retry_t_SOURCES = tests/unit/retry-t.c tests/unit/unit.h
tests_unit_retry_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_retry_t_LDADD = $(unit_LDADD)
tests_unit_router_t_SOURCES = tests/unit/router-t.c tests/unit/unit.h
tests_unit_router_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_router_t_LDADD = $(unit_LDADD)
tests_unit_slots_t_SOURCES = tests/unit/slots-t.c tests/unit/unit.h
tests_unit_slots_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_slots_t_LDADD = $(unit_LDADD)
tests_unit_stripe_t_SOURCES = tests/unit/stripe-t.c tests/unit/stripe_scene.h tests/unit/unit.h
tests_unit_stripe_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stripe_t_LDADD = $(unit_LDADD)
tests_unit_stripe_amount_t_SOURCES = tests/unit/stripe_amount-t.c tests/unit/unit.h
tests_unit_stripe_amount_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stripe_amount_t_LDADD = $(unit_LDADD)
tests_unit_stripe_answer_t_SOURCES = tests/unit/stripe_answer-t.c tests/unit/stripe_scene.h tests/unit/unit.h
tests_unit_stripe_answer_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stripe_answer_t_LDADD = $(unit_LDADD)
tests_unit_stripe_event_t_SOURCES = tests/unit/stripe_event-t.c tests/unit/unit.h
tests_unit_stripe_event_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stripe_event_t_LDADD = $(unit_LDADD)
tests_unit_stripe_noticed_t_SOURCES = tests/unit/stripe_noticed-t.c tests/unit/stripe_scene.h tests/unit/unit.h
tests_unit_stripe_noticed_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stripe_noticed_t_LDADD = $(unit_LDADD)
tests_unit_stripe_look_t_SOURCES = tests/unit/stripe_look-t.c tests/unit/stripe_scene.h tests/unit/unit.h
tests_unit_stripe_look_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_stripe_look_t_LDADD = $(unit_LDADD)
tests_unit_total_t_SOURCES = tests/unit/total-t.c tests/unit/unit.h
tests_unit_total_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_total_t_LDADD = $(unit_LDADD)

tests_unit_utf8_t_SOURCES = tests/unit/utf8-t.c tests/unit/unit.h
tests_unit_utf8_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_utf8_t_LDADD = $(unit_LDADD)
tests_unit_web_address_t_SOURCES = tests/unit/web_address-t.c tests/unit/unit.h
tests_unit_web_address_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_web_address_t_LDADD = $(unit_LDADD)
tests_unit_network_t_SOURCES = tests/unit/network-t.c tests/unit/unit.h
tests_unit_network_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_network_t_LDADD = $(unit_LDADD)
tests_unit_delivery_t_SOURCES = tests/unit/delivery-t.c tests/unit/unit.h
tests_unit_delivery_t_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_delivery_t_LDADD = $(unit_LDADD)

# Prints the currency table, for the tests that compare it.
check_PROGRAMS += tests/unit/currency-table
tests_unit_currency_table_SOURCES = tests/unit/currency-table.c
tests_unit_currency_table_LDADD = app/libpaymentapi.a

# Prints the tables of routes and errors, for the test that holds the OpenAPI document against them.
check_PROGRAMS += tests/unit/api-table
tests_unit_api_table_SOURCES = tests/unit/api-table.c
tests_unit_api_table_LDADD = $(library_LIBS)

# Prints the statements of the workers, for the test that explains them.
check_PROGRAMS += tests/unit/statement-list
tests_unit_statement_list_SOURCES = tests/unit/statement-list.c
tests_unit_statement_list_LDADD = $(library_LIBS)

# Makes https calls as it is told on standard input, for tests/functional/test_outbound.py.
check_PROGRAMS += tests/functional/outbound_probe
tests_functional_outbound_probe_SOURCES = tests/functional/outbound_probe.c
tests_functional_outbound_probe_LDADD = $(library_LIBS)

# Has Stripe's jobs at a prompt, for tests/functional/test_stripe.py.
check_PROGRAMS += tests/functional/stripe_probe
tests_functional_stripe_probe_SOURCES = tests/functional/stripe_probe.c
tests_functional_stripe_probe_LDADD = $(library_LIBS)

# Scripts: each prints TAP, or one line why it is skipped.
script_tests = \
	tests/unit/completion \
	tests/unit/currency-iso \
	tests/unit/documents \
	tests/unit/manual \
	tests/functional/run-tap \
	tests/deployments/run-tap \
	tests/acquirer/run-tap
TESTS += $(script_tests)
dist_check_SCRIPTS += $(script_tests)

# What a package's build runs: no servers, no root.
.PHONY: check-unit
check-unit:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(unit_tests)'

# The packages and units: as root, in a chroot of its own, with Debian's mirror. Not part of check.
EXTRA_DIST += tests/packaging/run tests/packaging/run-tap tests/packaging/upgrade.py

# The commands that the documents print: as root, on systems of its own. Not part of check.
EXTRA_DIST += \
	tests/commands/commands.py \
	tests/commands/documents.py \
	tests/commands/judge.py \
	tests/commands/machine.py \
	tests/commands/run

LOG_COMPILER = $(SHELL) $(srcdir)/tests/run-test
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = \
	PAYMENT_API_SRCDIR='$(abs_top_srcdir)'; export PAYMENT_API_SRCDIR; \
	PAYMENT_API_BUILDDIR='$(abs_top_builddir)'; export PAYMENT_API_BUILDDIR;

# Fuzzing, with clang's libFuzzer: make fuzz [FUZZ_SECONDS=30]. Neither all nor check builds it.
FUZZ_CC = clang
FUZZ_SECONDS = 30
FUZZ_JOBS = 2
fuzz_CFLAGS = $(AM_CFLAGS) -g -fno-omit-frame-pointer -fno-sanitize-recover=all
fuzz_LDADD = tests/fuzz/libpaymentapi.a \
	$(FCGI_LIBS) $(JANSSON_LIBS) $(MARIADB_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(INIH_LIBS)
fuzz_targets = \
	tests/fuzz/card_number \
	tests/fuzz/config \
	tests/fuzz/fastcgi_record \
	tests/fuzz/idempotency_key \
	tests/fuzz/json_body \
	tests/fuzz/money \
	tests/fuzz/path \
	tests/fuzz/request \
	tests/fuzz/stripe \
	tests/fuzz/stripe_event

EXTRA_LIBRARIES = tests/fuzz/libpaymentapi.a
EXTRA_PROGRAMS = $(fuzz_targets)
CLEANFILES += $(EXTRA_LIBRARIES) $(EXTRA_PROGRAMS)
tests_fuzz_libpaymentapi_a_SOURCES = $(app_libpaymentapi_a_SOURCES)
nodist_tests_fuzz_libpaymentapi_a_SOURCES = $(nodist_app_libpaymentapi_a_SOURCES)
tests_fuzz_libpaymentapi_a_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined
tests_fuzz_card_number_SOURCES = tests/fuzz/card_number.c tests/fuzz/fuzz.h
tests_fuzz_card_number_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_card_number_LDADD = $(fuzz_LDADD)
tests_fuzz_config_SOURCES = tests/fuzz/config.c tests/fuzz/fuzz.h
tests_fuzz_config_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_config_LDADD = $(fuzz_LDADD)
tests_fuzz_fastcgi_record_SOURCES = tests/fuzz/fastcgi_record.c tests/fuzz/fuzz.h
tests_fuzz_fastcgi_record_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_fastcgi_record_LDADD = $(fuzz_LDADD)
tests_fuzz_idempotency_key_SOURCES = tests/fuzz/idempotency_key.c tests/fuzz/fuzz.h
tests_fuzz_idempotency_key_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_idempotency_key_LDADD = $(fuzz_LDADD)
tests_fuzz_json_body_SOURCES = tests/fuzz/json_body.c tests/fuzz/fuzz.h
tests_fuzz_json_body_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_json_body_LDADD = $(fuzz_LDADD)
tests_fuzz_money_SOURCES = tests/fuzz/money.c tests/fuzz/fuzz.h
tests_fuzz_money_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_money_LDADD = $(fuzz_LDADD)
tests_fuzz_path_SOURCES = tests/fuzz/path.c tests/fuzz/fuzz.h
tests_fuzz_path_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_path_LDADD = $(fuzz_LDADD)
tests_fuzz_request_SOURCES = tests/fuzz/request.c tests/fuzz/fuzz.h
tests_fuzz_request_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_request_LDADD = $(fuzz_LDADD)
tests_fuzz_stripe_SOURCES = tests/fuzz/stripe.c tests/fuzz/fuzz.h
tests_fuzz_stripe_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_stripe_LDADD = $(fuzz_LDADD)
tests_fuzz_stripe_event_SOURCES = tests/fuzz/stripe_event.c tests/fuzz/fuzz.h
tests_fuzz_stripe_event_CFLAGS = $(fuzz_CFLAGS) -fsanitize=fuzzer,address,undefined
tests_fuzz_stripe_event_LDADD = $(fuzz_LDADD)

fuzz:
	@command -v '$(FUZZ_CC)' >/dev/null || { echo "make fuzz needs clang (FUZZ_CC=...)" >&2; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) CC='$(FUZZ_CC)' $(fuzz_targets)
	$(srcdir)/tests/fuzz/run $(srcdir)/tests/fuzz '$(FUZZ_SECONDS)' '$(FUZZ_JOBS)' $(fuzz_targets)
.PHONY: fuzz

EXTRA_DIST += \
	tests/build \
	tests/run \
	tests/run-test \
	tests/acquirer/acquirer.py \
	tests/acquirer/api.py \
	tests/acquirer/cards.py \
	tests/acquirer/conftest.py \
	tests/acquirer/currencies.py \
	tests/acquirer/events.py \
	tests/acquirer/form.py \
	tests/acquirer/http11.py \
	tests/acquirer/idempotency.py \
	tests/acquirer/ledger.py \
	tests/acquirer/misbehaviour.py \
	tests/acquirer/objects.py \
	tests/acquirer/sdk/package-lock.json \
	tests/acquirer/sdk/package.json \
	tests/acquirer/sdk/sdk.js \
	tests/acquirer/sdk/sign.js \
	tests/acquirer/sdk/verify.js \
	tests/acquirer/test_acquirer.py \
	tests/acquirer/test_acquirer_events.py \
	tests/benchmark/README.md \
	tests/benchmark/__init__.py \
	tests/benchmark/allocations.c \
	tests/benchmark/arena.py \
	tests/benchmark/benchmark.py \
	tests/benchmark/chart.py \
	tests/benchmark/costs.py \
	tests/benchmark/flight.py \
	tests/benchmark/flight/nginx.conf \
	tests/benchmark/floor.c \
	tests/benchmark/front.py \
	tests/benchmark/generators.py \
	tests/benchmark/latency.py \
	tests/benchmark/lists.py \
	tests/benchmark/load.lua \
	tests/benchmark/memory.py \
	tests/benchmark/metrics.py \
	tests/benchmark/node/package-lock.json \
	tests/benchmark/node/package.json \
	tests/benchmark/node/server.js \
	tests/benchmark/overload.py \
	tests/benchmark/php/charges.php \
	tests/benchmark/php/payments.php \
	tests/benchmark/rates.py \
	tests/benchmark/records.py \
	tests/benchmark/report.py \
	tests/benchmark/run \
	tests/benchmark/size.py \
	tests/benchmark/subjects.py \
	tests/benchmark/webhooks.py \
	tests/benchmark/uncounted.c \
	tests/faults/__init__.py \
	tests/faults/broken \
	tests/faults/checker.py \
	tests/faults/clients.py \
	tests/faults/deliveries.py \
	tests/faults/fault_run.py \
	tests/faults/injector.py \
	tests/faults/journal.py \
	tests/faults/pages.py \
	tests/faults/receiver.py \
	tests/faults/run \
	tests/faults/three_books.py \
	tests/faults/webhooks.py \
	tests/galera/__init__.py \
	tests/galera/galera_run.py \
	tests/galera/run \
	tests/fuzz/run \
	tests/fuzz/corpus \
	tests/fuzz/config.dict \
	tests/fuzz/json_body.dict \
	tests/fuzz/request.dict \
	tests/fuzz/stripe.dict \
	tests/fuzz/stripe_event.dict \
	tests/functional/conftest.py \
	tests/functional/test_admin.py \
	tests/functional/test_admin_audit.py \
	tests/functional/test_admin_differences.py \
	tests/functional/test_admin_forget.py \
	tests/functional/test_admin_keys.py \
	tests/functional/test_admin_payments.py \
	tests/functional/test_admin_report.py \
	tests/functional/test_admin_webhooks.py \
	tests/functional/test_authentication.py \
	tests/functional/test_bad_input.py \
	tests/functional/test_configuration.py \
	tests/functional/test_database.py \
	tests/functional/test_delivery.py \
	tests/functional/test_deployments.py \
	tests/functional/test_differences.py \
	tests/functional/test_events.py \
	tests/functional/test_documents.py \
	tests/functional/test_faults.py \
	tests/functional/test_fastcgi.py \
	tests/functional/test_full_view.py \
	tests/functional/test_groups.py \
	tests/functional/test_hosting.py \
	tests/functional/test_hostile_fastcgi.py \
	tests/functional/test_idempotency.py \
	tests/functional/test_lists.py \
	tests/functional/test_log.py \
	tests/functional/test_metadata.py \
	tests/functional/test_metrics.py \
	tests/functional/test_money.py \
	tests/functional/test_notices.py \
	tests/functional/test_openapi.py \
	tests/functional/test_outbound.py \
	tests/functional/test_payments.py \
	tests/functional/test_pool.py \
	tests/functional/test_problem_details.py \
	tests/functional/test_processor.py \
	tests/functional/test_processor_pages.py \
	tests/functional/test_customer_action.py \
	tests/functional/test_prune.py \
	tests/functional/test_quickstart.py \
	tests/functional/test_races.py \
	tests/functional/test_rate_limit.py \
	tests/functional/test_readme.py \
	tests/functional/test_redelivery.py \
	tests/functional/test_reference.py \
	tests/functional/test_refunds.py \
	tests/functional/test_saturation.py \
	tests/functional/test_schema.py \
	tests/functional/test_shedding.py \
	tests/functional/test_stripe.py \
	tests/functional/test_supervisor.py \
	tests/functional/test_tls.py \
	tests/functional/test_unknown_outcomes.py \
	tests/functional/test_webhooks.py \
	tests/functional/test_secrets.py \
	tests/harness/__init__.py \
	tests/harness/acquirer.py \
	tests/harness/events.py \
	tests/harness/apache.py \
	tests/harness/client.py \
	tests/harness/contract.py \
	tests/harness/database_proxy.py \
	tests/harness/deployments.py \
	tests/harness/galera.py \
	tests/harness/http2.py \
	tests/harness/installation.py \
	tests/harness/load.py \
	tests/harness/internet.py \
	tests/harness/npm.py \
	tests/harness/process.py \
	tests/harness/receiver.py \
	tests/harness/servers.py \
	tests/harness/stack.py \
	tests/harness/tap.py \
	tests/model/README.md \
	tests/model/money.pml \
	tests/model/run \
	tests/model/steps \
	tests/openapi/client.py \
	tests/openapi/client.ts \
	tests/openapi/package-lock.json \
	tests/openapi/package.json \
	tests/openapi/page.mjs \
	tests/openapi/python.mjs \
	tests/openapi/validate.mjs \
	tests/portability/libraries \
	tests/portability/run \
	tests/soak/key-timing \
	tests/soak/mix.lua \
	tests/soak/run \
	tests/stripe/judge.js \
	tests/stripe/mock.js \
	tests/stripe/package-lock.json \
	tests/stripe/package.json \
	tests/valgrind/libraries.supp \
	tests/valgrind/run \
	tests/webhooks/package-lock.json \
	tests/webhooks/package.json \
	tests/webhooks/verify.js

# The simulated world: tests/simulation/run builds it. Its objects come first: those of the library
# that talk to the kernel, to MariaDB or by libcurl are not linked then, and neither are those
# libraries, so that the linker tells what is missing.
EXTRA_PROGRAMS += tests/simulation/simulation
CLEANFILES += tests/simulation/simulation
EXTRA_DIST += tests/simulation/README.md tests/simulation/run tests/simulation/faults
tests_simulation_simulation_SOURCES = \
	tests/simulation/acquirer.c tests/simulation/acquirer.h \
	tests/simulation/books.c tests/simulation/books.h \
	tests/simulation/clients.c tests/simulation/clients.h \
	tests/simulation/connector.c tests/simulation/connector.h \
	tests/simulation/customers.c tests/simulation/customers.h \
	tests/simulation/evaluate.c tests/simulation/evaluate.h \
	tests/simulation/form.c tests/simulation/form.h \
	tests/simulation/kept.c tests/simulation/kept.h \
	tests/simulation/ledger.c tests/simulation/ledger.h \
	tests/simulation/machine.c \
	tests/simulation/main.c \
	tests/simulation/messenger.c tests/simulation/messenger.h \
	tests/simulation/network.c \
	tests/simulation/receivers.c tests/simulation/receivers.h \
	tests/simulation/outbox.c tests/simulation/outbox.h \
	tests/simulation/schema.c \
	tests/simulation/change.c tests/simulation/select.c tests/simulation/work.h \
	tests/simulation/server.c tests/simulation/server.h \
	tests/simulation/sql.c tests/simulation/sql.h \
	tests/simulation/tables.c tests/simulation/tables.h \
	tests/simulation/told.c tests/simulation/told.h \
	tests/simulation/webserver.c tests/simulation/webserver.h \
	tests/simulation/world.c tests/simulation/world.h
tests_simulation_simulation_LDADD = app/libpaymentapi.a $(JANSSON_LIBS) $(CRYPTO_LIBS)

# The simulated database beside a real one: tests/simulation/compare/run builds them.
EXTRA_PROGRAMS += tests/simulation/compare/simulated tests/simulation/compare/real
CLEANFILES += tests/simulation/compare/simulated tests/simulation/compare/real
EXTRA_DIST += tests/simulation/compare/run tests/simulation/compare/faults
compare_files = \
	tests/simulation/compare/calls.c tests/simulation/compare/calls.h \
	tests/simulation/compare/calls_end.c \
	tests/simulation/compare/calls_more.c \
	tests/simulation/compare/gates.c \
	tests/simulation/compare/main.c \
	tests/simulation/compare/records.c tests/simulation/compare/records.h \
	tests/simulation/compare/scenes.c tests/simulation/compare/scenes.h \
	tests/simulation/compare/side.h \
	tests/simulation/compare/turns.c tests/simulation/compare/turns.h
compare_link = -pthread \
	-Wl,--wrap=mysql_query,--wrap=mysql_commit,--wrap=mysql_rollback \
	-Wl,--wrap=mysql_stmt_prepare,--wrap=mysql_stmt_execute \
	-Wl,--wrap=clock_gettime,--wrap=nanosleep,--wrap=RAND_bytes
tests_simulation_compare_simulated_SOURCES = $(compare_files) \
	tests/simulation/compare/simulated.c \
	tests/simulation/connector.c tests/simulation/connector.h \
	tests/simulation/evaluate.c tests/simulation/evaluate.h \
	tests/simulation/schema.c \
	tests/simulation/change.c tests/simulation/select.c tests/simulation/work.h \
	tests/simulation/server.c tests/simulation/server.h \
	tests/simulation/sql.c tests/simulation/sql.h \
	tests/simulation/tables.c tests/simulation/tables.h \
	tests/simulation/world.h
tests_simulation_compare_simulated_LDFLAGS = $(compare_link)
tests_simulation_compare_simulated_LDADD = app/libpaymentapi.a $(JANSSON_LIBS) $(CRYPTO_LIBS)
tests_simulation_compare_real_SOURCES = $(compare_files) tests/simulation/compare/real.c
tests_simulation_compare_real_LDFLAGS = $(compare_link)
tests_simulation_compare_real_LDADD = $(library_LIBS)

# What the property tests remember of earlier runs, and packages of npm.
clean-local:
	rm -rf .hypothesis tests/acquirer tests/openapi-node tests/stripe-node tests/webhooks-node benchmark-node
