/*
 * FastCGI records: what is read is the request, however it is cut; what no responder's request
 * consists of breaks it; what is written can be read back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <fastcgi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/fastcgi_record.h"

#define BODY_MAX 100
#define PAIRS "\x06\x03METHODGET\x01\x00Xtail" /* a short one, an empty value, and what follows */
#define PAIRS_LENGTH (sizeof PAIRS - 1 - 4)    /* without "tail" */

/* The bytes that come; the tests put records together here. */
static unsigned char stream[4 * RECORD_PARAMS_MAX];
static size_t stream_length;

static void
put(int type, int id, const void *content, size_t length, size_t padding)
{
    const unsigned char header[RECORD_HEADER_SIZE] = {
        FCGI_VERSION_1,
        (unsigned char)type,
        (unsigned char)(id >> 8),
        (unsigned char)(id & 0xff),
        (unsigned char)(length >> 8),
        (unsigned char)(length & 0xff),
        (unsigned char)padding,
    };

    assert_true(stream_length + sizeof header + length + padding <= sizeof stream);
    memcpy(stream + stream_length, header, sizeof header);
    stream_length += sizeof header;
    if (length > 0)
        memcpy(stream + stream_length, content, length);
    stream_length += length;
    memset(stream + stream_length, 0xff, padding);
    stream_length += padding;
}

static void
put_begin(int id, int role, int flags)
{
    const unsigned char content[8] = {(unsigned char)(role >> 8), (unsigned char)(role & 0xff),
                                      (unsigned char)flags};

    put(FCGI_BEGIN_REQUEST, id, content, sizeof content, 0);
}

/* A whole request: records of several sizes, and padding in each of them. */
static void
put_request(int id, size_t padding)
{
    static const unsigned char begin[8] = {0, FCGI_RESPONDER, FCGI_KEEP_CONN};

    put(FCGI_BEGIN_REQUEST, id, begin, sizeof begin, padding);
    put(FCGI_PARAMS, id, PAIRS, 5, padding);
    put(FCGI_PARAMS, id, &PAIRS[5], PAIRS_LENGTH - 5, padding);
    put(FCGI_PARAMS, id, "", 0, padding);
    put(FCGI_STDIN, id, "{\"amount\"", 9, padding);
    put(FCGI_STDIN, id, ":1}", 3, padding);
    put(FCGI_STDIN, id, "", 0, padding);
}

static int
begin_stream(void **state)
{
    (void)state;
    stream_length = 0;
    return 0;
}

/* Reads the stream in pieces of so many bytes; how many were taken. */
static size_t
read_stream(struct record_reader *reader, size_t piece)
{
    size_t total = 0;

    while (total < stream_length) {
        size_t length = stream_length - total < piece ? stream_length - total : piece;
        size_t taken = record_read(reader, stream + total, length, BODY_MAX);

        total += taken;
        if (taken < length)
            break;
    }
    return total;
}

static void
assert_request(const struct record_reader *reader, uint16_t id)
{
    static const char data[] = "\x06\x03METHODGET\x01\x00X{\"amount\":1}";

    assert_int_equal(reader->phase, RECORD_WHOLE);
    assert_int_equal(reader->request_id, id);
    assert_true(reader->keep_connection);
    assert_false(reader->too_long);
    assert_int_equal(reader->params_length, PAIRS_LENGTH);
    assert_int_equal(reader->body_length, 12);
    assert_memory_equal(reader->data, data, sizeof data - 1);
}

static void
cut_at_every_byte(void **state)
{
    (void)state;
    put_request(0x1234, 3);
    for (size_t cut = 0; cut <= stream_length; cut++) {
        struct record_reader reader = {.phase = RECORD_BEGIN};

        assert_int_equal(record_read(&reader, stream, cut, BODY_MAX), cut);
        assert_int_equal(reader.phase == RECORD_WHOLE, cut == stream_length);
        assert_int_equal(record_read(&reader, stream + cut, stream_length - cut, BODY_MAX),
                         stream_length - cut);
        assert_request(&reader, 0x1234);
        free(reader.data);
    }
}

static void
pieces_of_every_size(void **state)
{
    (void)state;
    put_request(65535, 1);
    for (size_t piece = 1; piece <= stream_length; piece++) {
        struct record_reader reader = {.phase = RECORD_BEGIN};

        assert_int_equal(read_stream(&reader, piece), stream_length);
        assert_request(&reader, 65535);
        free(reader.data);
    }
}

static void
padding_is_passed_over(void **state)
{
    (void)state;
    for (size_t padding = 0; padding < 256; padding++) {
        struct record_reader reader = {.phase = RECORD_BEGIN};

        stream_length = 0;
        put_request(1, padding);
        assert_int_equal(read_stream(&reader, padding % 2 == 0 ? stream_length : 7), stream_length);
        assert_request(&reader, 1);
        free(reader.data);
    }
}

static void
no_bytes_behind_the_request_are_taken(void **state)
{
    struct record_reader reader = {.phase = RECORD_BEGIN};
    size_t length;

    (void)state;
    put_request(1, 2);
    length = stream_length;
    put_request(2, 0);
    assert_int_equal(record_read(&reader, stream, stream_length, BODY_MAX), length);
    assert_request(&reader, 1);
    assert_int_equal(record_read(&reader, stream + length, stream_length - length, BODY_MAX), 0);
    assert_request(&reader, 1);
    free(reader.data);
}

static void
no_keep_alive_unless_asked_for(void **state)
{
    struct record_reader reader = {.phase = RECORD_BEGIN};

    (void)state;
    put_begin(1, FCGI_RESPONDER, 0xff & ~FCGI_KEEP_CONN);
    assert_int_equal(read_stream(&reader, 1), stream_length);
    assert_int_equal(reader.phase, RECORD_PARAMS);
    assert_false(reader.keep_connection);
}

/* Reads what stands in the stream, in one piece and byte by byte: no request comes of it. */
static void
assert_broken(const char *name, bool too_long)
{
    for (size_t piece = 1; piece <= stream_length; piece += stream_length - 1) {
        struct record_reader reader = {.phase = RECORD_BEGIN};

        read_stream(&reader, piece);
        if (reader.phase != RECORD_BROKEN || reader.too_long != too_long)
            fail_msg("%s: phase %d, %s", name, (int)reader.phase,
                     reader.too_long ? "too long" : "not too long");
        assert_int_equal(record_read(&reader, stream, 1, BODY_MAX), 0);
        free(reader.data);
    }
    stream_length = 0;
}

/* How far a request has come when the record in question follows. */
enum progress { NOTHING, BEGUN, IN_PARAMS, PARAMS_READ, IN_BODY, PROGRESS_COUNT };

static void
put_until(enum progress progress)
{
    if (progress >= BEGUN)
        put_begin(1, FCGI_RESPONDER, 0);
    if (progress >= IN_PARAMS)
        put(FCGI_PARAMS, 1, PAIRS, PAIRS_LENGTH, 0);
    if (progress >= PARAMS_READ)
        put(FCGI_PARAMS, 1, "", 0, 0);
    if (progress >= IN_BODY)
        put(FCGI_STDIN, 1, "{", 1, 0);
}

static bool
may_follow(enum progress progress, int type)
{
    switch (progress) {
    case NOTHING:
        return type == FCGI_BEGIN_REQUEST;
    case BEGUN:
    case IN_PARAMS:
        return type == FCGI_PARAMS;
    case PARAMS_READ:
    case IN_BODY:
        return type == FCGI_STDIN;
    case PROGRESS_COUNT:
        break;
    }
    return false;
}

/* ABORT_REQUEST, GET_VALUES, a second BEGIN_REQUEST, types that there are not, ... */
static void
only_one_type_may_follow(void **state)
{
    static const unsigned char begin[8] = {0, FCGI_RESPONDER};
    char name[64];

    (void)state;
    for (int progress = NOTHING; progress < PROGRESS_COUNT; progress++) {
        for (int type = 0; type < 256; type++) {
            struct record_reader reader = {.phase = RECORD_BEGIN};

            put_until((enum progress)progress);
            put(type, 1, begin, sizeof begin, 0);
            if (may_follow((enum progress)progress, type)) {
                read_stream(&reader, stream_length);
                assert_int_not_equal(reader.phase, RECORD_BROKEN);
                free(reader.data);
                stream_length = 0;
                continue;
            }
            snprintf(name, sizeof name, "type %d after step %d", type, progress);
            assert_broken(name, false);
        }
    }
}

static void
put_expected(enum progress progress, int id)
{
    if (progress == NOTHING)
        put_begin(id, FCGI_RESPONDER, 0);
    else
        put(progress >= PARAMS_READ ? FCGI_STDIN : FCGI_PARAMS, id, "", 0, 0);
}

static void
one_version_and_one_id(void **state)
{
    (void)state;
    for (int progress = NOTHING; progress < PROGRESS_COUNT; progress++) {
        put_until((enum progress)progress);
        put_expected((enum progress)progress, 0);
        assert_broken("id 0", false);
        for (int version = 0; version < 256; version += version == 0 ? 2 : 253) {
            size_t at;

            put_until((enum progress)progress);
            at = stream_length;
            put_expected((enum progress)progress, 1);
            stream[at] = (unsigned char)version;
            assert_broken("another version", false);
        }
        if (progress == NOTHING)
            continue;
        put_until((enum progress)progress);
        put_expected((enum progress)progress, 2);
        assert_broken("a second id", false);
        put_until((enum progress)progress);
        put_expected((enum progress)progress, 0x101);
        assert_broken("an id with the same low byte", false);
    }
}

static void
begin_is_for_a_responder(void **state)
{
    static const int others[] = {0, FCGI_AUTHORIZER, FCGI_FILTER, 4, 0x101, 0xffff};
    static const unsigned char begin[16] = {0, FCGI_RESPONDER};

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        put_begin(1, others[i], 0);
        assert_broken("another role", false);
    }
    for (size_t length = 0; length <= sizeof begin; length++) {
        if (length == 8)
            continue;
        put(FCGI_BEGIN_REQUEST, 1, begin, length, 0);
        assert_broken("BEGIN_REQUEST of another length", false);
    }
}

static void
parameters_are_whole_pairs(void **state)
{
    static const struct {
        const char *data;
        size_t length;
    } wrong[] = {
        {"\x01", 1},                             /* no second length */
        {"\x01\x01X", 3},                        /* no value */
        {"\x7f\x00X", 3},                        /* a name that is too long */
        {"\x80\x00\x00", 3},                     /* a length that is cut */
        {"\x00\x80\x00\x00", 4},                 /* the same, of the value */
        {"\x80\x00\x00\x02\x00X", 6},            /* a long length, of a name */
        {"\xff\xff\xff\xff\xff\xff\xff\xff", 8}, /* more than memory may be */
        {"\x01\x00X\x01", 4},                    /* behind a good one */
        {"\x01\xff\xff\xff\xffX", 6},            /* their sum must not wrap */
        {"\x80\x00\x00\x01\x80\x00\x00\x02X1", 10},
    };
    static const struct {
        const char *data;
        size_t length;
    } right[] = {
        {"", 0},
        {"\x00\x00", 2},
        {"\x80\x00\x00\x01\x80\x00\x00\x01X1", 10},
        {"\x01\x00X\x00\x01Y", 6},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        put_begin(1, FCGI_RESPONDER, 0);
        put(FCGI_PARAMS, 1, wrong[i].data, wrong[i].length, 0);
        put(FCGI_PARAMS, 1, "", 0, 0);
        assert_broken(wrong[i].data, false);
    }
    for (size_t i = 0; i < COUNT(right); i++) {
        struct record_reader reader = {.phase = RECORD_BEGIN};

        put_begin(1, FCGI_RESPONDER, 0);
        if (right[i].length > 0)
            put(FCGI_PARAMS, 1, right[i].data, right[i].length, 0);
        put(FCGI_PARAMS, 1, "", 0, 0);
        read_stream(&reader, stream_length);
        assert_int_equal(reader.phase, RECORD_BODY);
        free(reader.data);
        stream_length = 0;
    }
}

/* BEGIN_REQUEST and one pair that makes so many bytes of parameters, with their end. */
static void
put_long_params(size_t length)
{
    static unsigned char pair[RECORD_PARAMS_MAX + 1];
    size_t value = length - 6;

    assert_true(length >= 6 && length <= sizeof pair);
    memset(pair, 'v', sizeof pair);
    pair[0] = 1;
    pair[1] = (unsigned char)(0x80 | value >> 24);
    pair[2] = (unsigned char)(value >> 16 & 0xff);
    pair[3] = (unsigned char)(value >> 8 & 0xff);
    pair[4] = (unsigned char)(value & 0xff);
    put_begin(7, FCGI_RESPONDER, 0);
    for (size_t done = 0; done < length;) {
        size_t content = length - done < 65535 ? length - done : 65535;

        put(FCGI_PARAMS, 7, pair + done, content, 0);
        done += content;
    }
    put(FCGI_PARAMS, 7, "", 0, 0);
}

static void
parameters_have_a_limit(void **state)
{
    struct record_reader reader = {.phase = RECORD_BEGIN};

    (void)state;
    put_long_params(RECORD_PARAMS_MAX);
    assert_int_equal(read_stream(&reader, 1000), stream_length);
    assert_int_equal(reader.phase, RECORD_BODY);
    assert_int_equal(reader.params_length, RECORD_PARAMS_MAX);
    free(reader.data);
    stream_length = 0;
    put_long_params(RECORD_PARAMS_MAX + 1);
    assert_broken("a byte too much", true);
}

static void
no_more_of_a_body_is_kept_than_tells_that_it_is_too_long(void **state)
{
    static const size_t lengths[] = {BODY_MAX - 1, BODY_MAX, BODY_MAX + 1, BODY_MAX + 2, 65535};
    static unsigned char body[65535];

    (void)state;
    memset(body, 'b', sizeof body);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct record_reader reader = {.phase = RECORD_BEGIN};
        size_t kept = lengths[i] <= BODY_MAX ? lengths[i] : BODY_MAX + 1;

        stream_length = 0;
        put_until(PARAMS_READ);
        put(FCGI_STDIN, 1, body, lengths[i] / 2, 0);
        put(FCGI_STDIN, 1, body, lengths[i] - lengths[i] / 2, 5);
        put(FCGI_STDIN, 1, "", 0, 0);
        assert_int_equal(read_stream(&reader, 30), stream_length);
        assert_int_equal(reader.phase, RECORD_WHOLE);
        assert_int_equal(reader.body_length, kept);
        assert_memory_equal(reader.data, PAIRS, PAIRS_LENGTH);
        assert_memory_equal(reader.data + reader.params_length, body, kept);
        assert_true(reader.capacity <= 4096);
        free(reader.data);
    }
}

static void
a_reset_keeps_a_small_buffer(void **state)
{
    struct record_reader reader = {.phase = RECORD_BEGIN};
    const unsigned char *data;

    (void)state;
    put_request(5, 0);
    read_stream(&reader, stream_length);
    data = reader.data;
    record_reader_reset(&reader, reader.capacity);
    assert_ptr_equal(reader.data, data);
    assert_true(reader.capacity > 0);
    assert_int_equal(reader.phase, RECORD_BEGIN);
    assert_int_equal(reader.params_length + reader.body_length, 0);
    stream_length = 0;
    put_request(6, 0); /* another id than before */
    read_stream(&reader, stream_length);
    assert_request(&reader, 6);
    record_reader_reset(&reader, reader.capacity - 1);
    assert_null(reader.data);
    assert_int_equal(reader.capacity, 0);
    read_stream(&reader, 9);
    assert_request(&reader, 6);
    record_reader_reset(&reader, 0);
    assert_null(reader.data);
}

static void
what_is_written_for_libfcgi_can_be_read_back(void **state)
{
    static const size_t lengths[] = {6, 1000, 65534, 65535, 65536, 131070, RECORD_PARAMS_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct record_reader reader = {.phase = RECORD_BEGIN}, again = {.phase = RECORD_BEGIN};
        unsigned char *out = malloc(RECORD_REQUEST_SIZE(lengths[i]));
        size_t length;

        assert_non_null(out);
        stream_length = 0;
        put_long_params(lengths[i]);
        read_stream(&reader, stream_length);
        length = record_write_request(&reader, out);
        assert_true(length <= RECORD_REQUEST_SIZE(lengths[i]));
        assert_int_equal(record_read(&again, out, length, BODY_MAX), length);
        assert_int_equal(again.phase, RECORD_BODY);
        assert_int_equal(again.request_id, 7);
        assert_true(again.keep_connection); /* or libfcgi closes what it reads from */
        assert_int_equal(again.params_length, lengths[i]);
        assert_memory_equal(again.data, reader.data, lengths[i]);
        free(out);
        free(reader.data);
        free(again.data);
    }
}

static void
a_request_without_parameters_is_written(void **state)
{
    struct record_reader reader = {.phase = RECORD_BEGIN}, again = {.phase = RECORD_BEGIN};
    unsigned char out[RECORD_REQUEST_SIZE(0)];
    size_t length;

    (void)state;
    put_begin(3, FCGI_RESPONDER, 0);
    put(FCGI_PARAMS, 3, "", 0, 0);
    read_stream(&reader, stream_length);
    length = record_write_request(&reader, out);
    assert_int_equal(record_read(&again, out, length, BODY_MAX), length);
    assert_int_equal(again.phase, RECORD_BODY);
    assert_int_equal(again.params_length, 0);
}

static void
an_answer_is_framed(void **state)
{
    static const unsigned char stdout_header[] = {1, FCGI_STDOUT, 0x12, 0x34, 0xff, 0xf8, 0, 0};
    static const unsigned char end[] = {1,
                                        FCGI_STDOUT,
                                        0x12,
                                        0x34,
                                        0,
                                        0,
                                        0,
                                        0,
                                        1,
                                        FCGI_END_REQUEST,
                                        0x12,
                                        0x34,
                                        0,
                                        8,
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        FCGI_REQUEST_COMPLETE,
                                        0,
                                        0,
                                        0};
    unsigned char header[RECORD_HEADER_SIZE];
    unsigned char written[RECORD_END_SIZE];

    (void)state;
    record_stdout_header(0x1234, 0xfff8, header);
    assert_memory_equal(header, stdout_header, sizeof header);
    memset(written, 0xff, sizeof written);
    record_end(0x1234, written);
    assert_int_equal(sizeof end, sizeof written);
    assert_memory_equal(written, end, sizeof written);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cut_at_every_byte, begin_stream),
        cmocka_unit_test_setup(pieces_of_every_size, begin_stream),
        cmocka_unit_test_setup(padding_is_passed_over, begin_stream),
        cmocka_unit_test_setup(no_bytes_behind_the_request_are_taken, begin_stream),
        cmocka_unit_test_setup(no_keep_alive_unless_asked_for, begin_stream),
        cmocka_unit_test_setup(only_one_type_may_follow, begin_stream),
        cmocka_unit_test_setup(one_version_and_one_id, begin_stream),
        cmocka_unit_test_setup(begin_is_for_a_responder, begin_stream),
        cmocka_unit_test_setup(parameters_are_whole_pairs, begin_stream),
        cmocka_unit_test_setup(parameters_have_a_limit, begin_stream),
        cmocka_unit_test_setup(no_more_of_a_body_is_kept_than_tells_that_it_is_too_long,
                               begin_stream),
        cmocka_unit_test_setup(a_reset_keeps_a_small_buffer, begin_stream),
        cmocka_unit_test_setup(what_is_written_for_libfcgi_can_be_read_back, begin_stream),
        cmocka_unit_test_setup(a_request_without_parameters_is_written, begin_stream),
        cmocka_unit_test_setup(an_answer_is_framed, begin_stream),
    };

    return RUN(tests);
}
