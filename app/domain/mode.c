/*
 * The mode of a key and of all that is made with it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "domain/mode.h"

#include <string.h>

static const char *const names[] = {[MODE_TEST] = "test", [MODE_LIVE] = "live"};

const char *
mode_name(enum mode mode)
{
    return names[mode];
}

bool
mode_parse(const char *name, enum mode *mode)
{
    for (int i = MODE_TEST; i <= MODE_LIVE; i++) {
        if (strcmp(names[i], name) == 0) {
            *mode = (enum mode)i;
            return true;
        }
    }
    return false;
}
