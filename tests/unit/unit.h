/*
 * What every unit test includes: cmocka, printing TAP.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_TESTS_UNIT_H
#define PAYMENT_API_TESTS_UNIT_H

/* cmocka.h needs these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs an array of CMUnitTest; the exit status. */
#define RUN(tests) \
    (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests((tests), NULL, NULL))

#endif
