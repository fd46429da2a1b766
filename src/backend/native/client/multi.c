/* What a pool keeps for later exchanges: libcurl's multi handle with its connections, and easy handles.
 *
 * libcurl closes kept connections that are too old only when it looks for one to use. When there has been no exchange
 * for some time, the whole multi handle is freed, with all its connections. */
#include "transfer.h"

#define KEPT_MAX 256u
#define UNUSED_MS 60000

void mocket__pool_drop_multi(struct mocket_pool *pool)
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
        mocket__pool_drop_multi(pool);
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
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, mocket__pool_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, pool->calls->timer);
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
