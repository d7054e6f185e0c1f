/*
 * Stripe's events: any header is read within its bounds and proves nothing without the secret; of a
 * body that is signed, whatever it is, only what can be kept and shown is taken.
 *
 * The first line is a header, the rest a body. It is tried with that header, then signed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>

#include "processor/processor.h"

#define SECRET "whsec_fuzz"
#define TIME "1767225600"
#define NOW INT64_C(1767225600000)

static const struct processor processor = {
    .type = &stripe_type,
    .name = "stripe",
    .mode = MODE_TEST,
    .event_secrets = {SECRET},
};

static void
sign(const char *body, size_t length, char header[128])
{
    char *text = calloc(length + sizeof TIME, 1);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    CHECK(text != NULL);
    memcpy(text, TIME ".", sizeof TIME);
    memcpy(text + sizeof TIME, body, length);
    CHECK(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (unsigned char *)text,
               length + sizeof TIME, mac, &size) != NULL);
    strcpy(header, "t=" TIME ",v1=");
    for (unsigned i = 0; i < size; i++)
        sprintf(header + strlen(header), "%02x", mac[i]);
    free(text);
}

static void
check_word(const char *text, size_t size, bool (*is_good)(char c))
{
    CHECK(memchr(text, '\0', size) != NULL && text[0] != '\0');
    for (; *text != '\0'; text++)
        CHECK(is_good(*text));
}

static bool
is_of_reference(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool
is_of_kind(char c)
{
    return is_of_reference(c) || c == '.' || c == '[' || c == ']';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t head = end != NULL ? (size_t)(end - data) : size;
    size_t rest = end != NULL ? size - head - 1 : 0;
    char *given = fuzz_text(data, head);
    char *body = fuzz_copy(end != NULL ? end + 1 : data, rest);
    char header[128];
    struct notice notice = {.event_id = ""};

    sign(body, rest, header);
    if (strstr(given, header + sizeof "t=" TIME) == NULL)
        CHECK(stripe_type.event(&processor, given, body, rest, NOW, &notice) ==
              PROCESSOR_EVENT_FORGED);
    switch (stripe_type.event(&processor, header, body, rest, NOW, &notice)) {
    case PROCESSOR_EVENT_TAKEN:
        check_word(notice.event_id, sizeof notice.event_id, is_of_reference);
        check_word(notice.kind, sizeof notice.kind, is_of_kind);
        check_word(notice.reference, sizeof notice.reference, is_of_reference);
        CHECK(notice_subject_name(notice.subject) != NULL && notice_word_name(notice.says) != NULL);
        break;
    case PROCESSOR_EVENT_OF_NOTHING:
    case PROCESSOR_EVENT_MALFORMED:
        break;
    case PROCESSOR_EVENT_FORGED:
    case PROCESSOR_EVENT_STALE:
        CHECK(false);
    }
    free(given);
    free(body);
    return 0;
}
