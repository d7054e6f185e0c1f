/*
 * Selection: which processor a payment is made with, and which one a kept payment belongs to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "processor/selection.h"

#include <string.h>

void
processors_init(struct processors *processors)
{
    *processors = (struct processors){
        .instances = {{.type = &sandbox_type, .name = sandbox_type.name, .mode = MODE_TEST}},
        .count = 1,
    };
}

const struct processor *
processor_of_mode(const struct processors *processors, enum mode mode)
{
    for (size_t i = 0; i < processors->count; i++) {
        if (processors->instances[i].mode == mode)
            return &processors->instances[i];
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
