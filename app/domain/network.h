/*
 * Networks: which addresses of the internet a name of somebody else's may lead to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_DOMAIN_NETWORK_H
#define PAYMENT_API_DOMAIN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define NETWORKS_MAX 16

/* Addresses whose first bits are these. IPv4 stands as IPv4-mapped IPv6. */
struct network {
    unsigned char bytes[16];
    unsigned bits; /* 0 to 128 */
};

struct networks {
    struct network list[NETWORKS_MAX];
    size_t count;
};

/* Parses "10.0.0.0/8, 192.168.1.7, fd00::/8"; "" are none. False for what is no network, or has
 * bits behind its prefix, or for more than NETWORKS_MAX. */
bool networks_parse(const char *text, struct networks *networks);

/*
 * True for an address of the public internet: none of the machine's own, of private, shared,
 * link-local, multicast or reserved networks (RFC 6890 and its registries), and none of IPv6 that
 * stands for one of IPv4 (IPv4-mapped, NAT64, 6to4, Teredo). False for what is neither IPv4 nor
 * IPv6.
 */
bool network_is_public(const struct sockaddr *address);

/* True when one of the networks holds the address. */
bool networks_contain(const struct networks *networks, const struct sockaddr *address);

#endif
