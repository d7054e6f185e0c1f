/*
 * The listening socket: given on standard input, or opened here.
 *
 * SPDX-License-Identifier: MIT
 */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"

/* How long a predecessor that is still answering its last requests is waited for. */
#define PREDECESSOR_WAIT_MS 5000
#define LOCK_WAIT_MS 1000
#define POLL_MS 50

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
    used = connect(fd, &address->any, sizeof address->local) == 0 ||
           (errno != ECONNREFUSED && errno != ENOENT);
    close(fd);
    return used;
}

/*
 * Keeps other processes of this program from changing paths in the same folder until the descriptor
 * is closed, so that none is removed or replaced between a look at it and the change. -1 when that
 * cannot be: then it is done without.
 */
static int
lock_folder(const char *path)
{
    char folder[PATH_MAX];
    size_t length = (size_t)(strrchr(path, '/') - path) + 1;
    int fd;

    memcpy(folder, path, length);
    folder[length] = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int waited = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; waited += POLL_MS) {
        if (waited >= LOCK_WAIT_MS) {
            close(fd);
            return -1;
        }
        clock_sleep_ms(POLL_MS);
    }
    return fd;
}

static void
unlock_folder(int fd)
{
    if (fd >= 0)
        close(fd);
}

enum claim {
    CLAIM_DONE,
    CLAIM_IN_USE, /* somebody listens there */
    CLAIM_NO_SOCKET,
    CLAIM_FAILED, /* errno says why */
};

/* A socket that listens under this name, which nothing has yet. */
static enum claim
open_name(struct listener *listener, const union address *name, const struct config *config)
{
    struct stat status;
    mode_t mask;
    int bound;

    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mask = umask((mode_t)(~config->listen_mode & 0777));
    bound = bind(listener->fd, &name->any, sizeof name->local);
    umask(mask);
    if (bound != 0)
        return CLAIM_FAILED;
    if (listen(listener->fd, SOMAXCONN) != 0 || lstat(name->local.sun_path, &status) != 0) {
        unlink(name->local.sun_path);
        return CLAIM_FAILED;
    }
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    return CLAIM_DONE;
}

/* Lets the path lead here instead of to the process that listens there, and never to none. */
static enum claim
replace_path(struct listener *listener, const union address *address, const struct config *config)
{
    union address draft = {.local = {.sun_family = AF_UNIX}};
    const size_t size = sizeof draft.local.sun_path;

    if (snprintf(draft.local.sun_path, size, "%s.%ld", config->listen, (long)getpid()) >=
        (int)size) {
        errno = ENAMETOOLONG;
        return CLAIM_FAILED;
    }
    unlink(draft.local.sun_path); /* of a process that had the same number, and was killed */
    if (open_name(listener, &draft, config) != CLAIM_DONE)
        return CLAIM_FAILED;
    if (rename(draft.local.sun_path, address->local.sun_path) != 0) {
        unlink(draft.local.sun_path);
        return CLAIM_FAILED;
    }
    return CLAIM_DONE;
}

static enum claim
claim_path(struct listener *listener, const union address *address, const struct config *config,
           bool replace)
{
    const char *path = address->local.sun_path;
    struct stat status;

    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return CLAIM_NO_SOCKET;
        if (is_in_use(address))
            return replace ? replace_path(listener, address, config) : CLAIM_IN_USE;
        unlink(path);
    }
    return open_name(listener, address, config);
}

/* The same while nobody else does it, and waits for a predecessor that is about to leave the path.
 */
static enum claim
wait_for_path(struct listener *listener, const union address *address, const struct config *config,
              bool replace)
{
    for (int waited = 0;; waited += POLL_MS) {
        int lock = lock_folder(address->local.sun_path);
        enum claim claim = claim_path(listener, address, config, replace);

        unlock_folder(lock);
        if (claim != CLAIM_IN_USE || waited >= PREDECESSOR_WAIT_MS)
            return claim;
        clock_sleep_ms(POLL_MS);
    }
}

static bool
open_local(struct listener *listener, const struct config *config, bool replace,
           char error[CONFIG_ERROR_SIZE])
{
    union address address = {.local = {.sun_family = AF_UNIX}};

    if (strlen(config->listen) >= sizeof address.local.sun_path) {
        snprintf(error, CONFIG_ERROR_SIZE, "the path of a unix socket has at most %zu characters",
                 sizeof address.local.sun_path - 1);
        return false;
    }
    strcpy(address.local.sun_path, config->listen);
    switch (wait_for_path(listener, &address, config, replace)) {
    case CLAIM_DONE:
        strcpy(listener->path, config->listen);
        return true;
    case CLAIM_IN_USE:
        snprintf(error, CONFIG_ERROR_SIZE,
                 "another process listens on %s; --replace takes the path over", config->listen);
        break;
    case CLAIM_NO_SOCKET:
        snprintf(error, CONFIG_ERROR_SIZE, "%s exists and is no socket", config->listen);
        break;
    case CLAIM_FAILED:
        snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", config->listen, strerror(errno));
        break;
    }
    return false;
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

/* Waits for a predecessor that is still answering its last requests. */
static bool
bind_when_free(int fd, const union address *address, socklen_t length)
{
    int waited = 0;

    while (bind(fd, &address->any, length) != 0) {
        if (errno != EADDRINUSE || waited >= PREDECESSOR_WAIT_MS)
            return false;
        clock_sleep_ms(POLL_MS);
        waited += POLL_MS;
    }
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
    good = bind_when_free(listener->fd, &address, found->ai_addrlen) &&
           listen(listener->fd, SOMAXCONN) == 0;
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
listener_open(struct listener *listener, const struct config *config, bool replace,
              char error[CONFIG_ERROR_SIZE])
{
    bool inherited = listener_is_inherited();
    bool good;

    *listener = (struct listener){.fd = -1};
    if (replace && (inherited || strchr(config->listen, '/') == NULL)) {
        snprintf(error, CONFIG_ERROR_SIZE, "--replace needs a unix socket's path as listen");
        good = false;
    } else if (inherited) {
        good = take_inherited(listener, config, error);
    } else if (config->listen[0] == '\0') {
        snprintf(error, CONFIG_ERROR_SIZE,
                 "no socket to listen on: start it with spawn-fcgi or a systemd socket, or give"
                 " --listen PATH or --listen 127.0.0.1:PORT");
        good = false;
    } else if (strchr(config->listen, '/') != NULL) {
        good = open_local(listener, config, replace, error);
    } else {
        good = open_network(listener, config, error);
    }
    if (good)
        fcntl(listener->fd, F_SETFL, fcntl(listener->fd, F_GETFL) | O_NONBLOCK);
    else
        listener_close(listener);
    return good;
}

/* What stands at the path of a socket that was made here. */
enum occupant {
    OCCUPANT_NONE,
    OCCUPANT_SELF,
    OCCUPANT_OTHER,
};

static enum occupant
occupant_of(const struct listener *listener)
{
    struct stat status;

    if (lstat(listener->path, &status) != 0)
        return OCCUPANT_NONE;
    return status.st_dev == listener->device && status.st_ino == listener->inode ? OCCUPANT_SELF
                                                                                 : OCCUPANT_OTHER;
}

bool
listener_is_orphaned(const struct listener *listener)
{
    return listener->path[0] != '\0' && occupant_of(listener) != OCCUPANT_SELF;
}

bool
listener_is_taken_over(const struct listener *listener)
{
    return listener->path[0] != '\0' && occupant_of(listener) == OCCUPANT_OTHER;
}

void
listener_withdraw(const struct listener *listener)
{
    int lock;

    if (listener->path[0] == '\0')
        return;
    lock = lock_folder(listener->path);
    if (occupant_of(listener) == OCCUPANT_SELF)
        unlink(listener->path);
    unlock_folder(lock);
}

void
listener_close(struct listener *listener)
{
    listener_withdraw(listener);
    if (listener->fd >= 0)
        close(listener->fd);
    *listener = (struct listener){.fd = -1};
}
