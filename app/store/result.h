/*
 * Results: how a statement, a unit of work, and a store's function came out.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_RESULT_H
#define PAYMENT_API_STORE_RESULT_H

#define DATABASE_ERROR_SIZE 512 /* of database_error() */

/* How one statement, or one unit of work, came out. */
enum database_result {
    DATABASE_DONE,
    DATABASE_DUPLICATE, /* 1062: a unique key has the value already; nothing was written */
    DATABASE_CONFLICT,  /* deadlock or a row that changed (1213, 1020): rolled back; run it again */
    DATABASE_LOCKED,    /* 1205: another transaction holds the row for too long: rolled back */
    DATABASE_INVALID,   /* the server will not have this row (CHECK 4025, too long 1406, ...) */
    DATABASE_REFUSED,   /* the server would not begin (read only, too many connections, 1969):
                           nothing ran, and another server may do */
    DATABASE_UNAVAILABLE, /* out of reach, or lost on the way: what was sent may have happened */
    DATABASE_FAILED,      /* a fault of the program or the schema; logged */
};

/* What a store's function came to. */
enum store_result {
    STORE_PENDING, /* not known yet: no caller of a store sees it */
    STORE_OK,
    STORE_EXISTS,      /* a record with this idempotency key is there already */
    STORE_NOT_FOUND,   /* no such record for this merchant and mode */
    STORE_REFUSED,     /* the refund is more than what is left of the payment */
    STORE_LOCKED,      /* another transaction holds the idempotency key */
    STORE_UNAVAILABLE, /* the database cannot be reached in time */
    STORE_FAILED,      /* a fault; logged */
};

/* The store's word for a unit of work that was not done; found is its word for DATABASE_DONE. */
enum store_result store_result_of(enum database_result result, enum store_result found);

#endif
