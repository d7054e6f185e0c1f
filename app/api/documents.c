/*
 * What the API says of itself: the OpenAPI document, and the reference page made from it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/documents.h"

#include <stdio.h>
#include <string.h>

#include "api/embedded.h"

#define KEPT "Cache-Control: max-age=300\r\nX-Content-Type-Options: nosniff\r\n"

/* The page has its own style sheet, script and icon, and nothing of anybody else's. */
#define POLICY                                                                           \
    "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; " \
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"    \
    "Referrer-Policy: no-referrer\r\n"

struct document {
    const char *name; /* behind /docs/ */
    const char *type;
    const char *headers;
    const struct embedded *content;
};

static const struct document description = {"", "application/json", KEPT, &embedded_openapi};

/* What is below /docs/. */
static const struct document files[] = {
    {"", "text/html; charset=utf-8", KEPT POLICY, &embedded_page},
    {"style.css", "text/css; charset=utf-8", KEPT, &embedded_style},
    {"script.js", "text/javascript; charset=utf-8", KEPT, &embedded_script},
    {"icon.svg", "image/svg+xml", KEPT, &embedded_icon},
};

static const struct document *
find_file(const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    }
    return NULL;
}

static void
represent_document(const struct document *document, struct response *response)
{
    response->status = 200;
    response->type = document->type;
    response->headers = document->headers;
    response_append_bytes(response, document->content->data, document->content->size);
}

static void
represent_description(const struct exchange *exchange, struct response *response)
{
    (void)exchange;
    represent_document(&description, response);
}

static void
represent_file(const struct exchange *exchange, struct response *response)
{
    represent_document(find_file(exchange->argument), response);
}

static void
represent_lead(const struct exchange *exchange, struct response *response)
{
    response->status = 308;
    snprintf(response->location, sizeof response->location, "%s/docs/", exchange->base);
}

enum api_error
documents_describe(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->represent = represent_description;
    return API_OK;
}

enum api_error
documents_lead(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->represent = represent_lead;
    return API_OK;
}

enum api_error
documents_page(const struct service *service, struct exchange *exchange)
{
    (void)service;
    exchange->represent = represent_file;
    return API_OK;
}

enum api_error
documents_file(const struct service *service, struct exchange *exchange)
{
    (void)service;
    if (find_file(exchange->argument) == NULL || exchange->argument[0] == '\0')
        return API_NOT_FOUND;
    exchange->represent = represent_file;
    return API_OK;
}
