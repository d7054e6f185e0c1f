/*
 * Prints every statement that a worker can send, one a line, for the test that explains them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "store/adoption_store.h"
#include "store/attempt_store.h"
#include "store/credential_store.h"
#include "store/delivery_note_store.h"
#include "store/delivery_store.h"
#include "store/dispatch_store.h"
#include "store/due_store.h"
#include "store/endpoint_row.h"
#include "store/endpoint_store.h"
#include "store/event_list.h"
#include "store/event_store.h"
#include "store/full_store.h"
#include "store/notice_store.h"
#include "store/payment_store.h"
#include "store/redelivery_store.h"
#include "store/refund_store.h"
#include "store/sending_list.h"
#include "store/settlement.h"

int
main(void)
{
    static const struct statement_set *const sets[] = {
        &credential_statements,    &payment_statements,
        &payment_row_statements,   &refund_row_statements,
        &reservation_statements,   &settlement_statements,
        &attempt_statements,       &due_statements,
        &full_statements,          &refund_settlement_statements,
        &event_statements,         &event_list_statements,
        &notice_statements,        &adoption_statements,
        &endpoint_statements,      &endpoint_row_statements,
        &dispatch_statements,      &delivery_statements,
        &delivery_note_statements, &redelivery_statements,
        &sending_statements,
    };

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        for (size_t j = 0; j < sets[i]->count; j++)
            printf("%s\n", sets[i]->statements[j].sql);
    }
    return 0;
}
