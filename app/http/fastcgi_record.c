/*
 * FastCGI records: reading those of a request, framing those of an answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/fastcgi_record.h"

#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

#define CONTENT_MAX 65535
#define FIRST_CAPACITY 2048

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void
write_header(unsigned char *out, int type, uint16_t request_id, size_t content)
{
    out[0] = FCGI_VERSION_1;
    out[1] = (unsigned char)type;
    out[2] = (unsigned char)(request_id >> 8);
    out[3] = (unsigned char)(request_id & 0xff);
    out[4] = (unsigned char)(content >> 8);
    out[5] = (unsigned char)(content & 0xff);
    out[6] = 0;
    out[7] = 0;
}

static bool
reserve(struct record_reader *reader, size_t more)
{
    size_t needed = reader->params_length + reader->body_length + more;
    size_t capacity = reader->capacity > 0 ? reader->capacity : FIRST_CAPACITY;
    unsigned char *larger;

    if (needed <= reader->capacity)
        return true;
    while (capacity < needed)
        capacity *= 2;
    larger = realloc(reader->data, capacity);
    if (larger == NULL)
        return false;
    reader->data = larger;
    reader->capacity = capacity;
    return true;
}

/* A record begins: is it one that may come now? */
static bool
take_header(struct record_reader *reader)
{
    const unsigned char *header = reader->header;
    uint16_t id = (uint16_t)(header[2] << 8 | header[3]);
    bool first = reader->phase == RECORD_BEGIN;

    reader->content_left = (size_t)header[4] << 8 | header[5];
    reader->padding_left = header[6];
    reader->ends_stream = reader->content_left == 0;
    if (header[0] != FCGI_VERSION_1 || id == 0 || (!first && id != reader->request_id))
        return false;
    reader->request_id = id;
    if (first)
        return header[1] == FCGI_BEGIN_REQUEST && reader->content_left == sizeof reader->begin;
    return header[1] == (reader->phase == RECORD_PARAMS ? FCGI_PARAMS : FCGI_STDIN);
}

/* Keeps bytes of the content of the record in hand. */
static bool
take_content(struct record_reader *reader, const unsigned char *bytes, size_t length,
             size_t body_max)
{
    if (reader->phase == RECORD_BEGIN) {
        memcpy(reader->begin + sizeof reader->begin - reader->content_left, bytes, length);
        return true;
    }
    if (reader->phase == RECORD_PARAMS && reader->params_length + length > RECORD_PARAMS_MAX) {
        reader->too_long = true;
        return false;
    }
    if (reader->phase == RECORD_BODY)
        length = least(length, body_max + 1 - reader->body_length);
    if (length == 0)
        return true;
    if (!reserve(reader, length))
        return false;
    memcpy(reader->data + reader->params_length + reader->body_length, bytes, length);
    if (reader->phase == RECORD_PARAMS)
        reader->params_length += length;
    else
        reader->body_length += length;
    return true;
}

/* One length of a name-value pair (section 3.4): a byte, or four where its first bit is set. */
static bool
read_pair_length(const unsigned char **at, const unsigned char *end, size_t *length)
{
    const unsigned char *byte = *at;

    if (end - byte < 1)
        return false;
    if (byte[0] < 0x80) {
        *length = byte[0];
        *at += 1;
        return true;
    }
    if (end - byte < 4)
        return false;
    *length =
        (size_t)(byte[0] & 0x7f) << 24 | (size_t)byte[1] << 16 | (size_t)byte[2] << 8 | byte[3];
    *at += 4;
    return true;
}

/* True when the parameters are whole pairs. libfcgi would ask for as much memory as a pair says. */
static bool
are_whole_pairs(const unsigned char *data, size_t length)
{
    const unsigned char *end;
    size_t name, value;

    if (length == 0)
        return true;
    end = data + length;
    while (data < end) {
        if (!read_pair_length(&data, end, &name) || !read_pair_length(&data, end, &value) ||
            name > (size_t)(end - data) || value > (size_t)(end - data) - name)
            return false;
        data += name + value;
    }
    return true;
}

/* A record has come to its end. */
static bool
end_record(struct record_reader *reader)
{
    reader->header_length = 0;
    switch (reader->phase) {
    case RECORD_BEGIN:
        reader->keep_connection = (reader->begin[2] & FCGI_KEEP_CONN) != 0;
        reader->phase = RECORD_PARAMS;
        return (reader->begin[0] << 8 | reader->begin[1]) == FCGI_RESPONDER;
    case RECORD_PARAMS:
        if (!reader->ends_stream)
            return true;
        reader->phase = RECORD_BODY;
        return are_whole_pairs(reader->data, reader->params_length);
    case RECORD_BODY:
        if (reader->ends_stream)
            reader->phase = RECORD_WHOLE;
        return true;
    case RECORD_WHOLE:
    case RECORD_BROKEN:
        break;
    }
    return false;
}

/* Takes what it can of the record in hand; 0 when the record is no good. */
static size_t
read_some(struct record_reader *reader, const unsigned char *bytes, size_t length, size_t body_max)
{
    size_t taken;

    if (reader->header_length < RECORD_HEADER_SIZE) {
        taken = least(length, RECORD_HEADER_SIZE - reader->header_length);
        memcpy(reader->header + reader->header_length, bytes, taken);
        reader->header_length += taken;
        if (reader->header_length == RECORD_HEADER_SIZE && !take_header(reader))
            return 0;
    } else if (reader->content_left > 0) {
        taken = least(length, reader->content_left);
        if (!take_content(reader, bytes, taken, body_max))
            return 0;
        reader->content_left -= taken;
    } else {
        taken = least(length, reader->padding_left);
        reader->padding_left -= taken;
    }
    if (reader->header_length == RECORD_HEADER_SIZE && reader->content_left == 0 &&
        reader->padding_left == 0 && !end_record(reader))
        return 0;
    return taken;
}

size_t
record_read(struct record_reader *reader, const unsigned char *bytes, size_t length,
            size_t body_max)
{
    size_t total = 0;

    while (total < length && reader->phase != RECORD_WHOLE && reader->phase != RECORD_BROKEN) {
        size_t taken = read_some(reader, bytes + total, length - total, body_max);

        if (taken == 0)
            reader->phase = RECORD_BROKEN;
        total += taken;
    }
    return total;
}

void
record_reader_reset(struct record_reader *reader, size_t keep_max)
{
    unsigned char *data = reader->data;
    size_t capacity = reader->capacity;

    if (capacity > keep_max) {
        free(data);
        data = NULL;
        capacity = 0;
    }
    *reader = (struct record_reader){.data = data, .capacity = capacity};
}

size_t
record_write_request(const struct record_reader *reader, unsigned char *out)
{
    static const unsigned char begin[8] = {0, FCGI_RESPONDER, FCGI_KEEP_CONN};
    unsigned char *at = out;
    size_t done = 0;

    write_header(at, FCGI_BEGIN_REQUEST, reader->request_id, sizeof begin);
    memcpy(at + RECORD_HEADER_SIZE, begin, sizeof begin);
    at += RECORD_HEADER_SIZE + sizeof begin;
    while (done < reader->params_length) {
        size_t content = least(reader->params_length - done, CONTENT_MAX);

        write_header(at, FCGI_PARAMS, reader->request_id, content);
        memcpy(at + RECORD_HEADER_SIZE, reader->data + done, content);
        at += RECORD_HEADER_SIZE + content;
        done += content;
    }
    write_header(at, FCGI_PARAMS, reader->request_id, 0);
    return (size_t)(at - out) + RECORD_HEADER_SIZE;
}

void
record_stdout_header(uint16_t request_id, size_t content, unsigned char out[RECORD_HEADER_SIZE])
{
    write_header(out, FCGI_STDOUT, request_id, content);
}

void
record_end(uint16_t request_id, unsigned char out[RECORD_END_SIZE])
{
    memset(out, 0, RECORD_END_SIZE); /* application status 0, FCGI_REQUEST_COMPLETE */
    write_header(out, FCGI_STDOUT, request_id, 0);
    write_header(out + RECORD_HEADER_SIZE, FCGI_END_REQUEST, request_id, 8);
}
