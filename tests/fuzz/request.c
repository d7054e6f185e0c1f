/*
 * Requests: any parameters are read within their limits, and nothing of them breaks out of the
 * answer's header lines.
 *
 * The input is one parameter a line.
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

/* Takes the parameters off the input. */
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

/* Each line is "Name: value" of printable characters, and the names are those of ours, once each.
 */
static void
check_answer(const char *line)
{
    static const char *const names[] = {"Status", "Content-Type",  "Content-Length", "Location",
                                        "Allow",  "Cache-Control", "Request-Id"};
    bool seen[sizeof names / sizeof names[0]] = {false};

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
answer(const struct request *request)
{
    struct response *response = calloc(1, sizeof *response);
    char argument[ROUTE_ARGUMENT_SIZE];
    const struct api_route *route = api_route_find(request->path, argument);
    const char *start;
    size_t length;
    char *text;

    CHECK(response != NULL);
    response_init(response);
    response->status = 404;
    if (route != NULL)
        router_allow(&route->path, response->allow);
    response_append(response, "{\"error\":\"Not found\"}");
    snprintf(response->location, sizeof response->location, "%s/payments/x", request->base);
    start = response_text(response, request->method, request->id, &length);
    text = fuzz_text((const uint8_t *)start, length);
    CHECK(strlen(text) == length);
    check_answer(text);
    free(text);
    free(response);
}

/* What stands before the path in a Location leads to no other place. */
static void
check_base(const char *base)
{
    CHECK(base[0] == '\0' || base[0] == '/');
    CHECK(strstr(base, "//") == NULL && strstr(base, "/../") == NULL);
    CHECK(base[0] == '\0' || base[strlen(base) - 1] != '/');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *params[PARAMS_MAX + 1];
    size_t count = read_params(&data, &size, params);
    struct request request;

    request_init(&request, params);
    CHECK(request.path != NULL && request.query != NULL && request.waited_ms >= 0);
    CHECK(request.id[0] != '\0');
    check_plain(request.id, sizeof request.id);
    check_plain(request.base, sizeof request.base);
    check_base(request.base);
    check_header(params, "HTTP_IDEMPOTENCY_KEY", &request.idempotency_key);
    check_header(params, "CONTENT_TYPE", &request.content_type);
    if (request_is_json(&request))
        CHECK(request.content_type.value != NULL && !request.content_type.repeated);
    answer(&request);
    for (size_t i = 0; i < count; i++)
        free(params[i]);
    return 0;
}
