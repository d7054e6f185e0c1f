/*
 * A transfer: one call as libcurl sees it: its options, its answer, and what its end means.
 *
 * SPDX-License-Identifier: MIT
 */
#include "outbound/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/network.h"

#define CONNECT_MS_MAX 10000L                  /* name, TCP and TLS: what ends here was not sent */
#define HEADERS_LENGTH_MAX ((size_t)32 * 1024) /* of an answer */
#define ANSWER_FIRST_SIZE ((size_t)4096)
/* libcurl's buffers of each call: its defaults are 16 and 64 kB, and 16 kB is the least for
 * writing. */
#define READ_SIZE 2048L
#define WRITE_SIZE 16384L

static char nothing[1]; /* the answer where there is none */

/* The system's certificates, where distributions have them as one file. Not a folder of them: with
 * one, libcurl reads all anew for each connection (7.88). */
static const char *const ca_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
    "/etc/ssl/ca-bundle.pem",             /* openSUSE */
};

static const char *
ca_file_of(const struct outbound_peer *peer)
{
    if (peer->ca_file != NULL)
        return peer->ca_file;
    for (size_t i = 0; i < sizeof ca_files / sizeof ca_files[0]; i++) {
        if (access(ca_files[i], R_OK) == 0)
            return ca_files[i];
    }
    return ca_files[0];
}

/* True unless surely nothing of the request was written. libcurl sets this time when the request
 * has been handed to a connection that stands, and its error codes tell less. */
static bool
was_sent(const struct outbound_transfer *transfer)
{
    curl_off_t pretransfer_us = 0;

    return curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us) !=
               CURLE_OK ||
           pretransfer_us != 0;
}

/* CURLOPT_HEADERFUNCTION: one line, of a final answer or one before it (1xx). libcurl keeps the
 * headers. */
static size_t
take_header(char *bytes, size_t size, size_t count, void *transfer_pointer)
{
    struct outbound_transfer *transfer = transfer_pointer;
    size_t length = size * count;

    transfer->has_all_headers =
        (length == 2 && memcmp(bytes, "\r\n", 2) == 0) || (length == 1 && bytes[0] == '\n');
    transfer->headers_length += length;
    if (transfer->headers_length <= HEADERS_LENGTH_MAX)
        return length;
    transfer->refusal = "the headers of the answer are too large";
    return 0;
}

/* CURLOPT_WRITEFUNCTION: a piece of the body. */
static size_t
take_body(char *bytes, size_t size, size_t count, void *transfer_pointer)
{
    struct outbound_transfer *transfer = transfer_pointer;
    size_t length = size * count, enough = transfer->call->peer->answer_enough, needed;

    if (enough > 0 && length >= enough - transfer->answer_length) {
        length = enough - transfer->answer_length;
        transfer->has_enough = true;
    }
    needed = transfer->answer_length + length + 1;
    if (needed - 1 > OUTBOUND_ANSWER_MAX) {
        transfer->refusal = "the answer is too large";
        return 0;
    }
    if (needed > transfer->answer_size) {
        size_t new_size = transfer->answer_size != 0 ? transfer->answer_size : ANSWER_FIRST_SIZE;
        char *grown;

        while (new_size < needed)
            new_size *= 2;
        grown = realloc(transfer->answer, new_size);
        if (grown == NULL) {
            transfer->refusal = "no memory for the answer";
            return 0;
        }
        transfer->answer = grown;
        transfer->answer_size = new_size;
    }
    memcpy(transfer->answer + transfer->answer_length, bytes, length);
    transfer->answer_length += length;
    transfer->answer[transfer->answer_length] = '\0';
    return transfer->has_enough ? 0 : length; /* 0 ends the transfer */
}

/* CURLOPT_PREREQFUNCTION: the request is handed to a connection. Called again when libcurl sends it
 * once more by itself, since the connection was lost before an answer. */
static int
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
count_sending(void *transfer_pointer, char *address, char *local_address, int port, int local_port)
{
    struct outbound_transfer *transfer = transfer_pointer;

    (void)address;
    (void)local_address;
    (void)port;
    (void)local_port;
    transfer->sendings++;
    return CURL_PREREQFUNC_OK;
}

/* CURLOPT_OPENSOCKETFUNCTION: a connection to an address is about to be made. */
static curl_socket_t
open_socket(void *transfer_pointer, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct outbound_transfer *transfer = transfer_pointer;
    const struct networks *allowed = transfer->call->peer->allowed;

    (void)purpose;
    if (allowed != NULL && !network_is_public(&address->addr) &&
        !networks_contain(allowed, &address->addr)) {
        transfer->refusal = "its address is not one of the public internet";
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool
add_header(struct outbound_transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);

    if (longer == NULL)
        return false;
    transfer->headers = longer;
    return true;
}

static bool
set_headers(struct outbound_transfer *transfer)
{
    const struct outbound_call *call = transfer->call;

    if (!add_header(transfer, "Expect:")) /* none: no waiting for "100 Continue" */
        return false;
    for (size_t i = 0; i < OUTBOUND_HEADERS_MAX && call->headers[i] != NULL; i++) {
        if (!add_header(transfer, call->headers[i]))
            return false;
    }
    return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

#define SET(option, value) (curl_easy_setopt(easy, CURLOPT_##option, (value)) == CURLE_OK)

static bool
set_request(struct outbound_transfer *transfer)
{
    const struct outbound_call *call = transfer->call;
    CURL *easy = transfer->easy;

    if (!SET(URL, call->url) || !set_headers(transfer) ||
        !SET(USERAGENT, "payment-api/" PACKAGE_VERSION))
        return false;
    return call->body == NULL || (SET(POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length) &&
                                  SET(POSTFIELDS, call->body)); /* not copied */
}

/* Nothing is taken from the environment. */
static bool
set_proxy(CURL *easy, const struct outbound_peer *peer)
{
    if (peer->proxy == NULL)
        return SET(PROXY, "") && SET(NOPROXY, "*");
    return SET(PROXY, peer->proxy) && SET(NOPROXY, "") && SET(SUPPRESS_CONNECT_HEADERS, 1L) &&
           SET(PROXY_CAINFO, ca_file_of(peer)) && SET(PROXY_CAPATH, NULL);
}

static bool
set_options(struct outbound_transfer *transfer)
{
    const struct outbound_peer *peer = transfer->call->peer;
    CURL *easy = transfer->easy;

    return SET(PRIVATE, transfer) && SET(ERRORBUFFER, transfer->error) &&
           SET(WRITEFUNCTION, take_body) && SET(WRITEDATA, transfer) &&
           SET(HEADERFUNCTION, take_header) && SET(HEADERDATA, transfer) &&
           SET(PREREQFUNCTION, count_sending) && SET(PREREQDATA, transfer) &&
           SET(OPENSOCKETFUNCTION, open_socket) && SET(OPENSOCKETDATA, transfer) &&
           SET(PROTOCOLS_STR, "https") && SET(FOLLOWLOCATION, 0L) &&
           SET(NETRC, (long)CURL_NETRC_IGNORED) && set_proxy(easy, peer) &&
           SET(SSL_VERIFYPEER, 1L) && SET(SSL_VERIFYHOST, 2L) &&
           SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CAINFO, ca_file_of(peer)) &&
           SET(CAPATH, NULL) && SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
           SET(PIPEWAIT, 1L) && SET(NOSIGNAL, 1L) && SET(BUFFERSIZE, READ_SIZE) &&
           SET(UPLOAD_BUFFERSIZE, WRITE_SIZE) &&
           /* a name that is looked up slowly must not stop the loop when the call ends */
           SET(QUICK_EXIT, 1L) &&
           /* No limit on the whole: after a stall of the loop libcurl would end a call whose
            * answer has arrived. Without a limit on this part a second address is never tried. */
           SET(CONNECTTIMEOUT_MS, CONNECT_MS_MAX);
}

struct outbound_transfer *
transfer_new(struct outbound_call *call)
{
    struct outbound_transfer *transfer = calloc(1, sizeof *transfer);

    if (transfer == NULL)
        return NULL;
    transfer->call = call;
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL || !set_options(transfer) || !set_request(transfer)) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

void
transfer_free(struct outbound_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    free(transfer->answer);
    free(transfer);
}

/* A header of the answer; "" when it is absent, or too long to be one of these. */
static void
copy_header(const struct outbound_transfer *transfer, const char *name, char *to, size_t size)
{
    struct curl_header *header;

    to[0] = '\0';
    if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
        strlen(header->value) < size)
        strcpy(to, header->value);
}

/*
 * Is an answer whole that libcurl has taken for one? It also takes headers that end before their
 * blank line, and a body that ends with its connection, which any breakdown can do.
 */
static bool
is_whole(const struct outbound_transfer *transfer, long status)
{
    curl_off_t length = -1;
    long version = 0;
    char encoding[16];

    if (status < 200 || status > 599 || !transfer->has_all_headers)
        return false;
    if (transfer->call->peer->answer_enough > 0)
        return true;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK ||
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) != CURLE_OK)
        return false;
    if (version == CURL_HTTP_VERSION_2_0 || length >= 0 || status == 204 || status == 304)
        return true;
    copy_header(transfer, "Transfer-Encoding", encoding, sizeof encoding);
    return strcasecmp(encoding, "chunked") == 0;
}

static void
take_answer(struct outbound_transfer *transfer, int status)
{
    struct outbound_call *call = transfer->call;
    struct outbound_answer_headers *headers = &call->answer_headers;

    call->result = OUTBOUND_ANSWERED;
    call->status = status;
    if (transfer->answer != NULL) {
        call->answer = transfer->answer;
        call->answer_length = transfer->answer_length;
        transfer->answer = NULL;
    }
    copy_header(transfer, "Retry-After", headers->retry_after, sizeof headers->retry_after);
    copy_header(transfer, "Stripe-Should-Retry", headers->should_retry,
                sizeof headers->should_retry);
    copy_header(transfer, "Request-Id", headers->request_id, sizeof headers->request_id);
}

void
transfer_finish(struct outbound_transfer *transfer, CURLcode code)
{
    const char *error = "the answer was cut";
    long status = 0;

    transfer->call->was_repeated = transfer->sendings > 1;
    if ((code == CURLE_OK || transfer->has_enough) &&
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
        is_whole(transfer, status)) {
        take_answer(transfer, (int)status);
        return;
    }
    if (transfer->refusal != NULL)
        error = transfer->refusal;
    else if (code != CURLE_OK)
        error = transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code);
    transfer_give_up(transfer, error);
}

void
transfer_give_up(struct outbound_transfer *transfer, const char *error)
{
    struct outbound_call *call = transfer->call;

    call->result = was_sent(transfer) ? OUTBOUND_LOST : OUTBOUND_NOT_SENT;
    snprintf(call->error, sizeof call->error, "%s", error);
}

void
outbound_call_clear(struct outbound_call *call)
{
    if (call->answer != nothing)
        free(call->answer);
    call->answer = nothing;
    call->answer_length = 0;
    call->status = 0;
    call->was_repeated = false;
    call->error[0] = '\0';
    call->answer_headers = (struct outbound_answer_headers){.retry_after = ""};
}
