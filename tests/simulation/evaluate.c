/*
 * Expressions: what they are for a row.
 *
 * SPDX-License-Identifier: MIT
 */
#include "evaluate.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "world.h"

static void __attribute__((noreturn)) give_up(const char *what, const char *name)
{
    fprintf(stderr, "simulation: SQL that the simulated server does not know: %s %s\n", what, name);
    exit(3);
}

static void
look_up(const struct scope *scope, struct expression *name)
{
    for (size_t i = 0; i < scope->source_count; i++) {
        int column = table_column(scope->tables[i], name->text);

        if (column < 0 ||
            (name->from != NULL && strcmp(scope->sql->from[i].alias, name->from) != 0))
            continue;
        name->source = (int)i;
        name->column = column;
        return;
    }
    give_up("the name", name->text);
}

static struct value
value_of_name(struct scope *scope, struct expression *name)
{
    for (size_t i = 0; i < scope->variable_count; i++) {
        if (name->from == NULL && strcmp(scope->variable_names[i], name->text) == 0)
            return scope->variables[i];
    }
    if (name->source < 0)
        look_up(scope, name);
    if (scope->rows[name->source] == NULL)
        return (struct value){.kind = VALUE_NULL};
    return scope->rows[name->source][name->column];
}

static struct value
truth(bool is)
{
    return value_number(is ? 1 : 0);
}

static const struct value nothing = {.kind = VALUE_NULL};

static struct value
compare(const char *sign, const struct value *a, const struct value *b)
{
    int order;

    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return nothing;
    order = value_compare(a, b);
    switch (sign[0]) {
    case '=':
        return truth(order == 0);
    case '<':
        if (sign[1] == '>')
            return truth(order != 0);
        return truth(sign[1] == '=' ? order <= 0 : order < 0);
    default:
        return truth(sign[1] == '=' ? order >= 0 : order > 0);
    }
}

static struct value
calculate(char sign, const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
        return nothing;
    if (sign == '*')
        return value_number(a->number * b->number);
    return value_number(sign == '+' ? a->number + b->number : a->number - b->number);
}

static bool
is_word(const struct expression *call, const char *word)
{
    return strcasecmp(call->text, word) == 0;
}

static struct value
call_logic(struct scope *scope, struct expression *call, bool is_and)
{
    struct value a = evaluate(scope, call->arguments[0]);
    struct value b;

    if (a.kind != VALUE_NULL && (a.number != 0) != is_and)
        return truth(!is_and);
    b = evaluate(scope, call->arguments[1]);
    if (b.kind != VALUE_NULL && (b.number != 0) != is_and)
        return truth(!is_and);
    return a.kind == VALUE_NULL || b.kind == VALUE_NULL ? nothing : truth(is_and);
}

static struct value
call_in(struct scope *scope, struct expression *call)
{
    struct value wanted = evaluate(scope, call->arguments[0]);
    bool has_null = wanted.kind == VALUE_NULL;

    for (size_t i = 1; i < call->count && !has_null; i++) {
        struct value value = evaluate(scope, call->arguments[i]);

        if (value.kind != VALUE_NULL && value_equal(&wanted, &value))
            return truth(true);
    }
    return has_null ? nothing : truth(false);
}

/* SHA2(text, 256): hexadecimal digits. */
static struct value
digest_of(const struct value *text)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char digits[2 * SHA256_DIGEST_LENGTH + 1];

    SHA256((const unsigned char *)text->bytes, text->length, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(digits + 2 * i, 3, "%02x", digest[i]);
    return value_bytes(digits, sizeof digits - 1);
}

static struct value
bytes_of(const struct value *digits)
{
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    size_t size = digits->length / 2 < sizeof bytes ? digits->length / 2 : sizeof bytes;

    for (size_t i = 0; i < size; i++) {
        const char two[] = {digits->bytes[2 * i], digits->bytes[2 * i + 1], '\0'};

        bytes[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    return value_bytes(bytes, size);
}

/* The first characters of UTF-8. */
static struct value
left_of(const struct value *text, int64_t characters)
{
    size_t length = 0;

    while (length < text->length) {
        if ((text->bytes[length] & 0xc0) != 0x80 && characters-- == 0)
            break;
        length++;
    }
    return value_bytes(text->bytes, length);
}

static struct value
call_with_text(struct scope *scope, struct expression *call)
{
    struct value text = evaluate(scope, call->arguments[0]);

    if (text.kind == VALUE_NULL)
        return nothing;
    if (is_word(call, "UNHEX"))
        return bytes_of(&text);
    if (is_word(call, "SHA2"))
        return digest_of(&text);
    return left_of(&text, evaluate(scope, call->arguments[1]).number);
}

static struct value
call_function(struct scope *scope, struct expression *call)
{
    if (is_word(call, "IF"))
        return evaluate(scope, is_true(scope, call->arguments[0]) ? call->arguments[1]
                                                                  : call->arguments[2]);
    if (is_word(call, "IFNULL") || is_word(call, "COALESCE")) {
        for (size_t i = 0; i < call->count; i++) {
            struct value value = evaluate(scope, call->arguments[i]);

            if (value.kind != VALUE_NULL)
                return value;
        }
        return nothing;
    }
    if (is_word(call, "NULLIF")) {
        struct value a = evaluate(scope, call->arguments[0]);
        struct value b = evaluate(scope, call->arguments[1]);

        return value_equal(&a, &b) ? nothing : a;
    }
    if (is_word(call, "LEAST") || is_word(call, "GREATEST")) {
        struct value a = evaluate(scope, call->arguments[0]);
        struct value b = evaluate(scope, call->arguments[1]);
        bool first = (value_compare(&a, &b) < 0) == is_word(call, "LEAST");

        return a.kind == VALUE_NULL || b.kind == VALUE_NULL ? nothing : first ? a : b;
    }
    if (is_word(call, "UTC_TIMESTAMP") || is_word(call, "NOW"))
        return value_number(world_wall());
    if (is_word(call, "UNHEX") || is_word(call, "SHA2") || is_word(call, "LEFT"))
        return call_with_text(scope, call);
    if (is_word(call, "CURRENT_USER"))
        return value_text("simulated@localhost");
    if (is_word(call, "ROW_COUNT"))
        return value_number(scope->row_count);
    give_up("the function", call->text);
}

static struct value
evaluate_call(struct scope *scope, struct expression *call)
{
    struct value a;
    struct value b = nothing;

    if (is_word(call, "and") || is_word(call, "or"))
        return call_logic(scope, call, is_word(call, "and"));
    if (is_word(call, "in"))
        return call_in(scope, call);
    if (strchr("=<>+-*", call->text[0]) == NULL && !is_word(call, "not") &&
        !is_word(call, "isnull") && !is_word(call, "like"))
        return call_function(scope, call);
    a = evaluate(scope, call->arguments[0]);
    if (is_word(call, "isnull"))
        return truth(a.kind == VALUE_NULL);
    if (is_word(call, "not"))
        return a.kind == VALUE_NULL ? nothing : truth(a.number == 0);
    if (is_word(call, "like")) /* of names and codes, which are right here */
        return truth(true);
    b = evaluate(scope, call->arguments[1]);
    if (strchr("+-*", call->text[0]) != NULL)
        return calculate(call->text[0], &a, &b);
    return compare(call->text, &a, &b);
}

/* The value of the first row, in its order, of a SELECT that may name what is around it. */
static struct value
select_one(const struct scope *around, const struct sql *select)
{
    struct sql names = *select;
    struct scope scope = *around;
    struct table *table = tables_find(select->from[0].table);
    struct value found = nothing, least = nothing;
    bool is_any = false;

    scope.sql = &names;
    scope.tables[0] = table;
    scope.source_count = 1;
    for (size_t i = 0; i < around->source_count && scope.source_count < SQL_FROM_MAX; i++) {
        names.from[scope.source_count] = around->sql->from[i];
        scope.tables[scope.source_count] = around->tables[i];
        scope.rows[scope.source_count++] = around->rows[i];
    }
    for (const struct row *row = table->rows; row != NULL; row = row->next) {
        struct value key;

        scope.rows[0] = row_seen(row, scope.reader);
        if (scope.rows[0] == NULL || !is_true(&scope, select->where))
            continue;
        key = select->order_count > 0 ? evaluate(&scope, select->order[0]) : nothing;
        if (is_any && value_compare(&key, &least) >= 0)
            continue;
        is_any = true;
        least = key;
        found = evaluate(&scope, select->items[0]);
    }
    return found;
}

struct value
evaluate(struct scope *scope, struct expression *expression)
{
    switch (expression->kind) {
    case EXPRESSION_NULL:
        break;
    case EXPRESSION_NUMBER:
        return value_number(expression->number);
    case EXPRESSION_TEXT:
        return value_text(expression->text);
    case EXPRESSION_PARAMETER:
        return scope->parameters[expression->number];
    case EXPRESSION_NAME:
        return value_of_name(scope, expression);
    case EXPRESSION_CALL:
        return evaluate_call(scope, expression);
    case EXPRESSION_SELECT:
        return select_one(scope, expression->select);
    }
    return nothing;
}

bool
is_true(struct scope *scope, struct expression *expression)
{
    struct value value = evaluate(scope, expression);

    return value.kind == VALUE_NUMBER && value.number != 0;
}

static bool
is_of_key(struct scope *scope, struct expression *expression, const struct key_definition *key)
{
    if (expression->kind == EXPRESSION_CALL) {
        for (size_t i = 0; i < expression->count; i++) {
            if (!is_of_key(scope, expression->arguments[i], key))
                return false;
        }
        return true;
    }
    if (expression->kind != EXPRESSION_NAME)
        return true;
    if (expression->source < 0)
        look_up(scope, expression);
    for (size_t i = 0; i < key->count; i++) {
        if (expression->source == 0 && key->columns[i] == expression->column)
            return true;
    }
    return false;
}

bool
is_examined(struct scope *scope, struct expression *expression, const struct key_definition *key)
{
    if (expression->kind == EXPRESSION_CALL &&
        (is_word(expression, "and") || is_word(expression, "or"))) {
        bool first = is_examined(scope, expression->arguments[0], key);
        bool second = is_examined(scope, expression->arguments[1], key);

        return is_word(expression, "and") ? first && second : first || second;
    }
    return key == NULL || !is_of_key(scope, expression, key) || is_true(scope, expression);
}
