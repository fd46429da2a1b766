/* Slots: how many exchanges libcurl has at a time, in all and with one server. The others wait here.
 *
 * libcurl has limits of its own, and a queue behind them. An exchange in that queue would lose its addresses, because
 * libcurl forgets all addresses whenever an exchange ends (transfer.c says why). Slots are never more than connections:
 * an exchange that libcurl gets has its connection at once.
 *
 * Servers that have exchanges waiting take turns: a slow server with a long line does not hold up the others. */
#include <assert.h>

#include "../../../base/memory.h"
#include "transfer.h"

/* A host and port that at least one exchange has a slot for, or waits for. */
struct mocket_line {
    struct mocket_line *next, *prev; /* in the pool */
    size_t used;
    struct mocket_outgoing *first, *last; /* that wait */
    size_t name_len;
    char name[]; /* as the URL has it, "host:port" */
};

static void append_line(struct mocket_pool *pool, struct mocket_line *line)
{
    line->next = NULL;
    line->prev = pool->lines_last;
    if (line->prev)
        line->prev->next = line;
    else
        pool->lines_first = line;
    pool->lines_last = line;
}

static void unlink_line(struct mocket_pool *pool, struct mocket_line *line)
{
    if (line->prev)
        line->prev->next = line->next;
    else
        pool->lines_first = line->next;
    if (line->next)
        line->next->prev = line->prev;
    else
        pool->lines_last = line->prev;
}

static struct mocket_line *line_of(struct mocket_pool *pool, mocket_span host, mocket_span port)
{
    size_t name_len = host.len + 1 + port.len;
    for (struct mocket_line *at = pool->lines_first; at; at = at->next)
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
    append_line(pool, line);
    return line;
}

static void enqueue(struct mocket_outgoing *out)
{
    struct mocket_line *line = out->line;
    out->next_waiting = NULL;
    out->prev_waiting = line->last;
    if (line->last)
        line->last->next_waiting = out;
    else
        line->first = out;
    line->last = out;
    out->pool->waiting_count++;
}

static void dequeue(struct mocket_outgoing *out)
{
    struct mocket_line *line = out->line;
    if (out->prev_waiting)
        out->prev_waiting->next_waiting = out->next_waiting;
    else
        line->first = out->next_waiting;
    if (out->next_waiting)
        out->next_waiting->prev_waiting = out->prev_waiting;
    else
        line->last = out->prev_waiting;
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
}

int mocket__slot_take(struct mocket_outgoing *out, mocket_span host, mocket_span port)
{
    struct mocket_pool *pool = out->pool;
    assert(!out->line);
    out->line = line_of(pool, host, port);
    if (!out->line)
        return MOCKET_ENOMEM;
    if (is_free(pool, out->line) && !out->line->first && !pool->slots_due) {
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
        line->used--;
        pool->slots_used--;
    }
    out->line = NULL;
    if (line->used == 0 && !line->first) {
        unlink_line(pool, line);
        mocket__free(line);
    }
    if (pool->waiting_count > 0)
        mocket__pool_slots_due(pool);
}

static struct mocket_line *next_line(const struct mocket_pool *pool)
{
    struct mocket_line *line = pool->waiting_count > 0 ? pool->lines_first : NULL;
    while (line && !(line->first && is_free(pool, line)))
        line = line->next;
    return line;
}

void mocket__slots_hand_out(struct mocket_pool *pool)
{
    struct mocket_line *line;
    while ((line = next_line(pool)) != NULL) {
        struct mocket_outgoing *out = line->first;
        dequeue(out);
        use(pool, line);
        unlink_line(pool, line);
        append_line(pool, line);
        mocket__transfer_go(out);
    }
    pool->slots_due = false;
}
