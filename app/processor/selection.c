/*
 * Selection: which processor a payment is made with, and which one a kept payment belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/selection.h"

#include <stdio.h>
#include <string.h>

/* The types that a configuration can name. */
static const struct processor_type *const types[] = {&stripe_type};

const struct processor_type *
processor_type_named(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    }
    return NULL;
}

static const char *
text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void
processors_init(struct processors *processors, const struct config *config)
{
    *processors = (struct processors){
        .instances = {{.type = &sandbox_type, .name = sandbox_type.name, .mode = MODE_TEST}},
        .count = 1,
    };
    for (size_t i = 0; i < config->processors.count; i++) {
        const struct processor_config *configured = &config->processors.list[i];
        const struct processor_type *type = processor_type_named(configured->type);

        if (type == NULL)
            continue; /* config_check() has refused it */
        processors->instances[processors->count++] = (struct processor){
            .type = type,
            .name = configured->name,
            .mode = type->mode_of_secret(configured->secret_key),
            .address = configured->address[0] != '\0' ? configured->address : type->address,
            .secret = configured->secret_key,
            .ca_file = text_or_null(configured->ca_file),
            .proxy = text_or_null(configured->proxy),
            .event_secrets = {text_or_null(configured->event_secret),
                              text_or_null(configured->event_secret_previous)},
        };
    }
}

bool
processors_check(const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    for (size_t i = 0; i < config->processors.count; i++) {
        const struct processor_config *configured = &config->processors.list[i];
        const char *missing = configured->type[0] == '\0'         ? "type"
                              : configured->secret_key[0] == '\0' ? "secret_key"
                                                                  : NULL;

        if (missing != NULL) {
            snprintf(error, CONFIG_ERROR_SIZE, "%.200s: [processor %s] has no %s", config->path,
                     configured->name, missing);
            return false;
        }
        if (processor_type_named(configured->type) == NULL) {
            snprintf(error, CONFIG_ERROR_SIZE,
                     "%.200s: [processor %s] is of type %s, but must be stripe", config->path,
                     configured->name, configured->type);
            return false;
        }
    }
    return true;
}

bool
processors_have_effects(const struct processors *processors)
{
    for (size_t i = 0; i < processors->count; i++) {
        if (processors->instances[i].type->has_effects)
            return true;
    }
    return false;
}

const struct processor *
processor_of_merchant(const struct processors *processors, const char *name, enum mode mode)
{
    if (name[0] == '\0')
        return mode == MODE_TEST ? &processors->instances[0] : NULL;
    return processor_named(processors, name, mode);
}

const struct processor *
processor_of_events(const struct processors *processors, const char *name)
{
    for (size_t i = 0; i < processors->count; i++) {
        const struct processor *processor = &processors->instances[i];

        if (strcmp(processor->name, name) == 0 && processor->event_secrets[0] != NULL &&
            processor->type->event != NULL)
            return processor;
    }
    return NULL;
}

const struct processor *
processor_named(const struct processors *processors, const char *name, enum mode mode)
{
    for (size_t i = 0; i < processors->count; i++) {
        const struct processor *processor = &processors->instances[i];

        if (processor->mode == mode && strcmp(processor->name, name) == 0)
            return processor;
    }
    return NULL;
}
