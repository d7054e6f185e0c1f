/*
 * FastCGI parameters: libfcgi takes them apart, from memory.
 *
 * libfcgi reads from a descriptor, and waits there without a time limit. So a request that is whole
 * is written into a piece of memory that has a descriptor, and is read from there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/fastcgi_params.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_SIZE RECORD_REQUEST_SIZE(RECORD_PARAMS_MAX)

static bool
open_memory(struct fastcgi_params *params)
{
    void *memory;

    params->memory_fd = memfd_create("payment-api request", MFD_CLOEXEC);
    if (params->memory_fd < 0 || ftruncate(params->memory_fd, MEMORY_SIZE) != 0)
        return false;
    memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, params->memory_fd, 0);
    params->memory = memory != MAP_FAILED ? memory : NULL;
    return params->memory != NULL;
}

static void
close_memory(struct fastcgi_params *params)
{
    if (params->memory != NULL)
        munmap(params->memory, MEMORY_SIZE);
    if (params->memory_fd >= 0)
        close(params->memory_fd);
    params->memory = NULL;
    params->memory_fd = -1;
}

bool
fastcgi_params_open(struct fastcgi_params *params)
{
    *params = (struct fastcgi_params){.memory_fd = -1};
    /* No listening socket for libfcgi: it must never accept a connection by itself. */
    return FCGX_Init() == 0 && FCGX_InitRequest(&params->request, -1, 0) == 0 &&
           open_memory(params);
}

void
fastcgi_params_close(struct fastcgi_params *params)
{
    FCGX_Free(&params->request, 0);
    close_memory(params);
}

char **
fastcgi_params_take(struct fastcgi_params *params, const struct record_reader *reader)
{
    FCGX_Request *request = &params->request;

    FCGX_Free(request, 0);
    if (params->memory == NULL && !open_memory(params))
        return NULL;
    record_write_request(reader, params->memory);
    if (lseek(params->memory_fd, 0, SEEK_SET) != 0)
        return NULL;
    request->ipcFd = params->memory_fd;
    request->keepConnection = 1; /* or libfcgi closes what it reads from */
    if (FCGX_Accept_r(request) == 0)
        return request->envp;
    /* It has closed the descriptor: that number may be another's soon. */
    params->memory_fd = request->ipcFd >= 0 ? params->memory_fd : -1;
    close_memory(params);
    return NULL;
}
