/*
 * The listening socket: given on standard input, or opened here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"

/* How long a predecessor that is still answering its last requests is waited for. */
#define PREDECESSOR_WAIT_MS 5000
#define PREDECESSOR_POLL_MS 50

union address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_un local;
    struct sockaddr_storage storage;
};

bool
listener_is_inherited(void)
{
    socklen_t length = sizeof(int);
    int listening = 0;

    return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 &&
           listening != 0;
}

/* True when other machines can reach the address. */
static bool
is_remote(const union address *address)
{
    switch (address->any.sa_family) {
    case AF_INET:
        return ntohl(address->ipv4.sin_addr.s_addr) >> 24 != 127;
    case AF_INET6:
        return !IN6_IS_ADDR_LOOPBACK(&address->ipv6.sin6_addr);
    default:
        return false;
    }
}

static bool
refuse_remote(const union address *address, const struct config *config,
              char error[CONFIG_ERROR_SIZE])
{
    if (config->allow_remote || !is_remote(address))
        return false;
    snprintf(error, CONFIG_ERROR_SIZE,
             "other machines could reach this address, and FastCGI has no authentication: listen on"
             " a unix socket or 127.0.0.1, or set allow_remote = yes behind a firewall");
    return true;
}

/* True when a process listens there; false also for a file that nobody listens on any more. */
static bool
is_in_use(const union address *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool used;

    if (fd < 0)
        return true; /* that cannot be told: better no socket than somebody else's */
    used = connect(fd, &address->any, sizeof address->local) == 0 || errno != ECONNREFUSED;
    close(fd);
    return used;
}

static bool
clear_path(const union address *address, char error[CONFIG_ERROR_SIZE])
{
    const char *path = address->local.sun_path;
    struct stat status;

    if (lstat(path, &status) != 0)
        return true;
    if (!S_ISSOCK(status.st_mode)) {
        snprintf(error, CONFIG_ERROR_SIZE, "%s exists and is no socket", path);
        return false;
    }
    for (int waited = 0; is_in_use(address); waited += PREDECESSOR_POLL_MS) {
        if (waited >= PREDECESSOR_WAIT_MS) {
            snprintf(error, CONFIG_ERROR_SIZE, "another process listens on %s", path);
            return false;
        }
        clock_sleep_ms(PREDECESSOR_POLL_MS);
    }
    unlink(path);
    return true;
}

static bool
open_local(struct listener *listener, const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    union address address = {.local = {.sun_family = AF_UNIX}};
    struct stat status;
    mode_t mask;
    int bound;

    if (strlen(config->listen) >= sizeof address.local.sun_path) {
        snprintf(error, CONFIG_ERROR_SIZE, "the path of a unix socket has at most %zu characters",
                 sizeof address.local.sun_path - 1);
        return false;
    }
    strcpy(address.local.sun_path, config->listen);
    if (!clear_path(&address, error))
        return false;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mask = umask((mode_t)(~config->listen_mode & 0777));
    bound = bind(listener->fd, &address.any, sizeof address.local);
    umask(mask);
    if (bound != 0) {
        snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", config->listen, strerror(errno));
        return false;
    }
    strcpy(listener->path, config->listen);
    if (lstat(listener->path, &status) == 0) {
        listener->device = status.st_dev;
        listener->inode = status.st_ino;
    }
    return true;
}

/* Splits "127.0.0.1:9000" or "[::1]:9000"; false when it is neither. */
static bool
split_host_port(const char *listen, char host[256], char port[16])
{
    const char *colon = strrchr(listen, ':');
    size_t length;

    if (colon == NULL || colon == listen || colon[1] == '\0' || strlen(colon + 1) >= 16)
        return false;
    length = (size_t)(colon - listen);
    if (listen[0] == '[' && listen[length - 1] == ']') {
        listen++;
        length -= 2;
    }
    memcpy(host, listen, length);
    host[length] = '\0';
    strcpy(port, colon + 1);
    return true;
}

static bool
open_network(struct listener *listener, const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[256], port[16];
    union address address;
    const int on = 1;
    int result;
    bool good;

    if (!split_host_port(config->listen, host, port)) {
        snprintf(error, CONFIG_ERROR_SIZE, "listen must be the path of a unix socket or HOST:PORT");
        return false;
    }
    result = getaddrinfo(host, port, &hints, &found);
    if (result != 0) {
        snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", config->listen, gai_strerror(result));
        return false;
    }
    memset(&address, 0, sizeof address);
    memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    if (refuse_remote(&address, config, error)) {
        freeaddrinfo(found);
        return false;
    }
    listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    good = bind(listener->fd, &address.any, found->ai_addrlen) == 0;
    if (!good)
        snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", config->listen, strerror(errno));
    freeaddrinfo(found);
    return good;
}

static bool
take_inherited(struct listener *listener, const struct config *config,
               char error[CONFIG_ERROR_SIZE])
{
    union address address;
    socklen_t length = sizeof address;

    memset(&address, 0, sizeof address);
    if (getsockname(STDIN_FILENO, &address.any, &length) == 0 &&
        refuse_remote(&address, config, error))
        return false;
    listener->fd = STDIN_FILENO;
    return true;
}

bool
listener_open(struct listener *listener, const struct config *config, char error[CONFIG_ERROR_SIZE])
{
    bool inherited = listener_is_inherited();
    bool good;

    *listener = (struct listener){.fd = -1};
    if (inherited) {
        good = take_inherited(listener, config, error);
    } else if (config->listen[0] == '\0') {
        snprintf(error, CONFIG_ERROR_SIZE,
                 "no socket to listen on: start it with spawn-fcgi or a systemd socket, or give"
                 " --listen PATH or --listen 127.0.0.1:PORT");
        good = false;
    } else if (strchr(config->listen, '/') != NULL) {
        good = open_local(listener, config, error);
    } else {
        good = open_network(listener, config, error);
    }
    if (good && !inherited && listen(listener->fd, SOMAXCONN) != 0) {
        snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", config->listen, strerror(errno));
        good = false;
    }
    if (good)
        fcntl(listener->fd, F_SETFL, fcntl(listener->fd, F_GETFL) | O_NONBLOCK);
    else
        listener_close(listener);
    return good;
}

bool
listener_is_orphaned(const struct listener *listener)
{
    struct stat status;

    return listener->path[0] != '\0' &&
           (lstat(listener->path, &status) != 0 || status.st_dev != listener->device ||
            status.st_ino != listener->inode);
}

void
listener_close(struct listener *listener)
{
    /* In this order: once it is closed, a successor may have put its own socket there. */
    if (listener->path[0] != '\0')
        unlink(listener->path);
    if (listener->fd >= 0)
        close(listener->fd);
    *listener = (struct listener){.fd = -1};
}
