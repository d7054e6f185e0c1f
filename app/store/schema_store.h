/*
 * The schema's version, as the numbered migrations in sql/ leave it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_STORE_SCHEMA_STORE_H
#define PAYMENT_API_STORE_SCHEMA_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/database.h"

/* The migration that this program was made for: the highest number in sql/. */
#define SCHEMA_VERSION 12

enum schema_state {
    SCHEMA_EMPTY,            /* no migration has run */
    SCHEMA_OUTDATED,         /* migrations are missing */
    SCHEMA_CURRENT,          /* just what this program needs */
    SCHEMA_HALF_UPGRADED,    /* a migration began and has not ended: it runs, or it was stopped */
    SCHEMA_NEWER,            /* a newer program has upgraded it */
    SCHEMA_NEWER_COMPATIBLE, /* the same, and says that this program may go on working */
};

struct schema_version {
    enum schema_state state;
    int version;        /* the last migration that was completed, 0 for none */
    int broken;         /* the migration that has not ended, 0 for none */
    int oldest_program; /* which may work with it, read when it is newer; 0: not told */
};

/* Reads the version. DATABASE_DONE, or why it could not be read. */
enum database_result schema_store_read(struct database *database, struct schema_version *version)
    __attribute__((warn_unused_result));

/* True when this program may work with the schema. */
bool schema_store_serves(const struct schema_version *version);

/* For database_settings: accepts only a schema that this program may work with. */
database_check schema_store_check;

/* One sentence on what the state is and what to do about it. */
void schema_store_explain(const struct schema_version *version, char *text, size_t size);

/* "empty", "outdated", "current", "half-upgraded", "newer", "newer-compatible". */
const char *schema_state_name(enum schema_state state);

#endif
