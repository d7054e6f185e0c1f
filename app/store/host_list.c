/*
 * The host list: the servers of one database (Galera nodes), and which of them is in use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/host_list.h"

#include <string.h>

void
host_list_init(struct host_list *list, const char *text)
{
    memset(list, 0, sizeof *list);
    while (text != NULL && *text != '\0' && list->count < HOST_LIST_MAX) {
        size_t length;

        text += strspn(text, ", \t");
        length = strcspn(text, ", \t");
        if (length > 0 && length < HOST_SIZE - 1) {
            memcpy(list->hosts[list->count], text, length);
            /* Connector/C takes "HOST:PORT" apart only where it sees a list. */
            list->hosts[list->count][length] = ',';
            list->count++;
        }
        text += length;
    }
    if (list->count == 1)
        list->count = 0;
}

const char *
host_list_current(const struct host_list *list)
{
    return list->count > 0 ? list->hosts[list->current] : NULL;
}

void
host_list_next(struct host_list *list)
{
    if (list->count > 0)
        list->current = (list->current + 1) % list->count;
}
