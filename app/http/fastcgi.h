/*
 * FastCGI: a server on a listening socket that has many requests in hand.
 *
 * Nothing here waits for a peer. A request is read into its connection's own buffer, as it comes;
 * when all of it is there, libfcgi takes it apart from memory. libfcgi never sees a socket, nor a
 * record that it mishandles: what is no BEGIN_REQUEST, PARAMS or STDIN of one request, in this
 * order, closes the connection (no web server that this program is for sends anything else).
 * Answers are framed here and sent without waiting.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PAYMENT_API_HTTP_FASTCGI_H
#define PAYMENT_API_HTTP_FASTCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/fastcgi_settings.h"
#include "http/inbound.h"
#include "loop.h"

struct fastcgi;

/* Begins to listen in the loop, which must outlive the server. NULL without memory, or when libfcgi
 * cannot start; one server a process. */
struct fastcgi *fastcgi_new(struct loop *loop, const struct fastcgi_settings *settings)
    __attribute__((warn_unused_result));

/* Closes all connections at once. Takes NULL. */
void fastcgi_free(struct fastcgi *fastcgi);

/*
 * The next request that has arrived whole, in order of arrival; also one whose body came too late,
 * too large or broken, as its body_status says. False: there is none, or in_hand_max are in hand.
 * One whose client has gone in the meantime is dropped.
 */
bool fastcgi_next(struct fastcgi *fastcgi, struct inbound *inbound)
    __attribute__((warn_unused_result));

/*
 * Answers a request: size bytes of a CGI response (header, blank line, body). What the socket does
 * not take at once is copied and sent later. To be called exactly once for each request taken;
 * inbound->body is gone afterwards. False when the web server went away.
 */
bool fastcgi_answer(struct fastcgi *fastcgi, void *connection, const char *data, size_t size);

/* How many answers can be taken for sent no more: 0 when every request has its answer and every
 * answer has gone out. Incomplete requests count until they are complete or late. */
size_t fastcgi_busy(const struct fastcgi *fastcgi);

/* True when fastcgi_next() has something. */
bool fastcgi_has_next(const struct fastcgi *fastcgi);

/*
 * What is due by time: late bodies, pauses, lingering connections; and the listening socket, taken
 * out of the loop while there is no room and put back. To be called once a turn. The result is how
 * many milliseconds the loop may sleep before the next call, 1000 at most.
 */
int64_t fastcgi_tick(struct fastcgi *fastcgi);

/*
 * Accepts nothing more, but finishes what has been accepted. backlog: first accept all that waits
 * in the listening socket (nobody else will). Kept connections that are idle are closed.
 */
void fastcgi_drain(struct fastcgi *fastcgi, bool backlog);

#endif
