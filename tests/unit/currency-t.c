/*
 * Currencies: what was released stays readable, with its decimals.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

#include "domain/currency.h"

/* Every code that a release has had, and its decimals. Rows are added here, never taken out. */
static const char released[] =
    "AED2 AFN2 ALL2 AMD2 ANG2 AOA2 ARS2 AUD2 AWG2 AZN2 BAM2 BBD2 BDT2 BGN2 BHD3 "
    "BIF0 BMD2 BND2 BOB2 BRL2 BSD2 BTN2 BWP2 BYN2 BZD2 CAD2 CDF2 CHF2 CLP0 CNY2 "
    "COP2 CRC2 CUC2 CUP2 CVE2 CZK2 DJF0 DKK2 DOP2 DZD2 EGP2 ERN2 ETB2 EUR2 FJD2 "
    "FKP2 GBP2 GEL2 GHS2 GIP2 GMD2 GNF0 GTQ2 GYD2 HKD2 HNL2 HRK2 HTG2 HUF2 IDR2 "
    "ILS2 INR2 IQD3 IRR2 ISK0 JMD2 JOD3 JPY0 KES2 KGS2 KHR2 KMF0 KPW2 KRW0 KWD3 "
    "KYD2 KZT2 LAK2 LBP2 LKR2 LRD2 LSL2 LYD3 MAD2 MDL2 MGA2 MKD2 MMK2 MNT2 MOP2 "
    "MRU2 MUR2 MVR2 MWK2 MXN2 MYR2 MZN2 NAD2 NGN2 NIO2 NOK2 NPR2 NZD2 OMR3 PAB2 "
    "PEN2 PGK2 PHP2 PKR2 PLN2 PYG0 QAR2 RON2 RSD2 RUB2 RWF0 SAR2 SBD2 SCR2 SDG2 "
    "SEK2 SGD2 SHP2 SLE2 SLL2 SOS2 SRD2 SSP2 STN2 SVC2 SYP2 SZL2 THB2 TJS2 TMT2 "
    "TND3 TOP2 TRY2 TTD2 TWD2 TZS2 UAH2 UGX0 USD2 UYU2 UZS2 VED2 VES2 VND0 VUV0 "
    "WST2 XAF0 XCD2 XCG2 XOF0 XPF0 YER2 ZAR2 ZMW2 ZWG2 ZWL2 ";

#define ROW_LENGTH (sizeof "USD2 " - 1)

static void
keeps_what_was_released(void **state)
{
    (void)state;
    for (const char *row = released; *row != '\0'; row += ROW_LENGTH) {
        char code[4] = {row[0], row[1], row[2], '\0'};
        const struct currency *currency = currency_of_record(code);

        if (currency == NULL)
            fail_msg("%s is gone: payments in it cannot be read any more", code);
        else if (currency->decimals != row[3] - '0')
            fail_msg("%s has other decimals: the amounts of its payments change", code);
    }
}

static void
is_released(const struct currency *currency)
{
    const char *row = strstr(released, currency->code);

    if (row == NULL)
        fail_msg("%s has to be in the list of this test, too", currency->code);
    assert_in_range(currency->decimals, 0, CURRENCY_DECIMALS_MAX);
    assert_ptr_equal(currency_of_record(currency->code), currency);
}

static void
has_each_code_once(void **state)
{
    size_t count, retired_count;
    const struct currency *currencies = currency_table(&count);
    const struct currency *retired = currency_retired_table(&retired_count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        is_released(&currencies[i]);
        assert_ptr_equal(currency_find(currencies[i].code), &currencies[i]);
        assert_true(i == 0 || strcmp(currencies[i - 1].code, currencies[i].code) < 0);
    }
    for (size_t i = 0; i < retired_count; i++) {
        is_released(&retired[i]);
        assert_null(currency_find(retired[i].code));
        assert_true(i == 0 || strcmp(retired[i - 1].code, retired[i].code) < 0);
    }
    assert_int_equal(count + retired_count, (sizeof released - 1) / ROW_LENGTH);
}

static void
knows_no_other(void **state)
{
    static const char *const codes[] = {"", "US", "usd", "USDX", "XXX", "XTS", "XAU", "ZZZ"};

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_null(currency_find(codes[i]));
        assert_null(currency_of_record(codes[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_released),
        cmocka_unit_test(has_each_code_once),
        cmocka_unit_test(knows_no_other),
    };

    return RUN(tests);
}
