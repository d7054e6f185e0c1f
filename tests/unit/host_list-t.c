/*
 * The host list: taken apart as Connector/C writes it, and walked in order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "store/host_list.h"

static void
walks_in_order_and_begins_again(void **state)
{
    struct host_list list;

    (void)state;
    host_list_init(&list, "db1:3306, db2,[::1]:3307");
    assert_int_equal(list.count, 3);
    assert_string_equal(host_list_current(&list), "db1:3306,");
    host_list_next(&list);
    assert_string_equal(host_list_current(&list), "db2,");
    host_list_next(&list);
    assert_string_equal(host_list_current(&list), "[::1]:3307,");
    host_list_next(&list);
    assert_string_equal(host_list_current(&list), "db1:3306,");
}

static void
one_server_is_no_list(void **state)
{
    static const char *const texts[] = {NULL, "", "localhost", "db1:3306", ",db1:3306,"};
    struct host_list list;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        host_list_init(&list, texts[i]);
        assert_null(host_list_current(&list));
        host_list_next(&list);
        assert_null(host_list_current(&list));
    }
}

static void
keeps_its_bounds(void **state)
{
    char text[HOST_SIZE * 3];
    struct host_list list;

    (void)state;
    memset(text, ',', sizeof text);
    memset(text, 'x', HOST_SIZE - 1); /* one too long */
    text[HOST_SIZE + 1] = 'y';
    text[HOST_SIZE + 3] = 'z';
    text[sizeof text - 1] = '\0';
    host_list_init(&list, text);
    assert_int_equal(list.count, 2);
    assert_string_equal(host_list_current(&list), "y,");
    host_list_init(&list, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18");
    assert_int_equal(list.count, HOST_LIST_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_in_order_and_begins_again),
        cmocka_unit_test(one_server_is_no_list),
        cmocka_unit_test(keeps_its_bounds),
    };

    return RUN(tests);
}
