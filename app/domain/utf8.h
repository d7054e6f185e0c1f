/*
 * UTF-8: bytes from elsewhere as text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_UTF8_H
#define PAYMENT_API_DOMAIN_UTF8_H

#include <stddef.h>

/* Copies length bytes as UTF-8 (RFC 3629), NUL-terminated: each byte that belongs to none, and each
 * NUL, becomes U+FFFD. text has size bytes; 3 * length + 1 hold all of it, in fewer it is cut
 * between characters. */
void utf8_mend(const char *bytes, size_t length, char *text, size_t size);

#endif
