/*
 * JSON that is written as it comes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/json_out.h"

#include <jansson.h>

/* A string with its quotes. What is not UTF-8 is in no column of the database. */
static void
write_string(FILE *file, const char *text)
{
    json_t *string = json_string(text);

    if (string == NULL || json_dumpf(string, file, JSON_ENCODE_ANY) != 0)
        fputs("null", file);
    json_decref(string);
}

static void
begin(struct json_out *out, const char *name)
{
    if (out->depth > 0) {
        if (out->has_member[out->depth - 1])
            putc(',', out->file);
        out->has_member[out->depth - 1] = true;
    }
    if (name != NULL) {
        write_string(out->file, name);
        putc(':', out->file);
    }
}

static void
open_level(struct json_out *out, const char *name, char opening, char end)
{
    begin(out, name);
    putc(opening, out->file);
    if (out->depth == JSON_OUT_DEPTH_MAX)
        return;
    out->has_member[out->depth] = false;
    out->ends[out->depth] = end;
    out->depth++;
}

void
json_out_object(struct json_out *out, const char *name)
{
    open_level(out, name, '{', '}');
}

void
json_out_array(struct json_out *out, const char *name)
{
    open_level(out, name, '[', ']');
}

void
json_out_end(struct json_out *out)
{
    out->depth--;
    putc(out->ends[out->depth], out->file);
    if (out->depth == 0)
        putc('\n', out->file);
}

void
json_out_text(struct json_out *out, const char *name, const char *text)
{
    begin(out, name);
    if (text != NULL)
        write_string(out->file, text);
    else
        fputs("null", out->file);
}

void
json_out_number(struct json_out *out, const char *name, const char *number)
{
    begin(out, name);
    fputs(number != NULL ? number : "null", out->file);
}
