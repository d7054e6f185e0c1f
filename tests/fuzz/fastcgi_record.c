/*
 * FastCGI records: any bytes, in any cuts, come to what they come to in one piece; what is taken
 * for whole can be written back, and libfcgi reads it.
 *
 * The first byte of the input says how many bytes of cuts follow; the rest is what a web server
 * sends, one request after another. A cut is the length of a piece; they are gone through in turn.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include "http/fastcgi_params.h"
#include "http/fastcgi_record.h"

#define BODY_MAX 64
#define KEPT 2048

static void
check_reader(const struct record_reader *reader, size_t length)
{
    size_t held = reader->params_length + reader->body_length;

    CHECK(held <= length && held <= reader->capacity);
    CHECK(reader->body_length <= BODY_MAX + 1);
    CHECK(reader->params_length <= RECORD_PARAMS_MAX);
    CHECK(reader->capacity <= KEPT || reader->capacity < 2 * held);
}

/* Feeds the bytes in pieces; how many were taken. */
static size_t
read_in_cuts(struct record_reader *reader, const uint8_t *data, size_t size, const uint8_t *cuts,
             size_t cut_count)
{
    size_t total = 0;

    for (size_t i = 0; total < size; i++) {
        size_t piece = cut_count > 0 && cuts[i % cut_count] > 0 ? cuts[i % cut_count] : 1;
        size_t length = size - total < piece ? size - total : piece;
        char *copy = fuzz_copy(data + total, length);
        size_t taken = record_read(reader, (unsigned char *)copy, length, BODY_MAX);

        free(copy);
        CHECK(taken <= length);
        check_reader(reader, total + taken);
        total += taken;
        if (reader->phase == RECORD_BROKEN || reader->phase == RECORD_WHOLE)
            break;
        CHECK(taken == length);
    }
    return total;
}

static void
check_same(const struct record_reader *a, const struct record_reader *b)
{
    CHECK(a->phase == b->phase && a->too_long == b->too_long);
    if (a->phase == RECORD_BROKEN)
        return;
    CHECK(a->request_id == b->request_id && a->keep_connection == b->keep_connection);
    CHECK(a->params_length == b->params_length && a->body_length == b->body_length);
    CHECK(a->header_length == b->header_length && a->content_left == b->content_left &&
          a->padding_left == b->padding_left);
    CHECK(a->params_length + a->body_length == 0 ||
          memcmp(a->data, b->data, a->params_length + a->body_length) == 0);
}

static void
check_written(const struct record_reader *reader)
{
    unsigned char *out = malloc(RECORD_REQUEST_SIZE(reader->params_length));
    struct record_reader again = {.phase = RECORD_BEGIN};
    size_t length;

    CHECK(out != NULL);
    length = record_write_request(reader, out);
    CHECK(length <= RECORD_REQUEST_SIZE(reader->params_length));
    CHECK(record_read(&again, out, length, BODY_MAX) == length);
    CHECK(again.phase == RECORD_BODY && again.request_id == reader->request_id);
    CHECK(again.params_length == reader->params_length);
    CHECK(again.params_length == 0 || memcmp(again.data, reader->data, again.params_length) == 0);
    free(again.data);
    free(out);
}

/* libfcgi adds the role to the parameters. */
static void
check_libfcgi(const struct record_reader *reader)
{
    static struct fastcgi_params params;
    static const char role[] = "FCGI_ROLE=RESPONDER";
    static bool opened;
    char **strings;

    if (!opened)
        opened = fastcgi_params_open(&params);
    CHECK(opened);
    strings = fastcgi_params_take(&params, reader);
    CHECK(strings != NULL);
    for (; *strings != NULL; strings++)
        CHECK(strlen(*strings) <= reader->params_length || strcmp(*strings, role) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record_reader whole = {.phase = RECORD_BEGIN}, cut = {.phase = RECORD_BEGIN};
    const uint8_t *cuts = data + 1;
    size_t cut_count;

    if (size == 0)
        return 0;
    cut_count = data[0] < size ? data[0] : size - 1;
    data += 1 + cut_count;
    size -= 1 + cut_count;
    for (;;) {
        char *copy = fuzz_copy(data, size);
        size_t taken = record_read(&whole, (unsigned char *)copy, size, BODY_MAX);
        size_t taken_in_cuts = read_in_cuts(&cut, data, size, cuts, cut_count);

        free(copy);
        check_reader(&whole, taken);
        check_same(&whole, &cut);
        if (whole.phase != RECORD_WHOLE)
            break;
        CHECK(taken > 0 && taken == taken_in_cuts);
        check_written(&whole);
        check_libfcgi(&whole);
        record_reader_reset(&whole, KEPT);
        record_reader_reset(&cut, 0);
        data += taken;
        size -= taken;
    }
    free(whole.data);
    free(cut.data);
    return 0;
}
