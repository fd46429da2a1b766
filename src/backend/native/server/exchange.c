/* What a request needs while it is on its way, pooled. Idle connections have none.
 *
 * The spans of a request point into the input buffer, which therefore stays where it is until the answer is out. If
 * more bytes are to be read meanwhile, the connection gets another buffer with what was unread, and the old one is
 * pinned. */
#include "conn.h"

#include "../../../base/memory.h"

#define IDLE_MAX 1024

struct mocket_exchange *mocket__exchange_new(struct mocket_conn *c)
{
    struct mocket_native_worker *w = c->worker;
    struct mocket_exchange *ex = w->idle_exchanges;
    if (ex != NULL) {
        w->idle_exchanges = ex->next_idle;
        w->idle_exchange_count--;
    } else {
        ex = mocket__new(sizeof(*ex));
        if (ex == NULL)
            return NULL;
        mocket__h1_init(&ex->h1, &w->server->limits);
        mocket__arena_init(&ex->arena, 0);
        ex->arena.till = w->till;
        ex->arena.part = MOCKET_CHARGE_REQUESTS;
        mocket__answer_init(&ex->sink);
        ex->source.read = mocket__body_read;
    }
    ex->conn = c;
    c->ex = ex;
    return ex;
}

static void release(struct mocket_exchange *ex)
{
    mocket__arena_release(&ex->arena);
    mocket__free(ex);
}

void mocket__exchange_free(struct mocket_exchange *ex)
{
    struct mocket_native_worker *w = ex->conn->worker;
    ex->conn->ex = NULL;
    ex->conn = NULL;
    if (w->idle_exchange_count >= IDLE_MAX) {
        release(ex);
        return;
    }
    ex->next_idle = w->idle_exchanges;
    w->idle_exchanges = ex;
    w->idle_exchange_count++;
}

void mocket__exchanges_release(struct mocket_native_worker *w)
{
    struct mocket_exchange *next;
    for (struct mocket_exchange *ex = w->idle_exchanges; ex != NULL; ex = next) {
        next = ex->next_idle;
        release(ex);
    }
    w->idle_exchanges = NULL;
    w->idle_exchange_count = 0;
}

/* ---- the buffer of a request ---- */

static bool is_shared(const struct mocket_exchange *ex)
{
    return ex->pinned.ptr != NULL && ex->pinned.ptr == ex->conn->in.ptr;
}

static void unpin(struct mocket_exchange *ex)
{
    struct mocket_input *in = &ex->conn->in;
    if (!is_shared(ex)) {
        if (ex->pinned.ptr != NULL)
            mocket__input_release(&ex->pinned, &ex->conn->worker->inputs);
    } else if (ex->has_saved) {
        in->ptr[in->start] = ex->saved;
    }
    ex->pinned = (struct mocket_input){ 0 };
    ex->has_saved = false;
}

bool mocket__exchange_unshare(struct mocket_exchange *ex)
{
    struct mocket_conn *c = ex->conn;
    struct mocket_input fresh;
    if (!is_shared(ex))
        return true;
    /* A body that is waited for comes in large pieces; otherwise this is room for the next request. */
    size_t len = c->wait == MOCKET_WAIT_BODY ? MOCKET_INPUT_LARGE : 0;
    if (!mocket__input_copy(&fresh, &c->worker->inputs, mocket__input_view(&c->in), len))
        return false;
    if (ex->has_saved && fresh.end > 0)
        fresh.ptr[0] = ex->saved;
    c->in = fresh;
    return true;
}

/* ---- the life of a request ---- */

/* A whole body gets its NUL in the place of the byte behind it, which is put back afterwards. */
static void offer_whole(struct mocket_exchange *ex, size_t len)
{
    struct mocket_input *in = &ex->conn->in;
    mocket_span data;
    mocket__h1_body(&ex->h1, (mocket_span){ in->ptr + in->start, len }, &data);
    ex->req.whole = data;
    ex->body_in += data.len;
    in->start += len;
    ex->saved = in->ptr[in->start];
    ex->has_saved = true;
    in->ptr[in->start] = '\0';
}

/* What a trusted proxy says of the client. */
static void learn_client(struct mocket_exchange *ex)
{
    struct mocket_message *msg = &ex->req.message;
    struct mocket_forwarded f = mocket__forwarded(&msg->fields, &ex->conn->worker->server->app->root->trusted);
    char *text = f.has_address ? mocket__arena_alloc(&ex->arena, MOCKET_ADDRESS_TEXT) : NULL;
    if (text != NULL)
        msg->peer = mocket__address_text(&f.address, text);
    else if (f.has_address || f.conflict)
        msg->peer = (mocket_span){ "", 0 };
    ex->peer_unknown = msg->peer.len == 0 && (f.has_address || f.conflict);
    if (f.has_scheme && f.https)
        msg->flags |= MOCKET_MESSAGE_TLS;
}

static void rebase(mocket_span *s, mocket_span from, const char *to)
{
    if (s->ptr >= from.ptr && s->ptr < from.ptr + from.len)
        s->ptr = to + (s->ptr - from.ptr);
}

/* The head of a handshake lives as long as the socket, and the input buffer shall not. False: no memory. */
static bool move_head(struct mocket_exchange *ex, mocket_span head)
{
    struct mocket_message *msg = &ex->req.message;
    mocket_span copy = mocket__arena_copy(&ex->arena, head);
    if (copy.ptr == NULL)
        return false;
    rebase(&msg->method_text, head, copy.ptr);
    rebase(&msg->target, head, copy.ptr);
    rebase(&msg->authority, head, copy.ptr);
    for (size_t i = 0; i < msg->fields.count; i++) {
        rebase(&msg->fields.rows[i].name, head, copy.ptr);
        rebase(&msg->fields.rows[i].value, head, copy.ptr);
    }
    return true;
}

void mocket__exchange_begin(struct mocket_exchange *ex, size_t used)
{
    struct mocket_conn *c = ex->conn;
    struct mocket_request *req = &ex->req;
    int64_t body_len = req->message.body_len;
    mocket_span head = { c->in.ptr + c->in.start, used };
    c->in.start += used;
    if (body_len != 0 || !(req->message.flags & MOCKET_MESSAGE_UPGRADE) || !move_head(ex, head))
        ex->pinned = c->in;
    ex->keep_alive = ex->h1.keep_alive;
    req->message.peer = (mocket_span){ c->peer, strlen(c->peer) };
    if (c->trusted)
        learn_client(ex);
    req->arena = &ex->arena;
    req->env = &c->env;
    ex->res.sink = &ex->sink;
    if (c->worker->server->opts->on_done != NULL)
        ex->began_ns = uv_hrtime();
    if (body_len == 0)
        return;
    if (body_len > 0 && (uint64_t)body_len <= mocket__input_len(&c->in))
        offer_whole(ex, (size_t)body_len);
    else
        req->source = &ex->source;
}

void mocket__exchange_reset(struct mocket_exchange *ex)
{
    unpin(ex);
    mocket__arena_reset(&ex->arena);
    mocket__h1_reset(&ex->h1);
    memset(&ex->req, 0, sizeof(ex->req));
    memset(&ex->res, 0, sizeof(ex->res));
    ex->fiber = NULL;
    ex->continued = false;
    ex->peer_unknown = false;
    ex->body_error = 0;
    ex->answer = MOCKET_ANSWER_NONE;
    ex->chunked = ex->until_close = false;
    ex->body_left = -1;
    ex->turn_len = 0;
    ex->status = 0;
    ex->began_ns = ex->body_in = ex->body_out = ex->body_waited_ms = 0;
}

void mocket__exchange_tell(const struct mocket_exchange *ex)
{
    const struct mocket_native_worker *w = ex->conn->worker;
    if (w->server->opts->on_done == NULL)
        return;
    struct mocket_native_done done = {
        .worker = w->app_worker,
        .message = &ex->req.message,
        .peer = ex->req.message.peer.ptr,
        .peer_unknown = ex->peer_unknown,
        .status = ex->status,
        .complete = ex->answer == MOCKET_ANSWER_DONE,
        .body_in = ex->body_in,
        .body_out = ex->body_out,
        .began_ns = ex->began_ns,
    };
    w->server->opts->on_done(w->server->opts->data, &done);
}
