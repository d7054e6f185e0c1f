/*
 * The web server, in place of FastCGI: requests that wait for a worker, and their answers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_SIMULATION_WEBSERVER_H
#define PAYMENT_API_SIMULATION_WEBSERVER_H

#include <stdbool.h>

#include "world.h"

#define ANSWER_MAX 1024

struct exchange_of_client {
    char path[64];
    bool is_post;
    char key[64];          /* Idempotency-Key; "": none */
    const char *api_key;   /* NULL: none */
    const char *signature; /* of a processor; NULL: none */
    const char *body;      /* of world_memory(); NULL: none */

    /* What came. */
    bool has_ended;
    int status;              /* 0: the connection was lost */
    char answer[ANSWER_MAX]; /* header and body */

    /* Of the web server. */
    struct process *client; /* NULL: it has gone */
    struct process *worker; /* who took it */
    int64_t arrived_at;
    char *params[12];
    struct exchange_of_client *next;
};

/* A run begins. */
void webserver_clear(void);

/* Passes a request on and waits for its end, at most so long. It must be of world_memory(). */
void webserver_ask(struct exchange_of_client *exchange, int64_t limit_ms);

/* A worker has died: its connections are lost. */
void webserver_lose(const struct process *worker);

#endif
