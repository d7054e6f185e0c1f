/*
 * Results: how a statement, a unit of work, and a store's function came out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/result.h"

enum store_result
store_result_of(enum database_result result, enum store_result found)
{
    switch (result) {
    case DATABASE_DONE:
        return found;
    case DATABASE_LOCKED:
    case DATABASE_REFUSED:
    case DATABASE_UNAVAILABLE:
        return STORE_UNAVAILABLE;
    case DATABASE_DUPLICATE:
    case DATABASE_CONFLICT:
    case DATABASE_INVALID:
    case DATABASE_FAILED:
        break;
    }
    return STORE_FAILED;
}
