/*
 * The member "metadata" of a POST.
 *
 * SPDX-License-Identifier: MIT
 */
#include "api/metadata.h"

#include <stdlib.h>

#include "domain/card_number.h"

static bool
is_good_text(const char *text, size_t least, size_t most)
{
    size_t length = utf8_length(text);

    return length >= least && length <= most && !card_number_in(text);
}

static bool
is_good(const json_t *object)
{
    void *at;

    if (!json_is_object(object) || json_object_size(object) > METADATA_MEMBERS_MAX)
        return false;
    for (at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        const char *value = json_string_value(json_object_iter_value(at));

        if (value == NULL || !is_good_text(json_object_iter_key(at), 1, METADATA_KEY_MAX) ||
            !is_good_text(value, 0, METADATA_VALUE_MAX))
            return false;
    }
    return true;
}

enum api_error
metadata_take(struct exchange *exchange, const struct json_body *body, struct metadata *metadata)
{
    const json_t *member = json_body_get(body, "metadata");

    if (member == NULL || json_is_null(member))
        return API_OK;
    if (!is_good(member))
        return API_INVALID_METADATA;
    if (json_object_size(member) == 0)
        return API_OK;
    /* In one order, so that the same members are the same text. */
    exchange->metadata = json_dumps(member, JSON_COMPACT | JSON_SORT_KEYS);
    if (exchange->metadata == NULL)
        return API_UNAVAILABLE;
    return metadata_set(metadata, exchange->metadata) ? API_OK : API_INTERNAL_ERROR;
}
