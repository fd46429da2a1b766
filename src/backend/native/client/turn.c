/* What a pool does in the loop's next turn: it tells owners of exchanges, and hands out slots. And the pool's handles
 * of the loop: the pool is gone with the last one. */
#include "../../../base/memory.h"
#include "transfer.h"

/* The last thing that happens to it. */
void mocket__pool_gone(struct mocket_pool *pool)
{
    mocket__free(pool->plugs);
    mocket__free(pool);
    curl_global_cleanup();
}

void mocket__pool_handle_closed(struct mocket_pool *pool)
{
    if (--pool->open_handles == 0)
        mocket__pool_gone(pool);
}

void mocket__pool_hurry(struct mocket_pool *pool)
{
    uv_idle_start(&pool->soon, pool->calls->soon);
}

void mocket__pool_tell(struct mocket_outgoing *out)
{
    struct mocket_pool *pool = out->pool;
    if (out->is_changed)
        return;
    out->is_changed = true;
    mocket__list_append(&pool->changed, &out->changed_link);
    if (!pool->told_in_turn)
        mocket__pool_hurry(pool);
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
        mocket__pool_hurry(pool);
}
