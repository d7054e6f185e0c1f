/*
 * Customers: they are sent to the acquirer's page, and pass, try in vain, or stay away.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_CUSTOMERS_H
#define PAYMENT_API_SIMULATION_CUSTOMERS_H

#define CUSTOMERS_TIME_S 60 /* action_timeout */

/* A run begins. */
void customers_clear(void);

/* One is sent to the page that the client of a payment was told; the record's id is held against
 * the acquirer's. come_back(arg) is called once he has come back to the merchant's page, if he
 * does; it may wait. */
void customers_send(const char *url, const char *id, void (*come_back)(void *arg), void *arg);

/* All of them try to pay what they still can. */
void customers_come_late(void);

#endif
