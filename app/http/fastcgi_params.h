/*
 * FastCGI parameters: libfcgi takes them apart, from memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_FASTCGI_PARAMS_H
#define PAYMENT_API_HTTP_FASTCGI_PARAMS_H

#include <fcgiapp.h>
#include <stdbool.h>

#include "http/fastcgi_record.h"

/* One a process: libfcgi has one start. */
struct fastcgi_params {
    FCGX_Request request;
    int memory_fd;         /* what libfcgi reads; -1: none */
    unsigned char *memory; /* the same, mapped */
};

bool fastcgi_params_open(struct fastcgi_params *params) __attribute__((warn_unused_result));
void fastcgi_params_close(struct fastcgi_params *params);

/* The parameters of a request, "NAME=value", NULL at the end; they live until the next call. NULL
 * when libfcgi cannot read them. */
char **fastcgi_params_take(struct fastcgi_params *params, const struct record_reader *reader);

#endif
