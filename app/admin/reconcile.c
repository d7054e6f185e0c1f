/*
 * payment-admin reconcile: what the reconciler of a pool does, where there is no pool; and the
 * comparison with all that processors know.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "admin/command.h"
#include "admin/differences.h"
#include "background/reconciler.h"

enum admin_exit
reconcile(struct admin *admin)
{
    size_t count = 0;

    if (admin->once == (admin->since != NULL) || (admin->once && admin->until != NULL)) {
        admin_complain("reconcile needs either --once (the pool of payment-api.fcgi does it all the"
                       " time) or --since. Try 'payment-admin --help'.");
        return ADMIN_USAGE;
    }
    if (!admin->once)
        return differences_show(admin);
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
