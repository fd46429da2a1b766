/* LD_PRELOAD: names below example.com as a hostile or slow name server gives them. slowN: after N seconds there is no
 * answer. loop: 127.0.0.1. inside: 10.0.0.1 and 127.0.0.1. gone: no such name. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
    const char *known = name ? strstr(name, ".example.com") : NULL;
    if (!known)
        return real(name, service, hints, out);
    if (strncmp(name, "slow", 4) == 0) {
        sleep((unsigned)atoi(name + 4));
        return EAI_AGAIN;
    }
    if (strncmp(name, "gone", 4) == 0)
        return EAI_NONAME;
    int rc = real("127.0.0.1", service, hints, out);
    if (rc == 0 && strncmp(name, "inside", 6) == 0)
        rc = real("10.0.0.1", service, hints, &(*out)->ai_next);
    return rc;
}
