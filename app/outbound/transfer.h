/*
 * A transfer: one call as libcurl sees it: its options, its answer, and what its end means.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OUTBOUND_TRANSFER_H
#define PAYMENT_API_OUTBOUND_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "outbound/outbound.h"

struct lane;

struct outbound_transfer {
    CURL *easy;
    struct curl_slist *headers;
    struct outbound_call *call; /* not owned */
    struct lane *lane;          /* not owned */
    struct outbound_transfer *next;
    struct outbound_transfer *previous;
    unsigned sendings; /* how often it was handed to a connection */
    char *answer;      /* owned; NULL before the first byte */
    size_t answer_length;
    size_t answer_size;    /* allocated */
    size_t headers_length; /* bytes of headers that came */
    bool has_all_headers;  /* the last line of headers was the blank one */
    bool has_enough;       /* as much of the answer came as the peer's answers are wanted */
    const char *refusal;   /* why we ended it ourselves; NULL */
    char error[CURL_ERROR_SIZE];
};

/* NULL without memory, or when libcurl refuses an option. */
struct outbound_transfer *transfer_new(struct outbound_call *call)
    __attribute__((warn_unused_result));

/* It must be in no CURLM. */
void transfer_free(struct outbound_transfer *transfer);

/* Sets the result of the call: libcurl has ended the transfer. */
void transfer_finish(struct outbound_transfer *transfer, CURLcode code);

/* Sets the result of the call: we end it. */
void transfer_give_up(struct outbound_transfer *transfer, const char *error);

#endif
