/*
 * Errors as bodies: {"error":"..."}, or, for clients that accept application/problem+json, problem
 * details (RFC 9457).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_PROBLEM_H
#define PAYMENT_API_API_PROBLEM_H

#include "api/exchange.h"

#define PROBLEM_CODE_SIZE 40

/* The word for an error that programs compare: its message in lower case with underscores. */
void problem_code(enum api_error error, char code[PROBLEM_CODE_SIZE]);

/* What an error is about, and says to people; NULL for what there is not. */
struct problem_row {
    const char *member; /* of the body */
    const char *header; /* of the request */
    const char *detail;
};

/* The row of an error; its texts need no JSON escape. */
const struct problem_row *problem_row(enum api_error error);

/* Sets the response's status and body; payment and refund are the identifiers of the records that
 * it is about, NULL where there is none. */
void problem_append(const struct exchange *exchange, enum api_error error,
                    const struct identifier *payment, const struct identifier *refund,
                    struct response *response);

#endif
