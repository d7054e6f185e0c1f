/*
 * Our records, as they are held against what a processor says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_OUR_RECORD_H
#define PAYMENT_API_ADMIN_OUR_RECORD_H

#include "admin/command.h"
#include "domain/payment.h"
#include "domain/refund.h"
#include "processor/processor.h"
#include "store/ledger_store.h"

/* A payment or refund of ours. */
struct our_record {
    bool is_found; /* false: there is none, and the rest is empty */
    bool is_refund;
    struct identifier id;
    struct identifier payment_id; /* of a refund */
    char processor[PROCESSOR_NAME_SIZE];
    char mode[8];
    char status[16];
    char amount[MONEY_TEXT_SIZE];
    char currency[4];
    char source[PAYMENT_SOURCE_SIZE]; /* of a payment */
    char reference[PROCESSOR_REFERENCE_SIZE];
    bool is_returned; /* of a refund: it came back */
};

/* A row of the ledger's. */
void our_record_take(struct our_record *record, const struct ledger_row *row);

/* True when it is of this account. */
bool our_record_is_of(const struct our_record *record, const struct processor *processor);

/* The record with this id; is_found tells whether there is one. */
enum store_result our_record_find(const struct admin *admin, bool is_refund,
                                  const struct identifier *id, struct our_record *record)
    __attribute__((warn_unused_result));

/* The refund of a payment that has this id of the processor's. */
enum store_result our_record_find_refund(const struct admin *admin,
                                         const struct identifier *payment_id, const char *reference,
                                         struct our_record *record)
    __attribute__((warn_unused_result));

/* The same as what jobs are made of; false when its amount is none. */
bool our_record_payment(const struct our_record *record, struct payment *payment)
    __attribute__((warn_unused_result));
bool our_record_refund(const struct our_record *record, const struct currency *currency,
                       struct refund *refund) __attribute__((warn_unused_result));

/*
 * What is different, in words that stay the same: "not on record", "other status", "other amount",
 * "second charge"; NULL when nothing is. record: of what is listed; of_payment: of a refund's
 * payment.
 */
const char *our_record_difference(const struct processor_listed *listed,
                                  const struct our_record *record,
                                  const struct our_record *of_payment);

#endif
