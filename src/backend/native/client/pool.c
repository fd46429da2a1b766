/* Runs libcurl on the loop. libcurl reports its sockets, the events that it waits for, and the time of its next call;
 * libuv watches these and calls libcurl. The owners of exchanges are called last, when libcurl has returned and may be
 * called again. This file is the top of the folder: what the files below must tell it comes through struct
 * mocket_pool_calls. */
#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../../base/memory.h"
#include "../native.h"
#include "transfer.h"

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
        mocket__pool_hurry(pool);
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
        mocket__pool_hurry(pool);
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
        mocket__pool_gone(pool);
}

struct mocket_pool *mocket__pool_new(uv_loop_t *loop, size_t connections_max)
{
    static const struct mocket_pool_calls calls = { .ready = run_curl,
                                                    .timer = on_curl_timer,
                                                    .soon = on_soon,
                                                    .go = mocket__transfer_go,
                                                    .late = mocket__transfer_fail };
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    struct mocket_pool *pool = mocket__new(sizeof *pool);
    if (!pool) {
        curl_global_cleanup();
        return NULL;
    }
    pool->calls = &calls;
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
    uv_poll_start(&pool->poll, UV_READABLE, mocket__pool_sockets);
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
    mocket__pool_drop_multi(pool);
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
