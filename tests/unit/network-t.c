/*
 * Which addresses may be called: all of the public internet, and nothing else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "domain/network.h"

static void
make_address(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        memcpy(address, &ipv4, sizeof ipv4);
    else {
        assert_int_equal(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
        memcpy(address, &ipv6, sizeof ipv6);
    }
}

static void
assert_public(const char *text, bool expected)
{
    struct sockaddr_storage address;

    make_address(text, &address);
    if (network_is_public((const struct sockaddr *)&address) != expected)
        fail_msg("%s", text);
}

/* The first and last address of each, and its neighbours where those are public. */
static void
tells_the_internet_from_the_rest(void **state)
{
    static const char *const open[] = {
        "1.0.0.0",         "9.255.255.255",    "11.0.0.0",     "100.63.255.255",
        "100.128.0.0",     "126.255.255.255",  "128.0.0.0",    "169.253.255.255",
        "169.255.0.0",     "172.15.255.255",   "172.32.0.0",   "191.255.255.255",
        "192.0.1.0",       "192.0.3.0",        "192.88.98.1",  "192.88.100.0",
        "192.167.255.255", "192.169.0.0",      "198.17.255.9", "198.20.0.0",
        "198.51.99.255",   "198.51.101.0",     "203.0.112.9",  "203.0.114.0",
        "223.255.255.255", "8.8.8.8",          "2000::",       "2001:200::1",
        "2001:db7::1",     "2001:db9::1",      "2003::1",      "2606:4700:4700::1111",
        "3ffe:ffff::1",    "2a00:1450:4001::", "2001:4860::",
    };
    static const char *const closed[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.255",
        "224.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "1fff:ffff::",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:1ff::1",
        "2001:db8::1",
        "2002::1",
        "2002:7f00:1::",
        "3fff::1",
        "3fff:fff:ffff::",
        "4000::",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        assert_public(open[i], true);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        assert_public(closed[i], false);
}

static void
knows_only_addresses_of_the_internet(void **state)
{
    struct sockaddr_storage address;
    struct networks all;

    (void)state;
    memset(&address, 0, sizeof address);
    address.ss_family = AF_UNIX;
    assert_true(networks_parse("0.0.0.0/0, ::/0", &all));
    assert_false(network_is_public((const struct sockaddr *)&address));
    assert_false(networks_contain(&all, (const struct sockaddr *)&address));
}

static void
holds_what_it_says(void **state)
{
    static const struct {
        const char *networks;
        const char *address;
        bool expected;
    } rows[] = {
        {"", "10.0.0.1", false},
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.168.1.7", "192.168.1.7", true},
        {"192.168.1.7", "192.168.1.6", false},
        {"10.0.0.0/31", "10.0.0.1", true},
        {"10.0.0.0/31", "10.0.0.2", false},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"10.0.0.0/8,127.0.0.1 , fd00::/8", "127.0.0.1", true},
        {"10.0.0.0/8,127.0.0.1 , fd00::/8", "fd12::1", true},
        {"10.0.0.0/8,127.0.0.1 , fd00::/8", "fe12::1", false},
        {"::1", "::1", true},
        {"0.0.0.0/0", "::1", false},
        {"0.0.0.0/0", "127.0.0.1", true},
        {"::/0", "127.0.0.1", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sockaddr_storage address;
        struct networks networks;

        make_address(rows[i].address, &address);
        assert_true(networks_parse(rows[i].networks, &networks));
        assert_int_equal(networks_contain(&networks, (const struct sockaddr *)&address),
                         rows[i].expected);
    }
}

static void
refuses_what_is_no_network(void **state)
{
    static const char *const wrong[] = {
        "10.0.0.0/33",
        "10.0.0.1/8",
        "10.0.0/8",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/ 8",
        "10.0.0.0/8x",
        "localhost",
        "::/129",
        "fd00::1/8",
        "10.0.0.0/8/8",
        "010.0.0.0/8",
        "/8",
        "fd00::/",
        "0x7f000001",
        "10.0.0.0/8;",
        "10.0.0.0-10.1.",
        "2130706433",
        "[::1]",
        "*",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999/128",
        "1,2,3",
    };
    struct networks networks;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (networks_parse(wrong[i], &networks))
            fail_msg("%s", wrong[i]);
    }
    assert_true(networks_parse("1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1"
                               " 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1",
                               &networks));
    assert_int_equal(networks.count, NETWORKS_MAX);
    assert_false(networks_parse("1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1"
                                " 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1"
                                " 1.1.1.1",
                                &networks));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_internet_from_the_rest),
        cmocka_unit_test(knows_only_addresses_of_the_internet),
        cmocka_unit_test(holds_what_it_says),
        cmocka_unit_test(refuses_what_is_no_network),
    };

    return RUN(tests);
}
