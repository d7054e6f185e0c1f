/*
 * The books: what clients were told, the records, and the acquirer's ledger; and what must be true
 * of them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_BOOKS_H
#define PAYMENT_API_SIMULATION_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* A run begins. */
void books_open(void);

/* A request is sent to the acquirer. */
void books_note_call(const char *path, const char *body, const char *key);

/* A key was answered 409: asked_at is the wall clock's time when it was asked for. */
void books_note_conflict(unsigned merchant, bool is_live, bool is_refund, const char *key,
                         int64_t asked_at);

/* Compares them; violations are told by violation(). */
void books_compare(void);

#endif
