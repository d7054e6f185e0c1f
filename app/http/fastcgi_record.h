/*
 * FastCGI records (FastCGI specification 1.0, section 3.3): reading those of a request, framing
 * those of an answer. No input or output.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_FASTCGI_RECORD_H
#define PAYMENT_API_HTTP_FASTCGI_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEADER_SIZE 8
#define RECORD_PARAMS_MAX ((size_t)128 * 1024) /* bytes of all parameters of a request */

/* What a request's records have come to. */
enum record_phase {
    RECORD_BEGIN,  /* nothing yet, or a part of BEGIN_REQUEST */
    RECORD_PARAMS, /* the parameters come */
    RECORD_BODY,   /* they are there; the body comes */
    RECORD_WHOLE,  /* all of it is there */
    RECORD_BROKEN, /* no such request can come of it: the connection is to be closed */
};

/*
 * One request, as far as it has come. Its payload stands in data: the parameters, then the body,
 * without headers and padding. Zeroed at first; data is owned.
 */
struct record_reader {
    enum record_phase phase;
    unsigned char header[RECORD_HEADER_SIZE];
    size_t header_length; /* of it, how much is there */
    size_t content_left;  /* of the record in hand */
    size_t padding_left;
    uint16_t request_id;
    bool keep_connection;
    bool too_long;    /* it is broken since there are more parameters than RECORD_PARAMS_MAX */
    bool ends_stream; /* the record in hand is an empty one */
    unsigned char begin[8];
    unsigned char *data;
    size_t capacity;
    size_t params_length;
    size_t body_length;
};

/*
 * Takes bytes that came; the number of those that belong to this request: all, unless it is whole.
 * A body above body_max is not kept beyond that and one byte more. RECORD_BROKEN is for whatever is
 * no BEGIN_REQUEST, PARAMS and STDIN of one responder request in this order, for parameters that
 * are too long or cut wrongly, and when there is no memory.
 */
size_t record_read(struct record_reader *reader, const unsigned char *bytes, size_t length,
                   size_t body_max);

/* For the next request of a connection; keeps the buffer where it is not larger than keep_max. */
void record_reader_reset(struct record_reader *reader, size_t keep_max);

/* Room for record_params() of a request. */
#define RECORD_REQUEST_SIZE(params_length) ((params_length) + 64)

/*
 * Writes BEGIN_REQUEST and the parameters as records, for libfcgi; what it needs of
 * RECORD_REQUEST_SIZE(params_length) is returned. The parameters fit into few records, all of one
 * request with keep-alive.
 */
size_t record_write_request(const struct record_reader *reader, unsigned char *out);

/* The header of a STDOUT record. */
void record_stdout_header(uint16_t request_id, size_t content,
                          unsigned char out[RECORD_HEADER_SIZE]);

#define RECORD_END_SIZE 24

/* The end of an answer: an empty STDOUT record and END_REQUEST, complete. */
void record_end(uint16_t request_id, unsigned char out[RECORD_END_SIZE]);

#endif
