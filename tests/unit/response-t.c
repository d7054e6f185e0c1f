/*
 * Responses: the text that a web server takes, and that what does not fit is never sent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "http/response.h"

static struct response response;

static int
begin_response(void **state)
{
    (void)state;
    memset(&response, 'x', sizeof response);
    response_init(&response);
    response.status = 200;
    return 0;
}

/* The answer as a string of its own. */
static char *
text_of(enum http_method method, const char *request_id)
{
    size_t length;
    const char *start = response_text(&response, method, request_id, &length);
    char *text = strndup(start, length);

    assert_non_null(text);
    assert_int_equal(strlen(text), length);
    assert_true(start >= response.text);
    assert_true(start + length <= response.text + sizeof response.text);
    return text;
}

static void
head_and_body_are_one_piece(void **state)
{
    char *text;

    (void)state;
    response.status = 201;
    response_append(&response, "{\"a\":%d", 1);
    response_append(&response, ",\"b\":\"%s\"}", "two");
    text = text_of(METHOD_POST, "the-id");
    assert_string_equal(text, "Status: 201 Created\r\nContent-Type: application/json\r\n"
                              "Content-Length: 17\r\nCache-Control: no-store\r\n"
                              "Request-Id: the-id\r\n\r\n{\"a\":1,\"b\":\"two\"}");
    free(text);
}

static void
a_head_tells_the_length_and_sends_no_body(void **state)
{
    char *get, *head;

    (void)state;
    response_append(&response, "{\"status\":\"ok\"}");
    get = text_of(METHOD_GET, "id");
    head = text_of(METHOD_HEAD, "id");
    assert_non_null(strstr(head, "Content-Length: 15\r\n"));
    assert_int_equal(strlen(get), strlen(head) + 15);
    assert_memory_equal(get, head, strlen(head));
    assert_string_equal(head + strlen(head) - 4, "\r\n\r\n");
    free(get);
    free(head);
}

static void
without_a_body_there_is_no_length(void **state)
{
    char *text;

    (void)state;
    response.status = 204;
    text = text_of(METHOD_OPTIONS, "id");
    assert_string_equal(
        text, "Status: 204 No Content\r\nCache-Control: no-store\r\nRequest-Id: id\r\n\r\n");
    free(text);
}

static void
what_does_not_fit_is_reported(void **state)
{
    char *piece = malloc(RESPONSE_BODY_SIZE);

    (void)state;
    assert_non_null(piece);
    memset(piece, 'p', RESPONSE_BODY_SIZE);
    piece[RESPONSE_BODY_SIZE - 1] = '\0';
    response_append(&response, "%s", piece); /* with its NUL it just fits */
    assert_false(response.overflow);
    assert_int_equal(response.body_length, RESPONSE_BODY_SIZE - 1);
    response_append(&response, "x");
    assert_true(response.overflow);
    response_clear_body(&response);
    assert_false(response.overflow);
    assert_int_equal(response.body_length, 0);
    response_append(&response, "%sx", piece);
    assert_true(response.overflow);
    /* Also when something that fits comes behind it. */
    response_append(&response, "}");
    assert_true(response.overflow);
    response_init(&response);
    assert_false(response.overflow);
    free(piece);
}

/* Every header with the longest value that it can have, and a body. */
static void
a_problem_says_so(void **state)
{
    char *text;

    (void)state;
    response.is_problem = true;
    response_append(&response, "{}");
    text = text_of(METHOD_GET, "id");
    assert_non_null(strstr(text, "\r\nContent-Type: application/problem+json\r\n"));
    free(text);
}

static void
strings_are_escaped(void **state)
{
    (void)state;
    response_append_string(&response, "a\"b\\c/d\x01\n\x1f\x7f\xc3\xa9%s");
    response_append_string(&response, "");
    response_append_string(&response, NULL);
    assert_string_equal(response_body(&response),
                        "\"a\\\"b\\\\c/d\\u0001\\u000a\\u001f\x7f\xc3\xa9%s\"\"\"null");
}

static void
an_object_gets_more_members(void **state)
{
    (void)state;
    response_append(&response, "{\"a\":1}");
    response_reopen(&response);
    response_append(&response, ",\"b\":2}");
    assert_string_equal(response_body(&response), "{\"a\":1,\"b\":2}");
    assert_int_equal(response.body_length, 13);
    response_clear_body(&response);
    response_reopen(&response);
    assert_int_equal(response.body_length, 0);
}

static void
the_longest_head_fits(void **state)
{
    static const char *const headers[] = {
        "Status: 503 Service Unavailable\r\n",
        "\r\nContent-Type: application/json\r\n",
        "\r\nCache-Control: no-store\r\n",
        "\r\nIdempotent-Replayed: true\r\n",
        "\r\nWWW-Authenticate: Bearer realm=\"payment-api\", error=\"invalid_token\"\r\n",
        "\r\nRetry-After: 2147483647\r\n",
        "\r\nContent-Length: 262143\r\n"};
    char id[REQUEST_ID_SIZE];
    char *text, *body;

    (void)state;
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    memset(response.location, 'l', sizeof response.location - 1);
    response.location[sizeof response.location - 1] = '\0';
    memset(response.allow, 'a', sizeof response.allow - 1);
    response.allow[sizeof response.allow - 1] = '\0';
    response.status = 503;
    response.challenge = CHALLENGE_INVALID_TOKEN;
    response.retry_after_seconds = INT_MAX;
    response.replayed = true;
    while (response.body_length < RESPONSE_BODY_SIZE - 1)
        response_append(&response, "b");
    assert_false(response.overflow);
    text = text_of(METHOD_GET, id);
    for (size_t i = 0; i < COUNT(headers); i++) {
        if (strstr(text, headers[i]) == NULL)
            fail_msg("%s is not there", headers[i]);
    }
    assert_non_null(strstr(text, id));
    assert_non_null(strstr(text, response.location));
    assert_non_null(strstr(text, response.allow));
    body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(strlen(body + 4), RESPONSE_BODY_SIZE - 1);
    assert_int_equal(strspn(body + 4, "b"), RESPONSE_BODY_SIZE - 1);
    free(text);
}

static void
a_status_that_is_not_known_is_an_error(void **state)
{
    char *text;

    (void)state;
    response.status = 500;
    text = text_of(METHOD_GET, "id");
    assert_memory_equal(text, "Status: 500 Internal Server Error\r\n", 35);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(head_and_body_are_one_piece, begin_response),
        cmocka_unit_test_setup(a_head_tells_the_length_and_sends_no_body, begin_response),
        cmocka_unit_test_setup(without_a_body_there_is_no_length, begin_response),
        cmocka_unit_test_setup(what_does_not_fit_is_reported, begin_response),
        cmocka_unit_test_setup(a_problem_says_so, begin_response),
        cmocka_unit_test_setup(strings_are_escaped, begin_response),
        cmocka_unit_test_setup(an_object_gets_more_members, begin_response),
        cmocka_unit_test_setup(the_longest_head_fits, begin_response),
        cmocka_unit_test_setup(a_status_that_is_not_known_is_an_error, begin_response),
    };

    return RUN(tests);
}
