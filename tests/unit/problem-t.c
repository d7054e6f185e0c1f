/*
 * Problem details: each error has its code and its words.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "api/problem.h"

static void
each_error_has_words(void **state)
{
    (void)state;
    for (enum api_error error = API_OK + 1; error <= API_UNAVAILABLE; error++) {
        const struct problem_row *row = problem_row(error);

        if (row->detail == NULL) {
            fail_msg("%s has no detail", error_row(error)->message);
            continue;
        }
        assert_int_equal(row->detail[strlen(row->detail) - 1], '.');
        assert_null(strpbrk(row->detail, "\"\\"));
        assert_int_equal(strspn(row->detail, " ."), 0);
    }
}

static void
each_error_has_a_code_of_its_own(void **state)
{
    char code[PROBLEM_CODE_SIZE], other[PROBLEM_CODE_SIZE];

    (void)state;
    problem_code(API_CARD_DECLINED, code);
    assert_string_equal(code, "card_declined");
    problem_code(API_INVALID_JSON, code);
    assert_string_equal(code, "invalid_json");
    for (enum api_error error = API_OK + 1; error <= API_UNAVAILABLE; error++) {
        problem_code(error, code);
        assert_int_equal(strlen(code), strlen(error_row(error)->message));
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz_"), strlen(code));
        for (enum api_error before = API_OK + 1; before < error; before++) {
            problem_code(before, other);
            assert_string_not_equal(code, other);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_words),
        cmocka_unit_test(each_error_has_a_code_of_its_own),
    };

    return RUN(tests);
}
