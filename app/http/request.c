/*
 * A request: what the API uses of the CGI parameters, and the body.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/request.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "domain/identifier.h"

/* The parameters that are read, by name. */
enum parameter {
    PARAMETER_METHOD,
    PARAMETER_PATH_INFO,
    PARAMETER_SCRIPT_NAME,
    PARAMETER_REQUEST_URI,
    PARAMETER_CONTENT_TYPE,
    PARAMETER_CONTENT_LENGTH,
    PARAMETER_AUTHORIZATION,
    PARAMETER_REDIRECT_AUTHORIZATION,
    PARAMETER_IDEMPOTENCY_KEY,
    PARAMETER_REQUEST_ID,
    PARAMETER_UNIQUE_ID,
    PARAMETER_REQUEST_START,
    PARAMETER_COUNT,
};

static const char *const parameter_names[PARAMETER_COUNT] = {
    [PARAMETER_METHOD] = "REQUEST_METHOD",
    [PARAMETER_PATH_INFO] = "PATH_INFO",
    [PARAMETER_SCRIPT_NAME] = "SCRIPT_NAME",
    [PARAMETER_REQUEST_URI] = "REQUEST_URI",
    [PARAMETER_CONTENT_TYPE] = "CONTENT_TYPE",
    [PARAMETER_CONTENT_LENGTH] = "CONTENT_LENGTH",
    [PARAMETER_AUTHORIZATION] = "HTTP_AUTHORIZATION",
    /* Apache renames what a rewrite rule set, once it has redirected internally. */
    [PARAMETER_REDIRECT_AUTHORIZATION] = "REDIRECT_HTTP_AUTHORIZATION",
    [PARAMETER_IDEMPOTENCY_KEY] = "HTTP_IDEMPOTENCY_KEY",
    [PARAMETER_REQUEST_ID] = "REQUEST_ID",
    [PARAMETER_UNIQUE_ID] = "UNIQUE_ID", /* Apache's mod_unique_id */
    [PARAMETER_REQUEST_START] = "REQUEST_START",
};

static void
collect(char *const *params, struct header values[PARAMETER_COUNT])
{
    for (; *params != NULL; params++) {
        for (size_t i = 0; i < PARAMETER_COUNT; i++) {
            size_t length = strlen(parameter_names[i]);

            if (strncmp(*params, parameter_names[i], length) != 0 || (*params)[length] != '=')
                continue;
            values[i].repeated = values[i].value != NULL;
            values[i].value = *params + length + 1;
            break;
        }
    }
}

static enum http_method
method_of(const char *name)
{
    static const char *const names[] = {
        [METHOD_GET] = "GET",
        [METHOD_HEAD] = "HEAD",
        [METHOD_POST] = "POST",
        [METHOD_OPTIONS] = "OPTIONS",
    };

    for (size_t i = 0; name != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum http_method)i;
    }
    return METHOD_OTHER;
}

/* True for text that may stand in a header and in a log as it is. */
static bool
is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isgraph((unsigned char)text[i]))
            return false;
    }
    return true;
}

/*
 * The URL's part before PATH_INFO. REQUEST_URI tells it even where a rewrite rule put the program's
 * own name into SCRIPT_NAME.
 */
static void
set_base(struct request *request, const char *uri, const char *script_name)
{
    size_t path_length = strlen(request->path);
    size_t length = uri != NULL ? strcspn(uri, "?#") : 0;

    if (uri != NULL && uri[0] == '/' && length >= path_length &&
        memcmp(uri + length - path_length, request->path, path_length) == 0) {
        length -= path_length;
    } else {
        uri = script_name != NULL ? script_name : "";
        length = strlen(uri);
    }
    if (length >= sizeof request->base || !is_plain(uri, length))
        length = 0;
    memcpy(request->base, uri, length);
    request->base[length] = '\0';
}

static void
set_id(struct request *request, const char *from_server)
{
    struct identifier made;

    if (from_server != NULL && from_server[0] != '\0' && strlen(from_server) < REQUEST_ID_SIZE &&
        is_plain(from_server, strlen(from_server))) {
        strcpy(request->id, from_server);
        return;
    }
    if (!identifier_new(clock_wall_ms(), &made))
        memset(&made, 0, sizeof made);
    base32_encode(made.bytes, sizeof made.bytes, request->id);
}

/* Milliseconds since a start given as Unix seconds with a fraction, as nginx's $msec. */
static int64_t
waited_since(const char *start)
{
    char *end = NULL;
    double seconds;
    int64_t waited;

    if (start == NULL || !isdigit((unsigned char)start[0]))
        return 0;
    seconds = strtod(start, &end);
    if (*end != '\0' || seconds > 1e11)
        return 0;
    waited = clock_wall_ms() - (int64_t)(seconds * 1000);
    return waited > 0 ? waited : 0;
}

void
request_init(struct request *request, const struct gateway *gateway)
{
    struct header values[PARAMETER_COUNT] = {{.value = NULL}};

    memset(request, 0, sizeof *request);
    collect(gateway->params, values);
    request->gateway = gateway;
    request->method = method_of(values[PARAMETER_METHOD].value);
    request->path = values[PARAMETER_PATH_INFO].value;
    if (request->path == NULL)
        request->path = "";
    set_base(request, values[PARAMETER_REQUEST_URI].value, values[PARAMETER_SCRIPT_NAME].value);
    request->authorization = values[PARAMETER_AUTHORIZATION];
    if (request->authorization.value == NULL)
        request->authorization = values[PARAMETER_REDIRECT_AUTHORIZATION];
    request->idempotency_key = values[PARAMETER_IDEMPOTENCY_KEY];
    request->content_type = values[PARAMETER_CONTENT_TYPE];
    request->content_length = values[PARAMETER_CONTENT_LENGTH];
    request->waited_ms = waited_since(values[PARAMETER_REQUEST_START].value);
    set_id(request, values[PARAMETER_REQUEST_ID].value != NULL ? values[PARAMETER_REQUEST_ID].value
                                                               : values[PARAMETER_UNIQUE_ID].value);
}

/* CONTENT_LENGTH; -1 when the web server does not know it (a chunked body), -2 when it is wrong. */
static long long
announced_length(const struct header *header)
{
    char *end = NULL;
    long long length;

    if (header->repeated)
        return -2;
    if (header->value == NULL || header->value[0] == '\0')
        return -1;
    if (!isdigit((unsigned char)header->value[0]))
        return -2;
    errno = 0;
    length = strtoll(header->value, &end, 10);
    return errno != 0 || *end != '\0' ? -2 : length;
}

enum body_status
request_read_body(struct request *request, struct deadline deadline, char *data, size_t limit,
                  size_t *length)
{
    const struct gateway *gateway = request->gateway;
    long long announced = announced_length(&request->content_length);
    char beyond;
    long got;

    if (announced == -2)
        return BODY_BROKEN;
    if (announced > (long long)limit)
        return BODY_TOO_LARGE;
    got = gateway->read(gateway->stream, data, limit, deadline);
    if (got < 0)
        return deadline_left_ms(deadline) == 0 ? BODY_LATE : BODY_BROKEN;
    if ((size_t)got == limit) {
        long more = gateway->read(gateway->stream, &beyond, 1, deadline);

        if (more != 0)
            return more < 0 ? BODY_BROKEN : BODY_TOO_LARGE;
    }
    if (announced >= 0 && announced != got)
        return BODY_BROKEN;
    *length = (size_t)got;
    return BODY_OK;
}

bool
request_is_json(const struct request *request)
{
    static const char json[] = "application/json";
    const char *type = request->content_type.value;

    if (type == NULL || request->content_type.repeated ||
        strncasecmp(type, json, sizeof json - 1) != 0)
        return false;
    type += sizeof json - 1;
    type += strspn(type, " \t");
    return *type == '\0' || *type == ';';
}
