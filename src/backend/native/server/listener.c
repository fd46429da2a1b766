/* "host:port", ":port", "[v6]:port", each with "https://" before it for TLS, and "unix:path" to listening descriptors.
 *
 * With SO_REUSEPORT every worker has a queue of its own and the kernel deals connections out. But two programs of one
 * user that both ask for it share a port in silence. So the first descriptor is bound without it: a taken port is an
 * error. Afterwards it gets the option, which the kernel looks at when the next one is bound; the port is never let go
 * between, and port 0 is chosen once for all.
 *
 * A Unix socket has one queue, which the workers share. A file left behind by a process that died is removed; one that
 * somebody answers is an error. */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <mocket.h>

#include "../../../base/memory.h"
#include "../native.h"

#define BACKLOG 1024
#define HOST_LEN 256
#define SECURE "https://"

struct address {
    struct sockaddr_storage sa;
    socklen_t len;
    bool everywhere; /* ":port" */
};

/* What the system's text for an errno leaves open. */
static const struct {
    int code;
    const char *text;
} advice[] = {
    { EADDRINUSE, ": something listens there already" },
    { EEXIST, ", and it is not a socket" },
    { EADDRNOTAVAIL, ": no interface of this machine has this address" },
    { EACCES, ": a port below 1024 needs root or CAP_NET_BIND_SERVICE, a socket file a writable folder" },
};

static int fail(char problem[MOCKET_PROBLEM_LEN], const char *address, int code)
{
    const char *more = "";
    for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++)
        if (advice[i].code == code)
            more = advice[i].text;
    snprintf(problem, MOCKET_PROBLEM_LEN, "cannot listen on %s: %s%s", address, strerror(code), more);
    return code == EADDRINUSE || code == EEXIST ? MOCKET_ESTATE : MOCKET_EIO;
}

static int malformed(char problem[MOCKET_PROBLEM_LEN], const char *address)
{
    snprintf(problem, MOCKET_PROBLEM_LEN, "\"%s\" is not an address: use " MOCKET_ADDRESS_FORMS, address);
    return MOCKET_EINVAL;
}

/* ---- host:port ---- */

static int port_of(const char *text)
{
    int port = 0, digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < 6; text++, digits++)
        port = port * 10 + (*text - '0');
    return *text != '\0' || digits == 0 || port > 65535 ? -1 : port;
}

/* Splits at the last colon; brackets around the host go. The port, or -1. */
static int split(const char *address, char host[HOST_LEN])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || (size_t)(colon - address) >= HOST_LEN)
        return -1;
    size_t len = (size_t)(colon - address);
    if (len > 0 && address[0] == '[') {
        if (len < 3 || address[len - 1] != ']')
            return -1;
        address++;
        len -= 2;
        if (memchr(address, ':', len) == NULL)
            return -1;
    } else if (memchr(address, ':', len) != NULL) {
        return -1; /* IPv6 without brackets */
    }
    memcpy(host, address, len);
    host[len] = '\0';
    return port_of(colon + 1);
}

static bool is_local(const char *address)
{
    return strncmp(address, "unix:", 5) == 0;
}

/* The address without the scheme. */
static const char *bare(const char *address)
{
    return address + (mocket__native_is_secure(address) ? strlen(SECURE) : 0);
}

bool mocket__native_is_secure(const char *address)
{
    return strncasecmp(address, SECURE, strlen(SECURE)) == 0;
}

int mocket__native_port(const char *address)
{
    char host[HOST_LEN];
    return is_local(address) ? -1 : split(bare(address), host);
}

bool mocket__native_is_address(const char *address)
{
    return is_local(address) ? address[5] != '\0' : mocket__native_port(address) >= 0;
}

static void everywhere(struct address *out, int port)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->sa;
    v6->sin6_family = AF_INET6;
    v6->sin6_addr = in6addr_any;
    v6->sin6_port = htons((uint16_t)port);
    out->len = sizeof(*v6);
    out->everywhere = true;
}

/* IPv4 first: a name such as localhost stands for both, and clients that know one of them know that. */
static int look_up(struct address *out, const char *host, int port)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *list, *best;
    char service[12];
    snprintf(service, sizeof(service), "%d", port);
    int rc = getaddrinfo(host, service, &hints, &list);
    if (rc != 0)
        return rc;
    best = list;
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next)
        if (a->ai_family == AF_INET && best->ai_family != AF_INET)
            best = a;
    memcpy(&out->sa, best->ai_addr, best->ai_addrlen);
    out->len = best->ai_addrlen;
    freeaddrinfo(list);
    return 0;
}

static int parse(struct address *out, const char *address, char problem[MOCKET_PROBLEM_LEN])
{
    char host[HOST_LEN];
    int port = split(bare(address), host);
    if (port < 0)
        return malformed(problem, address);
    if (host[0] == '\0') {
        everywhere(out, port);
        return 0;
    }
    int rc = look_up(out, host, port);
    if (rc == 0)
        return 0;
    snprintf(problem, MOCKET_PROBLEM_LEN, "cannot listen on %s: %s", address, gai_strerror(rc));
    return MOCKET_EIO;
}

/* IPv6 is switched off: every address is every IPv4 address. */
static void fall_back(struct address *a)
{
    in_port_t port = ((struct sockaddr_in6 *)&a->sa)->sin6_port;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a->sa;
    memset(&a->sa, 0, sizeof(a->sa));
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    a->len = sizeof(*v4);
}

static int bind_socket(const struct address *a, bool share)
{
    static const int on = 1, off = 0;
    int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* connections inherit it */
    if (a->sa.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, a->everywhere ? &off : &on, sizeof(on));
    if ((!share || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
        bind(fd, (const struct sockaddr *)&a->sa, a->len) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int bind_first(struct mocket_listener *l, struct address *a)
{
    static const int on = 1;
    int fd = bind_socket(a, false);
    if (fd < 0 && a->everywhere && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        fall_back(a);
        fd = bind_socket(a, false);
    }
    if (fd < 0)
        return -1;
    l->fds[0] = fd;
    /* Somebody else may have bound it without listening yet: only listening tells. */
    if (listen(fd, BACKLOG) < 0)
        return -1;
    a->len = sizeof(a->sa);
    if (getsockname(fd, (struct sockaddr *)&a->sa, &a->len) < 0)
        return -1;
    return l->count > 1 ? setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) : 0;
}

static void write_url(struct mocket_listener *l, const struct address *a)
{
    char host[INET6_ADDRSTRLEN];
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->sa;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->sa;
    int port = ntohs(a->sa.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    const char *scheme = l->secure ? SECURE : "http://";
    l->port = port;
    if (a->everywhere) /* the line tells that other machines reach the app too */
        snprintf(l->url, sizeof(l->url), "%slocalhost:%d (on every interface)", scheme, port);
    else if (a->sa.ss_family == AF_INET)
        snprintf(l->url, sizeof(l->url), "%s%s:%d", scheme, inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host)),
                 port);
    else
        snprintf(l->url, sizeof(l->url), "%s[%s]:%d", scheme, inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host)),
                 port);
}

static int open_tcp(struct mocket_listener *l, const char *address, char problem[MOCKET_PROBLEM_LEN])
{
    struct address a = { 0 };
    int rc = parse(&a, address, problem);
    if (rc < 0)
        return rc;
    if (bind_first(l, &a) < 0)
        return fail(problem, address, errno);
    for (int i = 1; i < l->count; i++) {
        l->fds[i] = bind_socket(&a, true);
        if (l->fds[i] < 0 || listen(l->fds[i], BACKLOG) < 0)
            return fail(problem, address, errno);
    }
    write_url(l, &a);
    return 0;
}

/* ---- unix:path ---- */

/* The errno of a connection to the socket; 0: it succeeds. ECONNREFUSED: nothing listens. */
static int try_connect(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int code = fd >= 0 && connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    return code;
}

/* Removes a stale socket file. False, with errno: something listens there, it is not a socket, or nobody can tell. */
static bool clear_path(const struct sockaddr_un *name)
{
    struct stat st;
    if (lstat(name->sun_path, &st) < 0)
        return true;
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int code = try_connect(name);
    if (code == ECONNREFUSED)
        return unlink(name->sun_path) == 0;
    errno = code == 0 || code == EAGAIN ? EADDRINUSE : code;
    return false;
}

static int open_local(struct mocket_listener *l, const char *address, char problem[MOCKET_PROBLEM_LEN])
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    struct stat st;
    const char *path = address + 5;
    size_t len = strlen(path);
    if (len == 0)
        return malformed(problem, address);
    errno = ENAMETOOLONG;
    if (len >= sizeof(name.sun_path))
        return fail(problem, address, errno);
    memcpy(name.sun_path, path, len + 1);
    l->fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fds[0] < 0 || !clear_path(&name) || bind(l->fds[0], (struct sockaddr *)&name, sizeof(name)) < 0)
        return fail(problem, address, errno);
    l->local = true;
    memcpy(l->path, path, len + 1);
    if (lstat(path, &st) == 0) {
        l->device = st.st_dev;
        l->inode = st.st_ino;
    }
    if (listen(l->fds[0], BACKLOG) < 0)
        return fail(problem, address, errno);
    for (int i = 1; i < l->count; i++)
        if ((l->fds[i] = dup(l->fds[0])) < 0)
            return fail(problem, address, errno);
    snprintf(l->url, sizeof(l->url), "unix:%s", path);
    return 0;
}

/* ---- The promises of the header ---- */

int mocket__listener_open(struct mocket_listener *l, const char *address, int count, char problem[MOCKET_PROBLEM_LEN])
{
    *l = (struct mocket_listener){ .count = count, .secure = mocket__native_is_secure(address) };
    l->fds = mocket__new(sizeof(int) * (size_t)count);
    if (l->fds == NULL) {
        errno = ENOMEM;
        return fail(problem, address, errno);
    }
    for (int i = 0; i < count; i++)
        l->fds[i] = -1;
    int rc = is_local(address) ? open_local(l, address, problem) : open_tcp(l, address, problem);
    if (rc < 0)
        mocket__listener_close(l);
    return rc;
}

void mocket__listener_close(struct mocket_listener *l)
{
    struct stat st;
    for (int i = 0; l->fds != NULL && i < l->count; i++)
        if (l->fds[i] >= 0)
            close(l->fds[i]);
    if (l->local && lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->path);
    mocket__free(l->fds);
    *l = (struct mocket_listener){ 0 };
}
