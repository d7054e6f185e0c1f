/*
 * Customers: they are sent to the acquirer's page, and pass, try in vain, or stay away.
 *
 * SPDX-License-Identifier: MIT
 */
#include "customers.h"

#include <stdlib.h>
#include <string.h>

#include "acquirer.h"

#define CUSTOMERS_MAX 64

struct customer {
    struct object *intent;
    void (*come_back)(void *arg);
    void *arg;
};

static struct customer customers[CUSTOMERS_MAX];
static size_t customer_count;

void
customers_clear(void)
{
    customer_count = 0;
}

/* Most come soon; the others in the last moment, when they are just too late, or never. */
static int64_t
comes_at(void)
{
    int64_t time_ms = (int64_t)CUSTOMERS_TIME_S * 1000;

    switch (chance_below(8)) {
    case 0:
    case 1:
    case 2:
        return world_now() + chance_between(0, 4000);
    case 3:
        return world_now() + chance_between(0, time_ms);
    case 4:
    case 5:
        return world_now() + time_ms + chance_between(-8000, 8000);
    default:
        return WORLD_FOREVER;
    }
}

static void
run_customer(void *arg)
{
    const struct customer *customer = arg;
    unsigned tries = chance(300) ? 2 : 1;

    world_sleep(comes_at());
    while (tries > 0 && acquirer_visit(customer->intent, chance(600))) {
        tries--;
        if (tries > 0)
            world_sleep(world_now() + chance_between(0, 8000));
    }
    world_sleep(world_now() + chance_between(0, 2000));
    if (chance(700))
        customer->come_back(customer->arg);
    world_sleep(WORLD_FOREVER);
    (void)acquirer_visit(customer->intent, true);
}

void
customers_send(const char *url, const char *id, void (*come_back)(void *arg), void *arg)
{
    struct object *intent = ledger_of_page(url);
    struct customer *customer = &customers[customer_count];

    if (intent == NULL || strcmp(intent->our_id, id) != 0) {
        violation("the customer of %s is sent to %s", id, url);
        return;
    }
    if (intent->customer != NULL)
        return;
    if (++customer_count == CUSTOMERS_MAX)
        abort();
    *customer = (struct customer){.intent = intent, .come_back = come_back, .arg = arg};
    intent->customer = world_add(PROCESS_CLIENT, "customer", run_customer, customer);
}

void
customers_come_late(void)
{
    for (size_t i = 0; i < customer_count; i++)
        process_wake(customers[i].intent->customer);
}
