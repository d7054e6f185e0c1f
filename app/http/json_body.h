/*
 * A JSON body, with its numbers kept as the text they were sent as.
 *
 * jansson reads a number as a long long or a double, which would round an amount. So each number is
 * replaced by its place in the text before jansson sees it, and is read from there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_JSON_BODY_H
#define PAYMENT_API_HTTP_JSON_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct json_body {
    json_t *object;   /* owned; its integers are offsets into text */
    const char *text; /* the body; not owned, must outlive this */
    size_t length;    /* of text, in bytes */
};

enum json_body_status {
    JSON_BODY_OK,
    JSON_BODY_INVALID, /* not one JSON object (RFC 8259), or with a duplicate member or a NUL */
    JSON_BODY_NO_MEMORY,
};

/* Parses the text; on JSON_BODY_OK the caller ends with json_body_free(). */
enum json_body_status json_body_parse(const char *text, size_t length, struct json_body *body)
    __attribute__((warn_unused_result));

/* Takes one that was zeroed, too. */
void json_body_free(struct json_body *body);

/* The member, NULL when it is absent; owned by the body. Numbers are not what they seem: use
 * json_body_number(). */
const json_t *json_body_get(const struct json_body *body, const char *name);

/* The exact text of a member that is a number; false when it is absent or something else. */
bool json_body_number(const struct json_body *body, const char *name, const char **number,
                      size_t *length) __attribute__((warn_unused_result));

/* The value of a member that is a string, owned by the body; NULL when absent or something else. */
const char *json_body_string(const struct json_body *body, const char *name);

#endif
