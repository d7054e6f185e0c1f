/*
 * Files of conf/ that are part of the program: make writes them into embedded.c (app/api/embed).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_EMBEDDED_H
#define PAYMENT_API_API_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const unsigned char *data; /* without a final NUL */
    size_t size;
};

extern const struct embedded embedded_openapi; /* conf/openapi.json */
/* conf/reference/ */
extern const struct embedded embedded_page;
extern const struct embedded embedded_style;
extern const struct embedded embedded_script;
extern const struct embedded embedded_icon;

#endif
