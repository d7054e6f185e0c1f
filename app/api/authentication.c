/*
 * Authentication: the API key of a request (RFC 6750), and the merchant behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/authentication.h"

#include <string.h>
#include <strings.h>

#include "store/credential_store.h"

#define NOTE_AGAIN_MS 60000
#define NOTE_MARGIN_MS 500

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

void
authentication_take(struct exchange *exchange, const struct header *header)
{
    const char *token = bearer_token(header->value);

    exchange->authorization = AUTHORIZATION_MISSING;
    if (header->repeated)
        exchange->authorization = AUTHORIZATION_MALFORMED;
    else if (token != NULL && api_key_hash(token, &exchange->key_hash))
        exchange->authorization = AUTHORIZATION_TOKEN;
    else if (token != NULL)
        exchange->error = API_INTERNAL_ERROR;
}

static void
refuse(struct exchange *exchange, enum api_error error, enum challenge challenge)
{
    exchange->error = error;
    exchange->challenge = challenge;
}

/* A key that may only read is good for what changes nothing. */
static void
accept(const struct service *service, struct exchange *exchange,
       const struct credential *credential)
{
    exchange->credential = *credential;
    exchange->processor =
        processor_of_merchant(&service->processors, credential->processor, credential->mode);
    if (credential->read_only &&
        (exchange->method == METHOD_POST || exchange->method == METHOD_DELETE))
        refuse(exchange, API_READ_ONLY_KEY, CHALLENGE_INSUFFICIENT_SCOPE);
}

static void
remember_use(struct service *service, const struct api_key_hash *hash)
{
    if (service->used.count < STORE_GROUP_MAX)
        service->used.hashes[service->used.count++] = *hash;
}

static void
take_result(struct service *service, struct exchange *exchange,
            const struct credential_search *search, int64_t looked_up_at)
{
    switch (search->result) {
    case STORE_OK:
        key_cache_keep(&service->key_cache, &search->hash, &search->credential, looked_up_at);
        accept(service, exchange, &search->credential);
        if (search->use_is_old)
            remember_use(service, &search->hash);
        return;
    case STORE_NOT_FOUND:
        refuse(exchange, API_INVALID_API_KEY, CHALLENGE_INVALID_TOKEN);
        return;
    case STORE_UNAVAILABLE:
        exchange->error = API_UNAVAILABLE;
        return;
    case STORE_PENDING:
    case STORE_EXISTS:
    case STORE_REFUSED:
    case STORE_LOCKED:
    case STORE_FAILED:
        break;
    }
    exchange->error = API_INTERNAL_ERROR;
}

/* True when the key has to be looked up. */
static bool
needs_look_up(struct service *service, struct exchange *exchange)
{
    struct credential credential;

    switch (exchange->authorization) {
    case AUTHORIZATION_MISSING:
        refuse(exchange, API_MISSING_API_KEY, CHALLENGE_BEARER);
        return false;
    case AUTHORIZATION_MALFORMED:
        refuse(exchange, API_INVALID_API_KEY, CHALLENGE_INVALID_TOKEN);
        return false;
    case AUTHORIZATION_TOKEN:
        break;
    }
    if (!key_cache_find(&service->key_cache, &exchange->key_hash, &credential))
        return true;
    accept(service, exchange, &credential);
    return false;
}

void
authenticate(struct service *service, struct exchange *const *exchanges, size_t count)
{
    struct credential_search searches[STORE_GROUP_MAX];
    struct exchange *waiting[STORE_GROUP_MAX];
    struct deadline deadline = {.at = INT64_MAX};
    int64_t now = clock_monotonic_ms();
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (exchanges[i]->error != API_OK || !needs_look_up(service, exchanges[i]))
            continue;
        searches[size] = (struct credential_search){.hash = exchanges[i]->key_hash};
        waiting[size] = exchanges[i];
        size++;
        deadline = deadline_earlier(deadline, exchanges[i]->deadline);
    }
    if (size > 0)
        credential_store_find(service->database, deadline, searches, size);
    for (size_t i = 0; i < size; i++)
        take_result(service, waiting[i], &searches[i], now);
}

void
authentication_note_uses(struct service *service)
{
    int64_t timeout_ms = (int64_t)service->config->database_timeout * 1000;
    size_t count = service->used.count;

    if (count == 0)
        return;
    service->used.count = 0;
    if (clock_monotonic_ms() < service->used.again_at)
        return;
    /* Time for one try. A statement begins only while its answer has all of its time left. */
    if (credential_store_note_use(service->database, deadline_in_ms(timeout_ms + NOTE_MARGIN_MS),
                                  service->used.hashes, count) != STORE_OK)
        service->used.again_at = clock_monotonic_ms() + NOTE_AGAIN_MS;
}
