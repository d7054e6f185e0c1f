/*
 * An operation: something that is done with money, whoever asks for it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "operations/operation.h"

enum operation_outcome
operation_outcome_of(enum store_result result)
{
    switch (result) {
    case STORE_OK:
        return OPERATION_DONE;
    case STORE_EXISTS:
        return OPERATION_REPLAYED;
    case STORE_NOT_FOUND:
        return OPERATION_NOT_FOUND;
    case STORE_REFUSED:
        return OPERATION_INVALID_AMOUNT;
    case STORE_LOCKED:
        return OPERATION_IN_PROGRESS;
    case STORE_UNAVAILABLE:
        return OPERATION_UNAVAILABLE;
    case STORE_PENDING:
    case STORE_FAILED:
        break;
    }
    return OPERATION_FAILED;
}
