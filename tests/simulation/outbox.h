/*
 * The outbox: the events of the merchant that wants them, held against what is on record.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_OUTBOX_H
#define PAYMENT_API_SIMULATION_OUTBOX_H

#define OUTBOX_MERCHANT 1 /* which merchant that is; the others want none */

/* Compares them once nothing is "processing"; violations are told by violation(). */
void outbox_compare(void);

#endif
