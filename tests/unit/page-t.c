/*
 * Pages: moments as clients write them, and the ranges of identifiers that they make.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "domain/page.h"

static void
moments_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        bool has_fraction;
    } good[] = {
        {"0", 0, false},
        {"1718020800", 1718020800, false},
        {"999999999999", 999999999999, false},
        {"2024-06-10T12:00:00Z", 1718020800, false},
        {"2024-06-10t12:00:00z", 1718020800, false},
        {"2024-06-10T14:00:00+02:00", 1718020800, false},
        {"2024-06-10T05:30:00-06:30", 1718020800, false},
        {"2024-06-10T12:00:00.000Z", 1718020800, false},
        {"2024-06-10T12:00:00.001Z", 1718020800, true},
        {"2024-02-29T00:00:00Z", 1709164800, false},
        {"2016-12-31T23:59:60Z", 1483228800, false},
        {"1969-12-31T23:59:59Z", -1, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct timestamp timestamp;

        assert_true(timestamp_parse(good[i].text, &timestamp));
        assert_int_equal(timestamp.seconds, good[i].seconds);
        assert_int_equal(timestamp.has_fraction, good[i].has_fraction);
    }
}

static void
what_is_no_moment_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.5",
        "1e9",
        "1000000000000",
        "now",
        "2024-06-10",
        "2024-06-10T12:00:00",
        "2024-06-10 12:00:00Z",
        "2024-06-10T12:00Z",
        "2024-06-10T12:00:00.Z",
        "2024-06-10T12:00:00ZZ",
        "2024-06-10T12:00:00+0200",
        "2024-06-10T12:00:00+24:00",
        "2024-06-10T24:00:00Z",
        "2024-06-10T12:60:00Z",
        "2024-06-10T12:00:61Z",
        "2024-13-10T12:00:00Z",
        "2024-00-10T12:00:00Z",
        "2024-06-31T12:00:00Z",
        "2024-06-00T12:00:00Z",
        "2023-02-29T12:00:00Z",
        "24-06-10T12:00:00Z",
    };
    struct timestamp timestamp;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(timestamp_parse(texts[i], &timestamp));
}

static void
limits_are_one_to_a_hundred(void **state)
{
    static const char *const wrong[] = {"",   "0",   "101", "-1",   "+1",  "01",
                                        "1 ", "1.0", "1e1", "1000", "ten", "999999999999"};
    struct page page;

    (void)state;
    page_init(&page);
    assert_int_equal(page.limit, 10);
    assert_true(page_take_limit(&page, "1"));
    assert_int_equal(page.limit, 1);
    assert_true(page_take_limit(&page, "100"));
    assert_int_equal(page.limit, 100);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(page_take_limit(&page, wrong[i]));
    assert_int_equal(page.limit, 100);
}

/* True when an identifier made at this moment is in the range, whatever its other bits are. */
static bool
has(const struct page *page, int64_t unix_ms)
{
    static const unsigned char fills[] = {0, 0xff};
    int inside = 0;

    for (size_t i = 0; i < COUNT(fills); i++) {
        struct identifier id;

        assert_true(identifier_new(unix_ms, &id));
        memset(id.bytes + 6, fills[i], IDENTIFIER_SIZE - 6);
        id.bytes[6] = (unsigned char)(0x70 | (id.bytes[6] & 0x0f)); /* as a UUID version 7 has it */
        id.bytes[8] = (unsigned char)(0x80 | (id.bytes[8] & 0x3f));
        inside += memcmp(id.bytes, page->after.bytes, IDENTIFIER_SIZE) > 0 &&
                  memcmp(id.bytes, page->before.bytes, IDENTIFIER_SIZE) < 0;
    }
    assert_int_not_equal(inside, 1);
    return inside == 2;
}

/* The relation, worked out: of the second that a record's time is cut to. */
static bool
is_so(int64_t unix_ms, enum page_relation relation, double moment)
{
    const int64_t second = unix_ms / 1000;
    double created = (double)second;

    switch (relation) {
    case PAGE_GTE:
        return created >= moment;
    case PAGE_GT:
        return created > moment;
    case PAGE_LTE:
        return created <= moment;
    case PAGE_LT:
        return created < moment;
    }
    return false;
}

static void
created_is_compared_by_the_second(void **state)
{
    static const int64_t around[] = {-2000, -1001, -1000, -999, -1,   0,
                                     1,     500,   999,   1000, 1001, 2000};

    (void)state;
    for (enum page_relation relation = PAGE_GTE; relation <= PAGE_LT; relation++) {
        for (int fraction = 0; fraction < 2; fraction++) {
            struct timestamp moment = {.seconds = 1718020800, .has_fraction = fraction == 1};
            struct page page;

            page_init(&page);
            page_only_created(&page, relation, &moment);
            for (size_t i = 0; i < COUNT(around); i++) {
                int64_t unix_ms = moment.seconds * 1000 + around[i];

                assert_int_equal(has(&page, unix_ms),
                                 is_so(unix_ms, relation, (double)moment.seconds + 0.5 * fraction));
            }
        }
    }
}

static void
ranges_are_narrowed_and_never_widened(void **state)
{
    struct timestamp early = {.seconds = 1000}, late = {.seconds = 2000};
    struct page page;

    (void)state;
    page_init(&page);
    assert_true(has(&page, 0));
    assert_true(has(&page, (INT64_C(1) << 48) - 1));
    page_only_created(&page, PAGE_GTE, &late);
    page_only_created(&page, PAGE_GTE, &early);
    assert_false(has(&page, 1999999));
    assert_true(has(&page, 2000000));
    page_only_made_before(&page, 2000001);
    page_only_made_before(&page, 3000000);
    assert_true(has(&page, 2000000));
    assert_false(has(&page, 2000001));
    page_only_created(&page, PAGE_LT, &early);
    assert_false(has(&page, 500000));
    assert_false(has(&page, 2000000));
}

static void
moments_beyond_all_identifiers_are_bounds_too(void **state)
{
    struct timestamp before = {.seconds = -1}, after = {.seconds = 999999999999};
    struct page page;

    (void)state;
    page_init(&page);
    page_only_created(&page, PAGE_GT, &before);
    page_only_created(&page, PAGE_LTE, &after);
    assert_true(has(&page, 0));
    assert_true(has(&page, 1718020800000));
    page_only_created(&page, PAGE_GT, &after);
    assert_false(has(&page, 1718020800000));
    page_init(&page);
    page_only_created(&page, PAGE_LT, &before);
    assert_false(has(&page, 0));
}

static void
cursors_are_exclusive(void **state)
{
    struct identifier id;
    struct page page;

    (void)state;
    assert_true(identifier_new(5, &id));
    page_init(&page);
    page_only_before(&page, &id);
    assert_memory_equal(page.before.bytes, id.bytes, IDENTIFIER_SIZE);
    page_only_after(&page, &id);
    assert_memory_equal(page.after.bytes, id.bytes, IDENTIFIER_SIZE);
    assert_false(has(&page, 4));
    assert_false(has(&page, 6));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(limits_are_one_to_a_hundred),
        cmocka_unit_test(created_is_compared_by_the_second),
        cmocka_unit_test(ranges_are_narrowed_and_never_widened),
        cmocka_unit_test(moments_beyond_all_identifiers_are_bounds_too),
        cmocka_unit_test(cursors_are_exclusive),
    };

    return RUN(tests);
}
