/*
 * The option groups of the configuration file that MariaDB Connector/C reads by itself: what may
 * stand in them.
 *
 * Connector/C takes no offence at a name that it does not know, so a slip of the pen would go
 * unseen, and the connection would be another one than was meant.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_OPTION_GROUP_H
#define PAYMENT_API_OPTION_GROUP_H

#include <stdbool.h>
#include <stddef.h>

/* True for the groups that Connector/C reads: [database], [database-admin], [client], ... */
bool option_group_is(const char *section);

/*
 * Checks one line of such a group. On failure error says what is wrong with it. [client] and its
 * like are shared with other programs of MariaDB: names that only those know may stand there.
 */
bool option_group_check(const char *section, const char *line, char *error, size_t size)
    __attribute__((warn_unused_result));

#endif
