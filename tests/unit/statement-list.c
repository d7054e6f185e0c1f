/*
 * Prints every statement that a worker can send, one a line, for the test that explains them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "store/credential_store.h"
#include "store/payment_store.h"
#include "store/refund_store.h"

int
main(void)
{
    static const struct statement_set *const sets[] = {
        &credential_statements, &payment_statements,     &payment_row_statements,
        &refund_row_statements, &reservation_statements,
    };

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        for (size_t j = 0; j < sets[i]->count; j++)
            printf("%s\n", sets[i]->statements[j].sql);
    }
    return 0;
}
