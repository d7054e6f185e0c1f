/*
 * Requests: any parameters and any body are read within their limits, and nothing of them breaks
 * out of the answer's header lines.
 *
 * The input is one parameter a line, an empty line, and the body.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdbool.h>

#include "api/routes.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"

#define PARAMS_MAX 64
#define BODY_LIMIT 48 /* small, so that bodies reach it */

/* The web server's side. */
struct peer {
    const uint8_t *body;
    size_t left;
    char answer[8192];
    size_t answered;
};

static long
peer_read(void *stream, char *data, size_t size, struct deadline deadline)
{
    struct peer *peer = stream;
    size_t got = size < peer->left ? size : peer->left;

    (void)deadline;
    if (got > 0)
        memcpy(data, peer->body, got);
    peer->body += got;
    peer->left -= got;
    return (long)got;
}

static bool
peer_write(void *stream, const char *data, size_t size)
{
    struct peer *peer = stream;

    CHECK(size < sizeof peer->answer - peer->answered);
    memcpy(peer->answer + peer->answered, data, size);
    peer->answered += size;
    return true;
}

/* Takes the parameters off the input; what is left is the body. */
static size_t
read_params(const uint8_t **data, size_t *size, char *params[PARAMS_MAX + 1])
{
    size_t count = 0;

    while (*size > 0 && count < PARAMS_MAX) {
        const uint8_t *end = memchr(*data, '\n', *size);
        size_t length = end != NULL ? (size_t)(end - *data) : *size;
        size_t taken = end != NULL ? length + 1 : length;

        if (length > 0)
            params[count++] = fuzz_text(*data, length);
        *data += taken;
        *size -= taken;
        if (length == 0)
            break;
    }
    params[count] = NULL;
    return count;
}

/* How often the parameter was sent; *value is its last value. */
static int
occurrences(char *const *params, const char *name, const char **value)
{
    size_t length = strlen(name);
    int count = 0;

    for (; *params != NULL; params++) {
        if (strncmp(*params, name, length) == 0 && (*params)[length] == '=') {
            *value = *params + length + 1;
            count++;
        }
    }
    return count;
}

static void
check_header(char *const *params, const char *name, const struct header *header)
{
    const char *value = NULL;
    int count = occurrences(params, name, &value);

    CHECK((header->value != NULL) == (count > 0));
    CHECK(header->repeated == (count > 1));
    CHECK(count != 1 || strcmp(header->value, value) == 0);
}

static void
check_plain(const char *text, size_t size)
{
    CHECK(strlen(text) < size);
    for (; *text != '\0'; text++)
        CHECK(isgraph((unsigned char)*text));
}

static void
check_body(struct request *request, char *const *params, const struct peer *peer)
{
    size_t sent = peer->left, length = SIZE_MAX;
    char *body = malloc(BODY_LIMIT);
    const char *announced = NULL;
    int count = occurrences(params, "CONTENT_LENGTH", &announced);

    CHECK(body != NULL);
    switch (request_read_body(request, deadline_in_ms(1000), body, BODY_LIMIT, &length)) {
    case BODY_OK:
        CHECK(length == sent && length <= BODY_LIMIT);
        CHECK(count < 2);
        if (count == 1 && announced[0] != '\0')
            CHECK(strtoull(announced, NULL, 10) == sent);
        break;
    case BODY_TOO_LARGE:
        CHECK(length == SIZE_MAX);
        CHECK(sent > BODY_LIMIT || announced != NULL);
        CHECK(sent > BODY_LIMIT || strtoull(announced, NULL, 10) > BODY_LIMIT);
        break;
    case BODY_LATE: /* on a machine that is very busy */
        break;
    case BODY_BROKEN:
        CHECK(length == SIZE_MAX);
        CHECK(count > 1 || (count == 1 && announced[0] != '\0'));
        break;
    }
    free(body);
}

/* Each line is "Name: value" of printable characters, and the names are those of ours, once each.
 */
static void
check_answer(const struct peer *peer)
{
    static const char *const names[] = {"Status", "Content-Type",  "Content-Length", "Location",
                                        "Allow",  "Cache-Control", "Request-Id"};
    bool seen[sizeof names / sizeof names[0]] = {false};
    const char *line = peer->answer;

    while (strncmp(line, "\r\n", 2) != 0) {
        size_t length = strcspn(line, "\r\n");
        size_t name = 0;

        for (size_t i = 0; i < length; i++)
            CHECK(isprint((unsigned char)line[i]));
        while (name < sizeof names / sizeof names[0] &&
               (strncmp(line, names[name], strlen(names[name])) != 0 ||
                strncmp(line + strlen(names[name]), ": ", 2) != 0))
            name++;
        CHECK(name < sizeof names / sizeof names[0] && !seen[name]);
        seen[name] = true;
        line += length;
        CHECK(strncmp(line, "\r\n", 2) == 0);
        line += 2;
    }
    CHECK(seen[0]);
}

static void
answer(const struct request *request, struct peer *peer)
{
    struct response response = {.status = 0};
    struct route_match match;
    size_t count;
    const struct route *routes = api_routes(&count);

    if (router_match(routes, count, request->method, request->path, &match) != ROUTE_NOT_FOUND)
        strcpy(response.allow, match.allow);
    response_set_error(&response, API_NOT_FOUND);
    snprintf(response.location, sizeof response.location, "%s/payments/x", request->base);
    CHECK(response_send(&response, request));
    peer->answer[peer->answered] = '\0';
    CHECK(strlen(peer->answer) == peer->answered);
    check_answer(peer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *params[PARAMS_MAX + 1];
    size_t count = read_params(&data, &size, params);
    struct peer *peer = calloc(1, sizeof *peer);
    struct gateway gateway = {
        .params = params, .read = peer_read, .write = peer_write, .stream = peer};
    struct request request;

    CHECK(peer != NULL);
    peer->body = data;
    peer->left = size;
    request_init(&request, &gateway);
    CHECK(request.path != NULL && request.waited_ms >= 0);
    CHECK(request.id[0] != '\0');
    check_plain(request.id, sizeof request.id);
    check_plain(request.base, sizeof request.base);
    check_header(params, "HTTP_IDEMPOTENCY_KEY", &request.idempotency_key);
    check_header(params, "CONTENT_TYPE", &request.content_type);
    check_header(params, "CONTENT_LENGTH", &request.content_length);
    if (request_is_json(&request))
        CHECK(request.content_type.value != NULL && !request.content_type.repeated);
    check_body(&request, params, peer);
    answer(&request, peer);
    free(peer);
    for (size_t i = 0; i < count; i++)
        free(params[i]);
    return 0;
}
