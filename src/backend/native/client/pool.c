/* Runs libcurl on the loop. libcurl reports its sockets, the events that it waits for, and the time of its next call;
 * libuv watches these and calls libcurl. The owners of exchanges are called last, when libcurl has returned and may be
 * called again.
 *
 * A watch outlives the exchange (D-44): as long as no event comes on a kept connection, its socket is already watched
 * when the next exchange begins, and a small request costs only the system calls for its own reads and writes. So a
 * socket may be watched for more events than libcurl wants; the watch is narrowed when an unwanted event comes.
 *
 * libcurl 7.88 closes a socket whose connection was not complete without notice, and another socket, maybe of another
 * thread, soon has the same number. A libuv handle that still watched the number would then collide with the next
 * handle. So the pool watches its sockets with an epoll of its own, and libuv watches the epoll (D-52): the kernel
 * forgets closed sockets, and the serial number in an event shows whether it belongs to an earlier socket. A socket
 * whose connection is not complete is watched only while libcurl wants it.
 *
 * If a server answers and then breaks the connection, the answer counts: an error is passed to libcurl as readable
 * bytes, so that it finds the answer first and the error behind it.
 *
 * libcurl closes kept connections that are too old only when it looks for one to use. When there has been no exchange
 * for some time, the whole multi handle is freed, with all its connections. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "../native.h"
#include "transfer.h"

#define KEPT_MAX 256u
#define UNUSED_MS 60000
#define EVENTS_AT_ONCE 64

/* The last thing that happens to it. */
static void pool_gone(struct mocket_pool *pool)
{
    mocket__free(pool->plugs);
    mocket__free(pool);
    curl_global_cleanup();
}

void mocket__pool_handle_closed(struct mocket_pool *pool)
{
    if (--pool->open_handles == 0)
        pool_gone(pool);
}

/* ---- telling ---- */

static void on_soon(uv_idle_t *soon);

static void hurry(struct mocket_pool *pool)
{
    uv_idle_start(&pool->soon, on_soon);
}

void mocket__pool_tell(struct mocket_outgoing *out)
{
    struct mocket_pool *pool = out->pool;
    if (out->is_changed)
        return;
    out->is_changed = true;
    mocket__list_append(&pool->changed, &out->changed_link);
    if (!pool->told_in_turn)
        hurry(pool);
}

void mocket__pool_forget(struct mocket_outgoing *out)
{
    if (!out->is_changed)
        return;
    mocket__list_remove(&out->pool->changed, &out->changed_link);
    out->is_changed = false;
}

void mocket__pool_slots_due(struct mocket_pool *pool)
{
    pool->slots_due = true;
    if (!pool->told_in_turn)
        hurry(pool);
}

/* Calls the owners of the exchanges that have changed so far. Later changes are reported in the loop's next turn, after
 * the other sockets. */
static void tell_all(struct mocket_pool *pool)
{
    size_t count = 0;
    if (pool->slots_due)
        mocket__slots_hand_out(pool);
    MOCKET_LIST_EACH (struct mocket_outgoing, out, &pool->changed, changed_link)
        count++;
    while (count-- > 0 && !mocket__list_is_empty(&pool->changed)) {
        struct mocket_outgoing *out = MOCKET_LIST_FIRST(&pool->changed, struct mocket_outgoing, changed_link);
        mocket__pool_forget(out);
        if (out->unwanted && out->out_paused) { /* libcurl waits for bytes that the server does not want */
            out->out_paused = false;
            mocket__transfer_unpause(out);
        }
        out->opts.changed(out->opts.data);
    }
    if (!mocket__list_is_empty(&pool->changed))
        hurry(pool);
}

/* ---- libcurl's turn ---- */

static void collect(struct mocket_pool *pool)
{
    CURLMsg *message;
    int left;
    while (pool->multi && (message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        struct mocket_outgoing *out = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &out);
        mocket__transfer_done(out, result);
    }
}

/* From the loop only. */
static void run_curl(struct mocket_pool *pool, curl_socket_t fd, int events)
{
    int running;
    pool->told_in_turn = true;
    if (pool->multi)
        curl_multi_socket_action(pool->multi, fd, events, &running);
    collect(pool);
    pool->told_in_turn = false;
    tell_all(pool);
}

static void on_soon(uv_idle_t *soon)
{
    struct mocket_pool *pool = soon->data;
    bool due = pool->curl_due;
    uv_idle_stop(soon);
    pool->curl_due = false;
    if (due)
        run_curl(pool, CURL_SOCKET_TIMEOUT, 0);
    else
        tell_all(pool);
}

static void on_timer(uv_timer_t *timer);

/* libcurl counts in finer steps than libuv, and does not ask again for a time that it has asked for: a call too early
 * must not be the last one. A time of zero goes by the idle handle, because libuv would run timers before sockets for
 * as long as there are such. */
static void set_timer(struct mocket_pool *pool, long timeout_ms)
{
    uv_timer_stop(&pool->timer);
    pool->curl_due = timeout_ms == 0;
    if (timeout_ms == 0) {
        hurry(pool);
    } else if (timeout_ms > 0) {
        uv_update_time(pool->loop);
        uv_timer_start(&pool->timer, on_timer, (uint64_t)timeout_ms + 1, 0);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct mocket_pool *pool = timer->data;
    long timeout_ms = -1;
    run_curl(pool, CURL_SOCKET_TIMEOUT, 0);
    if (pool->multi && !pool->curl_due && !uv_is_active((uv_handle_t *)timer) &&
        curl_multi_timeout(pool->multi, &timeout_ms) == CURLM_OK && timeout_ms >= 0)
        set_timer(pool, timeout_ms);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    set_timer(arg, timeout_ms);
    return 0;
}

/* ---- sockets ---- */

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
        run_curl(pool, fd, mask);
    else
        plug_watch(pool, plug);
}

static void on_sockets(uv_poll_t *poll, int status, int ready)
{
    struct mocket_pool *pool = poll->data;
    struct epoll_event events[EVENTS_AT_ONCE];
    (void)status, (void)ready;
    int count = epoll_wait(pool->epoll_fd, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++)
        on_event(pool, &events[i]);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
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

/* ---- what is kept ---- */

static void drop_multi(struct mocket_pool *pool)
{
    while (pool->idle_count > 0)
        curl_easy_cleanup(pool->idle[--pool->idle_count]);
    if (pool->multi)
        curl_multi_cleanup(pool->multi);
    pool->multi = NULL;
    pool->curl_due = false;
    uv_timer_stop(&pool->timer);
}

static void on_sweep(uv_timer_t *sweep)
{
    struct mocket_pool *pool = sweep->data;
    uint64_t unused_ms = uv_now(pool->loop) - pool->used_ms;
    if (pool->busy_count == 0 && unused_ms >= UNUSED_MS)
        drop_multi(pool);
    else
        uv_timer_start(sweep, on_sweep, pool->busy_count > 0 ? UNUSED_MS : UNUSED_MS - unused_ms, 0);
}

static long at_most(size_t n, size_t most)
{
    return (long)(n < most ? n : most);
}

static CURLM *multi_new(struct mocket_pool *pool)
{
    CURLM *multi = curl_multi_init();
    if (!multi)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, pool);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)pool->connections_max);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      at_most(pool->connections_max, MOCKET_CONNECTIONS_PER_HOST));
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, at_most(pool->connections_max, KEPT_MAX));
    /* One exchange at a time on each connection, in HTTP/2 too: a reader that is slow holds back its own connection
     * and nobody else's answer. */
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return multi;
}

int mocket__pool_ready(struct mocket_pool *pool)
{
    pool->used_ms = uv_now(pool->loop);
    if (!pool->multi) {
        pool->multi = multi_new(pool);
        if (!pool->multi)
            return MOCKET_ENOMEM;
    }
    if (!uv_is_active((uv_handle_t *)&pool->sweep))
        uv_timer_start(&pool->sweep, on_sweep, UNUSED_MS, 0);
    return 0;
}

CURL *mocket__pool_take_easy(struct mocket_pool *pool)
{
    return pool->idle_count > 0 ? pool->idle[--pool->idle_count] : curl_easy_init();
}

void mocket__pool_give_easy(struct mocket_pool *pool, CURL *easy)
{
    if (pool->idle_count == MOCKET_IDLE_EASIES_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    pool->idle[pool->idle_count++] = easy;
}

/* ---- life ---- */

static const char *env_text(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

static void on_handle_closed(uv_handle_t *handle)
{
    mocket__pool_handle_closed(handle->data);
}

static void on_lookups_closed(void *data)
{
    mocket__pool_handle_closed(data);
}

/* What may fail. False: what is there has to go again. */
static bool open_parts(struct mocket_pool *pool, uv_loop_t *loop)
{
    pool->share = curl_share_init();
    pool->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!pool->share || pool->epoll_fd < 0)
        return false;
    pool->lookups = mocket__lookups_new(loop, on_lookups_closed, pool);
    if (!pool->lookups)
        return false;
    pool->open_handles = 1;
    if (uv_poll_init(loop, &pool->poll, pool->epoll_fd) < 0)
        return false;
    pool->open_handles++;
    return true;
}

static void close_parts(struct mocket_pool *pool)
{
    curl_share_cleanup(pool->share);
    if (pool->open_handles > 1)
        uv_close((uv_handle_t *)&pool->poll, on_handle_closed);
    if (pool->epoll_fd >= 0)
        close(pool->epoll_fd);
    if (pool->lookups)
        mocket__lookups_free(pool->lookups);
    else
        pool_gone(pool);
}

struct mocket_pool *mocket__pool_new(uv_loop_t *loop, size_t connections_max)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    struct mocket_pool *pool = mocket__new(sizeof *pool);
    if (!pool) {
        curl_global_cleanup();
        return NULL;
    }
    pool->loop = loop;
    pool->connections_max = connections_max > 0 ? connections_max : 1;
    pool->sockets_max = mocket__native_outgoing_descriptors(pool->connections_max);
    pool->timer.data = pool->sweep.data = pool->soon.data = pool->poll.data = pool;
    if (!open_parts(pool, loop)) {
        close_parts(pool);
        return NULL;
    }
    curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    pool->ca_file = env_text("SSL_CERT_FILE");
    pool->ca_dir = env_text("SSL_CERT_DIR");
    uv_timer_init(loop, &pool->timer);
    uv_timer_init(loop, &pool->sweep);
    uv_idle_init(loop, &pool->soon);
    uv_poll_start(&pool->poll, UV_READABLE, on_sockets);
    uv_unref((uv_handle_t *)&pool->poll); /* exchanges have timers, which keep the loop alive */
    uv_unref((uv_handle_t *)&pool->sweep);
    pool->open_handles += 3;
    return pool;
}

void mocket__pool_free(struct mocket_pool *pool)
{
    if (!pool)
        return;
    while (!mocket__list_is_empty(&pool->open))
        mocket__outgoing_end(MOCKET_LIST_FIRST(&pool->open, struct mocket_outgoing, link));
    assert(pool->busy_count == 0 && pool->slots_used == 0 && pool->waiting_count == 0);
    assert(mocket__list_is_empty(&pool->lines) && mocket__list_is_empty(&pool->changed));
    mocket__outgoing_forget_unused(pool);
    drop_multi(pool);
    uv_close((uv_handle_t *)&pool->timer, on_handle_closed);
    uv_close((uv_handle_t *)&pool->sweep, on_handle_closed);
    uv_close((uv_handle_t *)&pool->soon, on_handle_closed);
    close_parts(pool);
}

uint64_t mocket__pool_new_owner(struct mocket_pool *pool)
{
    return ++pool->last_owner;
}

void mocket__pool_watch_lookups(struct mocket_pool *pool, void (*counted)(void *data, int change), void *data)
{
    mocket__lookups_watch(pool->lookups, counted, data);
}
