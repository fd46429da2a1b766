/* What an owner of an outgoing request does with it: begin, read, write, end.
 *
 * Two buffers of bounded size (held.c) lie between libcurl and the owner. */
#include <assert.h>

#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../http/url.h"
#include "transfer.h"

#define UNUSED_MAX 1024u     /* of a pool */
#define EXCHANGE_COST 49152u /* libcurl's memory for an exchange, beside copies of its head */

/* ---- beginning ---- */

static int copy_fields(struct mocket_outgoing *out, const struct mocket_fields *fields)
{
    for (size_t i = 0; fields && i < fields->count; i++) {
        mocket_span name = fields->rows[i].name, value = fields->rows[i].value;
        if (!mocket__is_token(name) || !mocket__is_sent_value(value))
            return MOCKET_EINVAL;
        if (mocket__is_hop_by_hop(name) || mocket__span_ieq(name, MOCKET_SPAN("content-length")))
            continue;
        name = mocket__arena_copy(&out->arena, name);
        value = mocket__arena_copy(&out->arena, mocket__span_trim(value.len > 0 ? value : MOCKET_SPAN("")));
        if (!name.ptr || !value.ptr || mocket__fields_add(&out->sent, &out->arena, name, value) < 0)
            return MOCKET_ENOMEM;
    }
    return 0;
}

static int copy_opts(struct mocket_outgoing *out, const struct mocket_outgoing_opts *opts)
{
    mocket_span method = opts->method;
    if (!mocket__is_token(method) || mocket__span_eq(method, MOCKET_SPAN("CONNECT")))
        return MOCKET_EINVAL;
    out->opts = *opts;
    out->opts.method = mocket__arena_copy(&out->arena, method);
    if (!out->opts.method.ptr)
        return MOCKET_ENOMEM;
    out->has_body = opts->streams || opts->body.ptr;
    out->streamed = opts->streams;
    if (out->has_body && mocket__span_eq(method, MOCKET_SPAN("HEAD")))
        return MOCKET_EINVAL; /* libcurl has no way to send it */
    out->out_left = opts->streams ? opts->body_len : 0;
    if (!opts->timeout_ms)
        out->opts.timeout_ms = MOCKET_OUTGOING_TIMEOUT_MS;
    if (!opts->silence_ms)
        out->opts.silence_ms = out->opts.timeout_ms;
    return copy_fields(out, opts->fields);
}

static int copy_url(struct mocket_outgoing *out, mocket_span url)
{
    if (!url.ptr || !mocket__has_url_bytes(url)) /* a guest's may be anything */
        return MOCKET_EINVAL;
    mocket_span text = mocket__arena_copy(&out->arena, url);
    if (!text.ptr)
        return MOCKET_ENOMEM;
    out->url = curl_url();
    return out->url ? mocket__transfer_set_url(out, text.ptr, CURLU_PATH_AS_IS) : MOCKET_ENOMEM;
}

static struct mocket_outgoing *take_unused(struct mocket_pool *pool)
{
    struct mocket_outgoing *out = MOCKET_LIST_FIRST(&pool->unused, struct mocket_outgoing, link);
    if (!out)
        return NULL;
    mocket__list_remove(&pool->unused, &out->link);
    pool->unused_count--;
    return out;
}

/* libuv keeps a timer until the loop runs again, which an owner that begins and ends many exchanges may not let it do:
 * so timers are used again. */
static struct mocket_outgoing *new_outgoing(struct mocket_pool *pool)
{
    struct mocket_outgoing *out = take_unused(pool);
    if (out) {
        memset((char *)out + sizeof out->timer, 0, sizeof *out - sizeof out->timer);
    } else {
        out = mocket__new(sizeof *out);
        if (!out)
            return NULL;
        uv_timer_init(pool->loop, &out->timer);
        pool->open_handles++;
    }
    out->pool = pool;
    return out;
}

/* libcurl has the lines of the head, and writes them out behind each other when it sends them. */
static int charge(struct mocket_outgoing *out, const struct mocket_outgoing_opts *opts)
{
    size_t head_len = opts->url.len;
    for (size_t i = 0; opts->fields && i < opts->fields->count; i++)
        head_len += opts->fields->rows[i].name.len + opts->fields->rows[i].value.len;
    if (!mocket__till_take(opts->till, MOCKET_CHARGE_OUTGOING, EXCHANGE_COST + 2 * head_len))
        return MOCKET_ELIMIT;
    out->charged = EXCHANGE_COST + 2 * head_len;
    out->arena.till = out->in.till = out->out.till = opts->till;
    out->arena.part = MOCKET_CHARGE_OUTGOING;
    return 0;
}

int mocket__outgoing_start(struct mocket_pool *pool, const struct mocket_outgoing_opts *opts,
                           struct mocket_outgoing **result)
{
    struct mocket_outgoing *out = new_outgoing(pool);
    *result = NULL;
    if (!out)
        return MOCKET_ENOMEM;
    out->state = out->end = MOCKET_EAGAIN;
    mocket__arena_init(&out->arena, 0);
    mocket__list_prepend(&pool->open, &out->link);

    int rc = charge(out, opts);
    if (rc == 0)
        rc = copy_opts(out, opts);
    if (rc == 0)
        rc = copy_url(out, opts->url);
    out->head_mark = mocket__arena_mark(&out->arena);
    if (rc == 0)
        rc = mocket__transfer_begin(out);
    if (rc < 0) {
        mocket__outgoing_end(out);
        return rc;
    }
    mocket__outgoing_watch(out);
    *result = out;
    return 0;
}

/* ---- the answer ---- */

int mocket__outgoing_state(const struct mocket_outgoing *out)
{
    return out->state;
}

const char *mocket__outgoing_reason(const struct mocket_outgoing *out)
{
    return out->reason;
}

int mocket__outgoing_status(const struct mocket_outgoing *out)
{
    return out->status;
}

const struct mocket_fields *mocket__outgoing_fields(const struct mocket_outgoing *out)
{
    return &out->fields;
}

/* Returns whether the whole body has arrived, even if libcurl still sends. */
static bool is_over(const struct mocket_outgoing *out)
{
    return out->end != MOCKET_EAGAIN || (out->state == 0 && out->left == 0 && !out->sent_all);
}

ptrdiff_t mocket__outgoing_read(struct mocket_outgoing *out, void *buf, size_t cap)
{
    size_t n = mocket__held_take(&out->in, buf, cap);
    if (out->in_paused && out->in.len <= MOCKET_OUTGOING_BUFFER / 2) {
        out->in_paused = false;
        mocket__transfer_unpause(out);
        if (n == 0)
            n = mocket__held_take(&out->in, buf, cap);
    }
    return n > 0 ? (ptrdiff_t)n : !is_over(out) ? MOCKET_EAGAIN : out->end != MOCKET_EAGAIN ? out->end : 0;
}

bool mocket__outgoing_readable(const struct mocket_outgoing *out)
{
    return out->in.len > 0 || is_over(out);
}

/* ---- the request's body ---- */

static bool takes_no_more(const struct mocket_outgoing *out)
{
    return out->unwanted || out->hop == MOCKET_HOP_IDLE || out->location || !out->opts.streams;
}

ptrdiff_t mocket__outgoing_write(struct mocket_outgoing *out, mocket_span bytes)
{
    size_t room = MOCKET_OUTGOING_BUFFER - out->out.len;
    bool no_memory = false;
    if (out->finished || !out->streamed)
        return MOCKET_ESTATE;
    if (takes_no_more(out))
        return MOCKET_ECLOSED;
    if (out->out_left >= 0 && bytes.len > (uint64_t)out->out_left)
        return MOCKET_EINVAL;
    if (bytes.len == 0 || room == 0)
        return bytes.len == 0 ? 0 : MOCKET_EAGAIN;
    bytes = mocket__span_slice(bytes, 0, room);
    if (!mocket__held_put(&out->out, bytes.ptr, bytes.len, &no_memory))
        return no_memory ? MOCKET_ENOMEM : MOCKET_EAGAIN;
    out->out_left -= out->out_left >= 0 ? (int64_t)bytes.len : 0;
    if (out->out_paused) {
        out->out_paused = false;
        mocket__transfer_unpause(out);
    }
    return (ptrdiff_t)bytes.len;
}

bool mocket__outgoing_writable(const struct mocket_outgoing *out)
{
    return out->finished || takes_no_more(out) || out->out.len < MOCKET_OUTGOING_BUFFER;
}

int mocket__outgoing_finish(struct mocket_outgoing *out)
{
    if (out->finished)
        return 0;
    out->finished = true;
    if (takes_no_more(out))
        return 0;
    if (out->out_left > 0) {
        mocket__transfer_fail(out, MOCKET_EINVAL, "the request's body ended before its length");
        return MOCKET_EINVAL;
    }
    if (out->out_paused) {
        out->out_paused = false;
        mocket__transfer_unpause(out);
    }
    return 0;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *timer)
{
    struct mocket_outgoing *out = (struct mocket_outgoing *)timer;
    struct mocket_pool *pool = out->pool;
    mocket__free(out);
    mocket__pool_handle_closed(pool);
}

static void put_away(struct mocket_outgoing *out)
{
    struct mocket_pool *pool = out->pool;
    if (pool->unused_count >= UNUSED_MAX) {
        uv_close((uv_handle_t *)&out->timer, on_closed);
        return;
    }
    uv_timer_stop(&out->timer);
    mocket__list_prepend(&pool->unused, &out->link);
    pool->unused_count++;
}

void mocket__outgoing_end(struct mocket_outgoing *out)
{
    if (!out)
        return;
    mocket__transfer_stop(out);
    mocket__pool_forget(out);
    assert(!out->easy && !out->line && !out->asker.lookup && !out->is_changed); /* nothing refers to it any more */
    mocket__list_remove(&out->pool->open, &out->link);
    if (out->url)
        curl_url_cleanup(out->url);
    mocket__free(out->location);
    mocket__held_release(&out->in);
    mocket__held_release(&out->out);
    mocket__arena_release(&out->arena);
    mocket__till_give(out->arena.till, MOCKET_CHARGE_OUTGOING, out->charged);
    put_away(out);
}

void mocket__outgoing_forget_unused(struct mocket_pool *pool)
{
    struct mocket_outgoing *out;
    while ((out = take_unused(pool)) != NULL)
        uv_close((uv_handle_t *)&out->timer, on_closed);
}
