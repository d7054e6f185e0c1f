/*
 * Slots: statements that look for many records at once, prepared for 1, 8 and 64 of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/slots.h"

#include <string.h>

static const size_t sizes[SLOTS_COUNT] = {[SLOTS_1] = 1, [SLOTS_8] = 8, [SLOTS_64] = 64};

_Static_assert(STORE_GROUP_MAX == 64, "the largest statement takes a whole group");

enum slots
slots_for(size_t count)
{
    if (count <= sizes[SLOTS_1])
        return SLOTS_1;
    return count <= sizes[SLOTS_8] ? SLOTS_8 : SLOTS_64;
}

void
slots_fill(MYSQL_BIND *parameters, size_t each, size_t count)
{
    for (size_t i = count; i < sizes[slots_for(count)]; i++)
        memcpy(&parameters[i * each], parameters, each * sizeof *parameters);
}
