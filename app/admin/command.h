/*
 * The commands of payment-admin: what each is given, and what they share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_ADMIN_COMMAND_H
#define PAYMENT_API_ADMIN_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

#include "admin/sheet.h"
#include "clock.h"
#include "config.h"
#include "domain/identifier.h"
#include "log.h"
#include "store/audit_store.h"
#include "store/database.h"

/* Exit statuses. */
enum admin_exit {
    ADMIN_DONE = 0,
    ADMIN_REFUSED = 1,     /* it was not done; standard error says why */
    ADMIN_USAGE = 2,       /* the command line is wrong */
    ADMIN_UNAVAILABLE = 3, /* the database is out of reach */
    ADMIN_DIFFERENT = 4,   /* of a comparison: it was done, and something is different */
};

/* What a command works with. */
struct admin {
    struct config config;
    struct log log;
    int answer_timeout;        /* seconds for one answer of the database; 0: database_timeout */
    struct database *database; /* connected; NULL for commands that connect by themselves */
    bool json;                 /* print JSON, not text for people */
    bool csv;                  /* --csv */

    char act[32];               /* noun and verb: "key revoke" */
    const char *argument;       /* the one after noun and verb, NULL when not given */
    const char *directory;      /* --directory: where the migrations are */
    const char *label;          /* --label */
    const char *expires;        /* --expires */
    bool live;                  /* --live */
    bool read_only;             /* --read-only */
    const char *grace;          /* --grace */
    const char *live_processor; /* --live-processor */
    const char *test_processor; /* --test-processor */
    const char *live_events;    /* --live-events */
    const char *test_events;    /* --test-events */
    bool resume;                /* --resume */
    bool once;                  /* --once */
    bool unresolved;            /* --unresolved */
    const char *status;         /* --status */
    const char *reference;      /* --reference */
    const char *reason;         /* --reason */
    const char *merchant;       /* --merchant */
    const char *mode;           /* --mode */
    const char *since;          /* --since */
    const char *until;          /* --until */
    const char *before;         /* --before */
    const char *limit;          /* --limit */
    bool unknown;               /* --unknown */
    bool all;                   /* --all */
    const char *url;            /* --url */
    const char *events;         /* --events */
    const char *description;    /* --description */
    bool enable;                /* --enable */
    bool disable;               /* --disable */
};

typedef enum admin_exit admin_command(struct admin *admin);

admin_command merchant_create;
admin_command merchant_set;
admin_command merchant_list;
admin_command merchant_disable;
admin_command merchant_enable;
admin_command key_create;
admin_command key_rotate;
admin_command key_list;
admin_command key_revoke;
admin_command notice_list;
admin_command notice_end;
admin_command webhook_list;
admin_command webhook_create;
admin_command webhook_set;
admin_command webhook_rotate;
admin_command webhook_delete;
admin_command webhook_redeliver;
admin_command webhook_attempts;
admin_command webhook_deliver;
admin_command schema_status;
admin_command schema_upgrade;
admin_command payment_list;
admin_command payment_show;
admin_command payment_resolve;
admin_command refund_list;
admin_command report;
admin_command export_records;
admin_command forget;
admin_command audit_list;
admin_command reconcile;
admin_command check;

/* A database of this file's group (see admin_group()); not yet connected, NULL without memory. */
struct database *admin_database(struct admin *admin, const char *group, bool check_schema);

/* [database-admin] where the file has it, else [database]. */
const char *admin_group(const struct admin *admin);

/* Says on standard error what went wrong. */
void admin_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Why a database could not be connected, and as which system user it could be. */
void admin_explain_connection(const struct database *database, char *text, size_t size);
void admin_complain_connection(const struct database *database);

/* Says why a store's function did not do it, and with which exit status the program ends. */
enum admin_exit admin_store_failure(const struct admin *admin, enum store_result result,
                                    const char *what);

/* Prints a value as JSON on a line of its own, and frees it. */
void admin_print_json(json_t *value);

/* How a sheet is written: --json, --csv, or as a table. */
enum sheet_format admin_format(const struct admin *admin);

/* The deadline of one command. */
struct deadline admin_deadline(const struct admin *admin);

/*
 * The row of the audit for this command: it changes the object (the text of an id, or a word) to
 * detail (NULL: the command says it all). The texts must live as long as the entry. False after a
 * complaint.
 */
bool admin_audit(const struct admin *admin, struct audit_entry *entry, const char *object,
                 const char *detail) __attribute__((warn_unused_result));

/* --since and --until as Unix milliseconds, the widest range where they are not given. False after
 * a complaint. */
bool admin_range(const struct admin *admin, int64_t *since, int64_t *until)
    __attribute__((warn_unused_result));

/* --limit, ADMIN_LIMIT where it is not given. False after a complaint. */
#define ADMIN_LIMIT 100
#define ADMIN_LIMIT_MAX 1000000
bool admin_limit(const struct admin *admin, int64_t *limit) __attribute__((warn_unused_result));

/* --grace in milliseconds: a number of minutes, hours or days; 24 hours where it is not given.
 * False after a complaint. */
bool admin_grace(const struct admin *admin, int64_t *grace_ms) __attribute__((warn_unused_result));

/* A day (YYYY-MM-DD, its beginning) or a second of it (YYYY-MM-DDTHH:MM:SSZ), UTC, as Unix
 * milliseconds. */
bool admin_parse_moment(const char *text, int64_t *unix_ms) __attribute__((warn_unused_result));

/* The same of an option; without it (NULL) *unix_ms stays as it is. False after a complaint. */
bool admin_take_moment(const char *option, const char *text, int64_t *unix_ms)
    __attribute__((warn_unused_result));

/* True for 1 to 255 characters of UTF-8 without control characters; else complains about what. */
bool admin_check_name(const char *what, const char *text);

#endif
