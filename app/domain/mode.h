/*
 * The mode of a key and of all that is made with it: tests and real money never mix.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_MODE_H
#define PAYMENT_API_DOMAIN_MODE_H

#include <stdbool.h>

enum mode {
    MODE_TEST, /* sk_test_: no money moves */
    MODE_LIVE, /* sk_live_: real money */
};

/* The words that the database and payment-admin use: "test", "live". */
const char *mode_name(enum mode mode);
bool mode_parse(const char *name, enum mode *mode);

#endif
