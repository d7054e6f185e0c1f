/*
 * Networks: which addresses of the internet a name of somebody else's may lead to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_TEXT_SIZE (INET6_ADDRSTRLEN + 4) /* "/128" */

/* IPv4-mapped IPv6: RFC 4291, 2.5.5.2. */
static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* The registries of special addresses, RFC 6890. */
static const char not_public[] = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8,"
                                 "169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.0.2.0/24,"
                                 "192.88.99.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24,"
                                 "203.0.113.0/24, 224.0.0.0/3";
/* Of IPv6 all but global unicast, and without these of it. Not in it: the IPv4-mapped,
 * ::ffff:0:0/96, and those that a gateway translates, 64:ff9b::/96. */
static const char global_unicast[] = "2000::/3";
static const char not_public_ipv6[] = "2001::/23, " /* Teredo and other protocols */
                                      "2001:db8::/32, 2002::/16, 3fff::/20";

static bool
take_address(const struct sockaddr *address, unsigned char bytes[16])
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;

        memcpy(&ipv4, address, sizeof ipv4);
        memcpy(bytes, mapped, sizeof mapped);
        memcpy(bytes + sizeof mapped, &ipv4.sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;

        memcpy(&ipv6, address, sizeof ipv6);
        memcpy(bytes, &ipv6.sin6_addr, 16);
        return true;
    }
    return false;
}

static bool
has_prefix(const unsigned char bytes[16], const struct network *network)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(bytes, network->bytes, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0;
}

static bool
parse_one(const char *text, struct network *network)
{
    char address[NETWORK_TEXT_SIZE];
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    bool is_ipv4 = strchr(text, ':') == NULL;
    unsigned most = is_ipv4 ? 32 : 128;
    char *end = NULL;

    memcpy(address, text, length);
    address[length] = '\0';
    memset(network, 0, sizeof *network);
    if (is_ipv4)
        memcpy(network->bytes, mapped, sizeof mapped);
    if (inet_pton(is_ipv4 ? AF_INET : AF_INET6, address, network->bytes + (is_ipv4 ? 12 : 0)) != 1)
        return false;
    network->bits = most;
    if (slash != NULL) {
        if (!isdigit((unsigned char)slash[1]))
            return false;
        network->bits = (unsigned)strtoul(slash + 1, &end, 10);
        if (*end != '\0' || network->bits > most)
            return false;
    }
    network->bits += 128 - most;
    for (unsigned bit = network->bits; bit < 128; bit++) {
        if ((network->bytes[bit / 8] & (0x80U >> bit % 8)) != 0)
            return false;
    }
    return true;
}

bool
networks_parse(const char *text, struct networks *networks)
{
    static const char separators[] = ", \t";

    networks->count = 0;
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);
        char word[NETWORK_TEXT_SIZE];

        if (length >= sizeof word || networks->count == NETWORKS_MAX)
            return false;
        memcpy(word, text, length);
        word[length] = '\0';
        if (!parse_one(word, &networks->list[networks->count]))
            return false;
        networks->count++;
        text += length;
    }
    return true;
}

static bool
contain(const struct networks *networks, const unsigned char bytes[16])
{
    for (size_t i = 0; i < networks->count; i++) {
        if (has_prefix(bytes, &networks->list[i]))
            return true;
    }
    return false;
}

bool
networks_contain(const struct networks *networks, const struct sockaddr *address)
{
    unsigned char bytes[16];

    return take_address(address, bytes) && contain(networks, bytes);
}

static bool
is_within(const char *text, const unsigned char bytes[16])
{
    struct networks networks;

    return networks_parse(text, &networks) && contain(&networks, bytes);
}

bool
network_is_public(const struct sockaddr *address)
{
    unsigned char bytes[16];

    if (!take_address(address, bytes))
        return false;
    if (address->sa_family == AF_INET)
        return !is_within(not_public, bytes);
    return is_within(global_unicast, bytes) && !is_within(not_public_ipv6, bytes);
}
