/*
 * JSON that is written as it comes: nothing is held in memory, and amounts keep their decimals,
 * which jansson's numbers do not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_JSON_OUT_H
#define PAYMENT_API_ADMIN_JSON_OUT_H

#include <stdbool.h>
#include <stdio.h>

#define JSON_OUT_DEPTH_MAX 8

/* Where it stands. Made by {.file = stdout}. */
struct json_out {
    FILE *file;
    unsigned depth;
    bool has_member[JSON_OUT_DEPTH_MAX]; /* of the object or array at each depth */
    char ends[JSON_OUT_DEPTH_MAX];       /* what closes it */
};

/* name is that of a member; NULL for what stands in an array, or outermost. */
void json_out_object(struct json_out *out, const char *name);
void json_out_array(struct json_out *out, const char *name);

/* Ends the object or array that was begun last. The outermost ends its line. */
void json_out_end(struct json_out *out);

/* text is UTF-8; NULL: null. */
void json_out_text(struct json_out *out, const char *name, const char *text);

/* number is the text of a JSON number; NULL: null. */
void json_out_number(struct json_out *out, const char *name, const char *number);

#endif
