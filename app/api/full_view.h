/*
 * The full view: what a read with ?view=full shows beside the members that every read shows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_API_FULL_VIEW_H
#define PAYMENT_API_API_FULL_VIEW_H

#include "api/exchange.h"

/* Takes the view of a read of one record from its query, which lives until the handler returns;
 * what else stands there is ignored. API_INVALID_QUERY, with exchange->parameter. */
enum api_error full_view_take(struct exchange *exchange) __attribute__((warn_unused_result));

/* exchange->complete: reads the record that was found once more, with all that belongs to it, and
 * makes the answer. */
work_alone full_view_of_payment;
work_alone full_view_of_refund;

/* The work of lists with this view: finds the records of the page, and makes the answer. */
work_alone full_view_of_payments;
work_alone full_view_of_refunds;

#endif
