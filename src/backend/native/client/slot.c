/* Slots limit the exchanges that libcurl has at a time, in all and with one server. Further exchanges wait here (D-50).
 *
 * libcurl has limits of its own, and a queue. An exchange in that queue would lose its addresses, because libcurl
 * forgets all addresses when an exchange ends (transfer.c gives the reason). There are never more slots than
 * connections, so an exchange that libcurl gets has its connection at once.
 *
 * Servers with waiting exchanges take turns: a slow server with a long line does not delay the others. */
#include <assert.h>

#include "../../../base/memory.h"
#include "transfer.h"

/* A host and port that at least one exchange has a slot for, or waits for. */
struct mocket_line {
    struct mocket_link link; /* in the pool */
    size_t used;
    struct mocket_list waiting; /* exchanges, by waiting_link */
    size_t name_len;
    char name[]; /* as the URL has it, "host:port" */
};

static struct mocket_line *line_of(struct mocket_pool *pool, mocket_span host, mocket_span port)
{
    size_t name_len = host.len + 1 + port.len;
    MOCKET_LIST_EACH (struct mocket_line, at, &pool->lines, link)
        if (at->name_len == name_len && mocket__span_ieq((mocket_span){ at->name, host.len }, host) &&
            mocket__span_eq((mocket_span){ at->name + host.len + 1, port.len }, port))
            return at;
    struct mocket_line *line = mocket__new(sizeof *line + name_len);
    if (!line)
        return NULL;
    line->name_len = name_len;
    memcpy(line->name, host.ptr, host.len);
    line->name[host.len] = ':';
    memcpy(line->name + host.len + 1, port.ptr, port.len);
    mocket__list_append(&pool->lines, &line->link);
    return line;
}

static void enqueue(struct mocket_outgoing *out)
{
    mocket__list_append(&out->line->waiting, &out->waiting_link);
    out->pool->waiting_count++;
}

static void dequeue(struct mocket_outgoing *out)
{
    mocket__list_remove(&out->line->waiting, &out->waiting_link);
    out->pool->waiting_count--;
}

static bool is_free(const struct mocket_pool *pool, const struct mocket_line *line)
{
    return pool->slots_used < pool->connections_max && line->used < MOCKET_CONNECTIONS_PER_HOST;
}

static void use(struct mocket_pool *pool, struct mocket_line *line)
{
    line->used++;
    pool->slots_used++;
    assert(pool->slots_used <= pool->connections_max && line->used <= MOCKET_CONNECTIONS_PER_HOST);
}

int mocket__slot_take(struct mocket_outgoing *out, mocket_span host, mocket_span port)
{
    struct mocket_pool *pool = out->pool;
    assert(!out->line);
    out->line = line_of(pool, host, port);
    if (!out->line)
        return MOCKET_ENOMEM;
    if (is_free(pool, out->line) && mocket__list_is_empty(&out->line->waiting) && !pool->slots_due) {
        use(pool, out->line);
        return 0;
    }
    enqueue(out);
    out->hop = MOCKET_HOP_SLOT;
    return MOCKET_EAGAIN;
}

void mocket__slot_give(struct mocket_outgoing *out)
{
    struct mocket_pool *pool = out->pool;
    struct mocket_line *line = out->line;
    if (!line)
        return;
    if (out->hop == MOCKET_HOP_SLOT) {
        dequeue(out);
    } else {
        assert(line->used > 0 && pool->slots_used >= line->used);
        line->used--;
        pool->slots_used--;
    }
    out->line = NULL;
    if (line->used == 0 && mocket__list_is_empty(&line->waiting)) {
        mocket__list_remove(&pool->lines, &line->link);
        mocket__free(line);
    }
    if (pool->waiting_count > 0)
        mocket__pool_slots_due(pool);
}

static struct mocket_line *next_line(const struct mocket_pool *pool)
{
    if (pool->waiting_count == 0)
        return NULL;
    MOCKET_LIST_EACH (struct mocket_line, line, &pool->lines, link)
        if (!mocket__list_is_empty(&line->waiting) && is_free(pool, line))
            return line;
    return NULL;
}

void mocket__slots_hand_out(struct mocket_pool *pool)
{
    struct mocket_line *line;
    while ((line = next_line(pool)) != NULL) {
        struct mocket_outgoing *out = MOCKET_LIST_FIRST(&line->waiting, struct mocket_outgoing, waiting_link);
        dequeue(out);
        use(pool, line);
        mocket__list_remove(&pool->lines, &line->link);
        mocket__list_append(&pool->lines, &line->link);
        pool->calls->go(out);
    }
    pool->slots_due = false;
}
