/*
 * Of static programs only: nothing of the host is loaded into them.
 *
 * glibc's static programs can load libraries, and these bring the host's own C library along: where
 * it is an older one, that ends in an abort. So names of hosts, services and users are looked up
 * with what is built in, not with what nsswitch.conf lists, and Connector/C's plugins are not
 * there.
 *
 * SPDX-License-Identifier: MIT
 */
#include <features.h>

#ifdef __GLIBC__
#include <dlfcn.h>
#include <nss.h>
#include <stdlib.h>

/* Before main(): there it would be one more thing that both programs must not forget. */
static void __attribute__((constructor)) use_built_in_names(void)
{
    static const char *const services[][2] = {
        {"hosts", "files dns"},
        {"services", "files"},
        {"passwd", "files"},
    };

    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (__nss_configure_lookup(services[i][0], services[i][1]) != 0)
            abort();
    }
}

/* These two stand in for the C library's. */
void *
dlopen(const char *path, int flags)
{
    (void)path;
    (void)flags;
    return NULL;
}

char *
dlerror(void)
{
    static char message[] = "a static program loads no library";

    return message;
}
#endif
