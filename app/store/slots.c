/*
 * Slots: statements that look for many records at once, prepared for 1, 8 and 64 of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/slots.h"

#include <string.h>

#include "store/binding.h"

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

void
slots_bind_ids(MYSQL_BIND *parameters, const struct record_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        MYSQL_BIND *slot = &parameters[RECORD_KEY_PARAMETERS * i];

        slot[0] = bind_identifier(keys[i].id);
        slot[1] = bind_identifier(keys[i].merchant_id);
        slot[2] = bind_text(mode_name(keys[i].mode));
    }
    slots_fill(parameters, RECORD_KEY_PARAMETERS, count);
}

size_t
slots_bind_keys(MYSQL_BIND *parameters, const struct record_key *keys, size_t count)
{
    size_t bound = 0;

    for (size_t i = 0; i < count; i++) {
        MYSQL_BIND *slot = &parameters[RECORD_KEY_PARAMETERS * bound];

        if (keys[i].idempotency_key[0] == '\0')
            continue;
        slot[0] = bind_identifier(keys[i].merchant_id);
        slot[1] = bind_text(mode_name(keys[i].mode));
        slot[2] = bind_text(keys[i].idempotency_key);
        bound++;
    }
    if (bound > 0)
        slots_fill(parameters, RECORD_KEY_PARAMETERS, bound);
    return bound;
}
