/*
 * A request: what the API uses of the CGI parameters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "domain/identifier.h"

/* The parameters that are read, by name. */
enum parameter {
    PARAMETER_METHOD,
    PARAMETER_PATH_INFO,
    PARAMETER_QUERY_STRING,
    PARAMETER_SCRIPT_NAME,
    PARAMETER_REQUEST_URI,
    PARAMETER_CONTENT_TYPE,
    PARAMETER_ACCEPT,
    PARAMETER_AUTHORIZATION,
    PARAMETER_REDIRECT_AUTHORIZATION,
    PARAMETER_IDEMPOTENCY_KEY,
    PARAMETER_REQUEST_ID,
    PARAMETER_UNIQUE_ID,
    PARAMETER_REQUEST_START,
    PARAMETER_TRACEPARENT,
    PARAMETER_COUNT,
};

static const char *const parameter_names[PARAMETER_COUNT] = {
    [PARAMETER_METHOD] = "REQUEST_METHOD",
    [PARAMETER_PATH_INFO] = "PATH_INFO",
    [PARAMETER_QUERY_STRING] = "QUERY_STRING",
    [PARAMETER_SCRIPT_NAME] = "SCRIPT_NAME",
    [PARAMETER_REQUEST_URI] = "REQUEST_URI",
    [PARAMETER_CONTENT_TYPE] = "CONTENT_TYPE",
    [PARAMETER_ACCEPT] = "HTTP_ACCEPT",
    [PARAMETER_AUTHORIZATION] = "HTTP_AUTHORIZATION",
    /* Apache renames what a rewrite rule set, once it has redirected internally. */
    [PARAMETER_REDIRECT_AUTHORIZATION] = "REDIRECT_HTTP_AUTHORIZATION",
    [PARAMETER_IDEMPOTENCY_KEY] = "HTTP_IDEMPOTENCY_KEY",
    [PARAMETER_REQUEST_ID] = "REQUEST_ID",
    [PARAMETER_UNIQUE_ID] = "UNIQUE_ID", /* Apache's mod_unique_id */
    [PARAMETER_REQUEST_START] = "REQUEST_START",
    [PARAMETER_TRACEPARENT] = "HTTP_TRACEPARENT",
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

static const char *const method_names[] = {
    [METHOD_GET] = "GET",       [METHOD_HEAD] = "HEAD",       [METHOD_POST] = "POST",
    [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "other",
};

static enum http_method
method_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < METHOD_OTHER; i++) {
        if (strcmp(method_names[i], name) == 0)
            return (enum http_method)i;
    }
    return METHOD_OTHER;
}

const char *
http_method_name(enum http_method method)
{
    return method_names[method];
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
 * True for a path that names one place and no other machine: segments of unreserved characters and
 * escapes (RFC 3986), none of them empty, "." or "..". So it may stand in a Location.
 */
static bool
is_plain_path(const char *path, size_t length)
{
    size_t segment = 0; /* its length so far */
    size_t dots = 0;

    for (size_t i = 0; i <= length; i++) {
        if (i == length || path[i] == '/') {
            if (i > 0 && segment == dots && dots < 3)
                return false;
            segment = dots = 0;
            continue;
        }
        if (i == 0 || (!isalnum((unsigned char)path[i]) && strchr("-._~%", path[i]) == NULL))
            return false;
        if (path[i] == '%' && strncasecmp(path + i, "%2e", 3) == 0)
            return false;
        segment++;
        dots += path[i] == '.';
    }
    return true;
}

/*
 * The URL's part before PATH_INFO. REQUEST_URI tells it even where a rewrite rule put the program's
 * own name into SCRIPT_NAME. It is the client's text: one that could lead elsewhere is left out.
 */
static void
set_base(struct request *request, const char *uri, const char *script_name)
{
    size_t path_length = strlen(request->path);
    size_t length = uri != NULL ? strcspn(uri, "?#") : 0;

    if (uri != NULL && length >= path_length &&
        memcmp(uri + length - path_length, request->path, path_length) == 0 &&
        is_plain_path(uri, length - path_length)) {
        length -= path_length;
    } else {
        uri = script_name != NULL ? script_name : "";
        length = strlen(uri);
    }
    if (length >= sizeof request->base || !is_plain_path(uri, length))
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

/* True for so many digits, as they stand in traceparent. */
static bool
is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length;
}

/*
 * The traceparent of W3C's Trace Context (section 3.2): of version 00 exactly so long, of a later
 * one its first part; an id of zeros is none.
 */
static void
set_traceparent(struct request *request, const struct header *header)
{
    const char *value = header->value;
    size_t length = REQUEST_TRACEPARENT_SIZE - 1;

    if (value == NULL || header->repeated || strlen(value) < length)
        return;
    if (!is_hex(value, 2) || value[2] != '-' || !is_hex(value + 3, 32) || value[35] != '-' ||
        !is_hex(value + 36, 16) || value[52] != '-' || !is_hex(value + 53, 2))
        return;
    if (strncmp(value, "ff", 2) == 0 || strspn(value + 3, "0") >= 32 ||
        strspn(value + 36, "0") >= 16)
        return;
    if (value[length] != '\0' && (strncmp(value, "00", 2) == 0 || value[length] != '-'))
        return;
    memcpy(request->traceparent, value, length);
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

/* A web server that passes no QUERY_STRING passes the query within REQUEST_URI all the same. */
static const char *
query_of(const struct header values[PARAMETER_COUNT])
{
    const char *query = values[PARAMETER_QUERY_STRING].value;
    const char *uri = values[PARAMETER_REQUEST_URI].value;

    if (query == NULL && uri != NULL && (uri = strchr(uri, '?')) != NULL)
        query = uri + 1;
    return query != NULL ? query : "";
}

void
request_init(struct request *request, char *const *params)
{
    struct header values[PARAMETER_COUNT] = {{.value = NULL}};

    memset(request, 0, sizeof *request);
    collect(params, values);
    request->method = method_of(values[PARAMETER_METHOD].value);
    request->path = values[PARAMETER_PATH_INFO].value;
    if (request->path == NULL)
        request->path = "";
    request->query = query_of(values);
    set_base(request, values[PARAMETER_REQUEST_URI].value, values[PARAMETER_SCRIPT_NAME].value);
    request->authorization = values[PARAMETER_AUTHORIZATION];
    if (request->authorization.value == NULL)
        request->authorization = values[PARAMETER_REDIRECT_AUTHORIZATION];
    request->idempotency_key = values[PARAMETER_IDEMPOTENCY_KEY];
    request->content_type = values[PARAMETER_CONTENT_TYPE];
    request->accept = values[PARAMETER_ACCEPT];
    request->waited_ms = waited_since(values[PARAMETER_REQUEST_START].value);
    set_traceparent(request, &values[PARAMETER_TRACEPARENT]);
    set_id(request, values[PARAMETER_REQUEST_ID].value != NULL ? values[PARAMETER_REQUEST_ID].value
                                                               : values[PARAMETER_UNIQUE_ID].value);
}

/* A weight (RFC 9110 section 12.4.2) in thousandths: "0.5" is 500. */
static int
weight_of(const char *text)
{
    int weight = 0;

    if (text[0] != '0')
        return 1000;
    for (int place = 100, i = 2; text[1] == '.' && place > 0 && isdigit((unsigned char)text[i]);
         place /= 10, i++)
        weight += place * (text[i] - '0');
    return weight;
}

/* The weight of a media range, by its parameters, which are so long. */
static int
weight_by(const char *parameters, size_t length)
{
    for (size_t at = 0; at < length; at += strcspn(parameters + at, ";,")) {
        at += strspn(parameters + at, " \t;");
        if (at < length && strncasecmp(parameters + at, "q=", 2) == 0)
            return weight_of(parameters + at + 2);
    }
    return 1000;
}

/* How much the list wants a media type that it names; -1 when it does not. */
static int
wanted(const char *accept, const char *type)
{
    while (*accept != '\0') {
        size_t length, name;

        accept += strspn(accept, " \t,");
        length = strcspn(accept, ",");
        name = strcspn(accept, "; \t,");
        if (name == strlen(type) && strncasecmp(accept, type, name) == 0)
            return weight_by(accept + name, length - name);
        accept += length;
    }
    return -1;
}

bool
request_accepts_problem(const struct request *request)
{
    int problem;

    if (request->accept.value == NULL)
        return false;
    problem = wanted(request->accept.value, "application/problem+json");
    return problem > 0 && problem >= wanted(request->accept.value, "application/json");
}

struct header
request_header(char *const *params, const char *name)
{
    struct header header = {.value = NULL};
    size_t length = strlen(name);

    for (; *params != NULL; params++) {
        if (strncmp(*params, name, length) != 0 || (*params)[length] != '=')
            continue;
        header.repeated = header.value != NULL;
        header.value = *params + length + 1;
    }
    return header;
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
