/*
 * What every fuzz target includes. A target is one function; clang's libFuzzer calls it with any
 * bytes. CHECK holds the target's property: what is false ends the program, and libFuzzer keeps the
 * bytes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_TESTS_FUZZ_H
#define PAYMENT_API_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: this is false: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own size, so that AddressSanitizer sees a byte read too far; the caller frees it.
 */
static inline char *
fuzz_copy(const void *data, size_t size)
{
    char *copy = calloc(size > 0 ? size : 1, 1);

    CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* The same, NUL-terminated. */
static inline char *
fuzz_text(const void *data, size_t size)
{
    char *text = calloc(size + 1, 1);

    CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    return text;
}

#endif
