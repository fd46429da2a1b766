/* libcurl's sockets. A watch outlives the exchange (D-44): as long as no event comes on a kept connection, its socket
 * is already watched when the next exchange begins, and a small request costs only the system calls for its own reads
 * and writes. So a socket may be watched for more events than libcurl wants; the watch is narrowed when an unwanted
 * event comes.
 *
 * libcurl 7.88 closes a socket whose connection was not complete without notice, and another socket, maybe of another
 * thread, soon has the same number. A libuv handle that still watched the number would then collide with the next
 * handle. So the pool watches its sockets with an epoll of its own, and libuv watches the epoll (D-52): the kernel
 * forgets closed sockets, and the serial number in an event shows whether it belongs to an earlier socket. A socket
 * whose connection is not complete is watched only while libcurl wants it.
 *
 * If a server answers and then breaks the connection, the answer counts: an error is passed to libcurl as readable
 * bytes, so that it finds the answer first and the error behind it. */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "transfer.h"

#define EVENTS_AT_ONCE 64

static struct mocket_plug *plug_of(const struct mocket_pool *pool, curl_socket_t fd)
{
    return (size_t)fd < pool->plug_cap && pool->plugs[fd].state != MOCKET_PLUG_FREE ? &pool->plugs[fd] : NULL;
}

/* All zero: what the kernel still watched of an earlier socket of this number is gone with that socket. */
static void plug_end(struct mocket_pool *pool, struct mocket_plug *plug)
{
    *plug = (struct mocket_plug){ .serial = plug->serial };
    pool->socket_count--;
}

static struct mocket_plug *plug_new(struct mocket_pool *pool, curl_socket_t fd)
{
    if ((size_t)fd >= pool->plug_cap) {
        size_t cap = (size_t)fd * 2 + 64;
        struct mocket_plug *plugs = mocket__realloc(pool->plugs, cap * sizeof *plugs);
        if (!plugs)
            return NULL;
        for (size_t i = pool->plug_cap; i < cap; i++)
            plugs[i] = (struct mocket_plug){ 0 };
        pool->plugs = plugs;
        pool->plug_cap = cap;
    }
    struct mocket_plug *plug = &pool->plugs[fd];
    int wanted = 0;
    if (plug->state != MOCKET_PLUG_FREE) { /* closed without notice, and libcurl may confuse the two sockets */
        wanted = plug->wanted;
        plug_end(pool, plug);
    }
    plug->state = MOCKET_PLUG_NEW;
    plug->serial++;
    plug->wanted = wanted;
    pool->socket_count++;
    return plug;
}

/* Watches the wanted events only. */
static int plug_watch(struct mocket_pool *pool, struct mocket_plug *plug)
{
    int fd = (int)(plug - pool->plugs);
    struct epoll_event event = { .events = (uint32_t)plug->wanted,
                                 .data.u64 = (uint64_t)plug->serial << 32 | (uint32_t)fd };
    int op = plug->polled == 0 ? EPOLL_CTL_ADD : plug->wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (plug->wanted == plug->polled)
        return 0;
    int rc = epoll_ctl(pool->epoll_fd, op, fd, &event);
    if (rc < 0 && plug->wanted != 0)
        return -1;
    plug->polled = plug->wanted; /* a socket that is not watched may have been closed without notice */
    return 0;
}

/* A broken socket is ready for everything. */
static void on_event(struct mocket_pool *pool, const struct epoll_event *event)
{
    int fd = (int)(event->data.u64 & INT32_MAX);
    struct mocket_plug *plug = plug_of(pool, fd);
    if (!plug || plug->serial != event->data.u64 >> 32)
        return;
    int events = (int)event->events;
    if (events & (EPOLLERR | EPOLLHUP))
        events |= plug->wanted;
    int mask = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
    if (mask & CURL_CSELECT_OUT && plug->wanted & EPOLLIN)
        mask |= CURL_CSELECT_IN; /* bytes that have arrived are read before a send can fail */
    if (events & plug->wanted)
        pool->calls->ready(pool, fd, mask);
    else
        plug_watch(pool, plug);
}

void mocket__pool_sockets(uv_poll_t *poll, int status, int ready)
{
    struct mocket_pool *pool = poll->data;
    struct epoll_event events[EVENTS_AT_ONCE];
    (void)status, (void)ready;
    int count = epoll_wait(pool->epoll_fd, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        on_event(pool, &events[i]);
}

int mocket__pool_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct mocket_pool *pool = arg;
    struct mocket_plug *plug = plug_of(pool, fd);
    (void)easy, (void)unused;
    if (what == CURL_POLL_REMOVE) {
        if (!plug)
            return 0;
        plug->wanted = 0;
        if (plug->state == MOCKET_PLUG_NEW) {
            plug_watch(pool, plug);
            plug_end(pool, plug);
        }
        return 0;
    }
    if (!plug)
        plug = plug_new(pool, fd);
    if (!plug)
        return -1;
    plug->wanted = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    return plug->wanted & ~plug->polled ? plug_watch(pool, plug) : 0;
}

curl_socket_t mocket__pool_open_socket(struct mocket_pool *pool, const struct curl_sockaddr *address)
{
    if (pool->socket_count >= pool->sockets_max) {
        errno = EMFILE;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct mocket_plug *plug = plug_new(pool, fd);
    if (plug && plug_watch(pool, plug) == 0)
        return fd;
    if (plug)
        plug_end(pool, plug);
    close(fd);
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
}

int mocket__pool_close_socket(struct mocket_pool *pool, curl_socket_t fd)
{
    struct mocket_plug *plug = plug_of(pool, fd);
    if (plug)
        plug_end(pool, plug);
    return close(fd);
}

void mocket__pool_keep_socket(struct mocket_pool *pool, curl_socket_t fd)
{
    struct mocket_plug *plug = plug_of(pool, fd);
    if (plug)
        plug->state = MOCKET_PLUG_KEPT;
}
