/*
 * The host list: the servers of one database (Galera nodes), and which of them is in use.
 *
 * Connector/C walks through a list only where a TCP connect fails. A node that has lost its
 * cluster, or that hangs, still accepts connections; so the list is walked here, one server a
 * connect.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_HOST_LIST_H
#define PAYMENT_API_STORE_HOST_LIST_H

#include <stddef.h>

#define HOST_LIST_MAX 16
#define HOST_SIZE 262 /* 255 characters of a name, ":65535" and the final NUL */

struct host_list {
    char hosts[HOST_LIST_MAX]
              [HOST_SIZE]; /* each "HOST:PORT," or "HOST,", as Connector/C needs it */
    size_t count;          /* 0: nothing to choose from */
    size_t current;
};

/*
 * Takes the servers from an option host of Connector/C, "db1:3306,db2:3306"; NULL, and a single
 * server, give an empty list. What is beyond the list's room is left out.
 */
void host_list_init(struct host_list *list, const char *text);

/* The server in use, in the form of Connector/C; NULL when the list is empty. */
const char *host_list_current(const struct host_list *list);

/* Turns to the next server; after the last comes the first. */
void host_list_next(struct host_list *list);

#endif
