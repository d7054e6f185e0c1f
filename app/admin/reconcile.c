/*
 * payment-admin reconcile: what the reconciler of a pool does, where there is no pool.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "admin/command.h"
#include "background/reconciler.h"

enum admin_exit
reconcile(struct admin *admin)
{
    size_t count = 0;

    if (!admin->once) {
        admin_complain("reconcile needs --once: the pool of payment-api.fcgi does it all the time."
                       " Try 'payment-admin --help'.");
        return ADMIN_USAGE;
    }
    if (!reconciler_run_once(&admin->config, admin_group(admin), &count)) {
        admin_complain("the database cannot be reached or used; the log of the configuration says"
                       " why");
        return ADMIN_UNAVAILABLE;
    }
    if (admin->json)
        admin_print_json(json_pack("{s:I}", "asked_about", (json_int_t)count));
    else
        printf("Asked about %zu payments and refunds.\n", count);
    return ADMIN_DONE;
}
