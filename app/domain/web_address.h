/*
 * Web addresses that a customer's browser is sent to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_WEB_ADDRESS_H
#define PAYMENT_API_DOMAIN_WEB_ADDRESS_H

#include <stdbool.h>

/*
 * True for an absolute https address with a host, made of the characters of RFC 3986 only, so that
 * it needs no escape in JSON and ends no line of a header. http is for this machine: localhost,
 * 127.0.0.1 and [::1], where shops are developed. A user name before the host is refused: it is a
 * secret, or it hides where the address leads.
 */
bool web_address_is(const char *text);

#endif
