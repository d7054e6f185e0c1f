/*
 * Amounts as Stripe counts them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdbool.h>

#include "processor/processor.h"
#include "processor/stripe_amount.h"

static void
counts_as_stripe_counts(void **state)
{
    static const struct {
        const char *code;
        int64_t minor;
        enum stripe_amount_status status;
        int64_t amount;
    } examples[] = {
        {"USD", 1, STRIPE_AMOUNT_OK, 1},
        {"USD", 99999999, STRIPE_AMOUNT_OK, 99999999},
        {"USD", 100000000, STRIPE_AMOUNT_REFUSED, 0},
        {"JPY", 500, STRIPE_AMOUNT_OK, 500},
        {"JPY", 9999999999, STRIPE_AMOUNT_OK, 9999999999},
        {"JPY", 10000000000, STRIPE_AMOUNT_REFUSED, 0},
        {"KRW", 100000000, STRIPE_AMOUNT_REFUSED, 0},
        {"ISK", 5, STRIPE_AMOUNT_OK, 500},
        {"ISK", 999999, STRIPE_AMOUNT_OK, 99999900},
        {"ISK", 1000000, STRIPE_AMOUNT_REFUSED, 0},
        {"UGX", 5, STRIPE_AMOUNT_OK, 500},
        {"MGA", 500, STRIPE_AMOUNT_OK, 5},
        {"MGA", 550, STRIPE_AMOUNT_REFUSED, 0},
        {"KWD", 5120, STRIPE_AMOUNT_OK, 5120},
        {"KWD", 5124, STRIPE_AMOUNT_REFUSED, 0},
        {"BHD", 1, STRIPE_AMOUNT_REFUSED, 0},
        {"IDR", 999999999999, STRIPE_AMOUNT_OK, 999999999999},
        {"IDR", 1000000000000, STRIPE_AMOUNT_REFUSED, 0},
        {"INR", 1000000000, STRIPE_AMOUNT_REFUSED, 0},
        {"ISK", INT64_MAX, STRIPE_AMOUNT_REFUSED, 0},
        {"USD", INT64_MAX, STRIPE_AMOUNT_REFUSED, 0},
        {"USD", 0, STRIPE_AMOUNT_REFUSED, 0},
        {"USD", -1, STRIPE_AMOUNT_REFUSED, 0},
        {"IQD", 1000, STRIPE_CURRENCY_REFUSED, 0},
        {"KPW", 100, STRIPE_CURRENCY_REFUSED, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        const struct currency *currency = currency_find(examples[i].code);
        int64_t amount = 0, back = 0;
        bool is_amount = false;

        assert_int_equal(stripe_amount_from_minor(currency, examples[i].minor, &amount),
                         examples[i].status);
        assert_int_equal(amount, examples[i].amount);
        assert_int_equal(stripe_type.takes_amount(NULL, currency, examples[i].minor, &is_amount),
                         examples[i].status == STRIPE_AMOUNT_OK);
        assert_int_equal(is_amount, examples[i].status != STRIPE_CURRENCY_REFUSED);
        if (examples[i].status != STRIPE_AMOUNT_OK)
            continue;
        assert_int_equal(stripe_amount_to_minor(currency, amount, &back), STRIPE_AMOUNT_OK);
        assert_int_equal(back, examples[i].minor);
    }
}

/* Every currency: taken with an amount that fits all rules, or not at all; both ways. */
static void
converts_each_currency_both_ways(void **state)
{
    size_t count = 0, taken = 0;
    const struct currency *currencies = currency_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        int64_t amount = 0, back = 0;
        enum stripe_amount_status status =
            stripe_amount_from_minor(&currencies[i], 100000, &amount);

        assert_int_not_equal(status, STRIPE_AMOUNT_REFUSED);
        if (status != STRIPE_AMOUNT_OK)
            continue;
        taken++;
        assert_int_equal(stripe_amount_to_minor(&currencies[i], amount, &back), STRIPE_AMOUNT_OK);
        assert_int_equal(back, 100000);
    }
    assert_int_equal(count - taken, 18);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_as_stripe_counts),
        cmocka_unit_test(converts_each_currency_both_ways),
    };

    return RUN(tests);
}
