/*
 * Web addresses that a customer's browser is sent to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include "domain/web_address.h"

static void
takes_addresses(void **state)
{
    static const char *const good[] = {
        "https://shop.example",
        "https://shop.example/",
        "https://shop.example/back?order=1",
        "https://shop.example?order=1",
        "https://shop.example#end",
        "https://shop.example:8443/%C3%A9?a[]=1&b='2'#/end",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
        "https://[2001:db8::1]:8443",
        "https://shop.example/@me",
        "http://localhost:3000/back",
        "http://127.0.0.1",
        "http://[::1]:8080/",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!web_address_is(good[i]))
            print_message("# %s\n", good[i]);
        assert_true(web_address_is(good[i]));
    }
}

static void
refuses_the_rest(void **state)
{
    static const char *const bad[] = {
        "",
        "shop.example/back",
        "/back",
        "//shop.example",
        "https:",
        "https://",
        "https:///back",
        "https://?a",
        "https://:80/",
        "https://.example/",
        "https://shop.example:/",
        "https://shop.example:port/",
        "https://shop.example:123456/",
        "https://shop.example:80:80/",
        "https://me@shop.example/",
        "https://me:secret@shop.example/",
        "https://[",
        "https://[]/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[shop]/",
        "http://shop.example/",
        "http://localhost.shop.example/",
        "http://127.0.0.1.example/",
        "http://localhost@shop.example/",
        "ftp://shop.example",
        "javascript:alert(1)",
        " https://shop.example/",
        "https://shop example/",
        "https://shop.example/a b",
        "https://shop.example/\n",
        "https://shop.example/\x7f",
        "https://shop.example/caf\xc3\xa9",
        "https://shop.example/\"",
        "https://shop.example/\\",
        "https://shop.example/<x>",
        "https://shop.example/%",
        "https://shop.example/%4",
        "https://shop.example/%zz",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (web_address_is(bad[i]))
            print_message("# %s\n", bad[i]);
        assert_false(web_address_is(bad[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_addresses),
        cmocka_unit_test(refuses_the_rest),
    };

    return RUN(tests);
}
