/*
 * Authentication: the API key of a request (RFC 6750), and the merchant behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/authentication.h"

#include <string.h>
#include <strings.h>

/* The token of "Bearer TOKEN"; NULL when there is none. The scheme's case is free (RFC 9110). */
static const char *
bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer";
    const char *token;

    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return NULL;
    token = authorization + sizeof scheme - 1;
    if (*token != ' ' && *token != '\0')
        return NULL;
    token += strspn(token, " ");
    return *token != '\0' ? token : NULL;
}

static const struct processor *
processor_of(enum api_key_mode mode)
{
    switch (mode) {
    case API_KEY_TEST:
        return &sandbox_processor;
    case API_KEY_LIVE:
        break; /* none is configured; payment-admin makes no live key either */
    }
    return NULL;
}

static enum api_error
find_credential(struct context *context, const struct api_key_hash *hash)
{
    int64_t now = clock_monotonic_ms();

    if (key_cache_find(&context->key_cache, hash, &context->credential))
        return API_OK;
    switch (
        credential_store_find(context->database, context->deadline, hash, &context->credential)) {
    case STORE_OK:
        key_cache_keep(&context->key_cache, hash, &context->credential, now);
        return API_OK;
    case STORE_NOT_FOUND:
        return API_INVALID_API_KEY;
    case STORE_UNAVAILABLE:
    case STORE_LOCKED:
        return API_UNAVAILABLE;
    case STORE_EXISTS:
    case STORE_REFUSED:
    case STORE_FAILED:
        break;
    }
    return API_INTERNAL_ERROR;
}

enum api_error
authenticate(struct context *context)
{
    const char *token = bearer_token(context->request.authorization.value);
    struct api_key_hash hash;
    enum api_error error;

    if (token == NULL && !context->request.authorization.repeated) {
        context->response.challenge = CHALLENGE_BEARER;
        return API_MISSING_API_KEY;
    }
    if (context->request.authorization.repeated) {
        context->response.challenge = CHALLENGE_INVALID_TOKEN;
        return API_INVALID_API_KEY;
    }
    if (!api_key_hash(token, &hash))
        return API_INTERNAL_ERROR;
    error = find_credential(context, &hash);
    if (error == API_INVALID_API_KEY)
        context->response.challenge = CHALLENGE_INVALID_TOKEN;
    if (error != API_OK)
        return error;
    context->processor = processor_of(context->credential.mode);
    return context->processor != NULL ? API_OK : API_UNAVAILABLE;
}
