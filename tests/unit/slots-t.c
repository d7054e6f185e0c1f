/*
 * Slots: which statement a group takes, and what stands in the slots that it leaves over.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "store/slots.h"

#define EACH 3

static const size_t sizes[SLOTS_COUNT] = {1, 8, 64};

static void
the_smallest_that_fits(void **state)
{
    (void)state;
    for (size_t count = 1; count <= STORE_GROUP_MAX; count++) {
        enum slots slots = slots_for(count);

        assert_true(sizes[slots] >= count);
        assert_true(slots == SLOTS_1 || sizes[slots - 1] < count);
    }
}

static void
slots_left_over_repeat_the_first_record(void **state)
{
    (void)state;
    for (size_t count = 1; count <= STORE_GROUP_MAX; count++) {
        MYSQL_BIND parameters[(STORE_GROUP_MAX + 1) * EACH] = {{.buffer = NULL}};
        char values[(STORE_GROUP_MAX + 1) * EACH];
        size_t size = sizes[slots_for(count)];

        for (size_t i = 0; i < COUNT(parameters); i++)
            parameters[i].buffer = &values[i];
        slots_fill(parameters, EACH, count);
        for (size_t i = 0; i < COUNT(parameters); i++) {
            size_t slot = i / EACH;
            size_t expected = slot < count || slot >= size ? i : i % EACH;

            assert_ptr_equal(parameters[i].buffer, &values[expected]);
        }
    }
}

static size_t
marks(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == '?';
    return count;
}

static void
statements_have_so_many_conditions(void **state)
{
    static const struct statement statements[] = {
        SLOT_STATEMENTS(0, "find", "SELECT ", "(a = ? AND b = ?)", " END", 2, 5),
    };

    (void)state;
    for (size_t i = 0; i < SLOTS_COUNT; i++) {
        assert_int_equal(marks(statements[i].sql), 2 * sizes[i]);
        assert_int_equal(statements[i].parameters, 2 * sizes[i]);
        assert_int_equal(statements[i].columns, 5);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_that_fits),
        cmocka_unit_test(slots_left_over_repeat_the_first_record),
        cmocka_unit_test(statements_have_so_many_conditions),
    };

    return RUN(tests);
}
