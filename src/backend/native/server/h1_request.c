/* What a request needs while it is under way, pooled. Idle connections have none.
 *
 * The spans of a request point into the input buffer, which therefore stays where it is until the answer is handed
 * over. If more bytes are to be read meanwhile, the connection gets another buffer with what was unread, and the old
 * one is pinned. */
#include "h1.h"

#include "../tls/tls.h"

#include "../../../base/memory.h"
#include "../../../base/span.h"

#define IDLE_MAX 1024

struct mocket_h1_exchange *mocket__h1_exchange_new(struct mocket_connection *c)
{
    struct mocket_native_worker *w = c->worker;
    struct mocket_h1_exchange *hx = w->idle_exchanges;
    if (hx) {
        w->idle_exchanges = hx->next_idle;
        w->idle_exchange_count--;
    } else {
        hx = mocket__new(sizeof *hx);
        if (!hx)
            return NULL;
        mocket__exchange_init(&hx->ex, w);
        mocket__h1_init(&hx->parser, &w->server->limits);
        mocket__h1_answer_init(&hx->sink);
        hx->source.read = mocket__h1_body_read;
        hx->saved = -1;
        hx->body_left = -1;
    }
    hx->connection = c;
    c->session = hx;
    return hx;
}

static void release(struct mocket_h1_exchange *hx)
{
    mocket__exchange_release(&hx->ex);
    mocket__free(hx);
}

bool mocket__h1_exchange_free(struct mocket_h1_exchange *hx)
{
    struct mocket_connection *c = hx->connection;
    struct mocket_native_worker *w = c->worker;
    if (w->idle_exchange_count >= IDLE_MAX) {
        release(hx);
    } else {
        hx->next_idle = w->idle_exchanges;
        w->idle_exchanges = hx;
        w->idle_exchange_count++;
    }
    return mocket__connection_end_session(c);
}

void mocket__h1_exchanges_release(struct mocket_native_worker *w)
{
    struct mocket_h1_exchange *next;
    for (struct mocket_h1_exchange *hx = w->idle_exchanges; hx; hx = next) {
        next = hx->next_idle;
        release(hx);
    }
    w->idle_exchanges = NULL;
    w->idle_exchange_count = 0;
}

/* ---- The buffer of a request ---- */

static bool is_shared(const struct mocket_h1_exchange *hx)
{
    return hx->pinned.ptr && hx->pinned.ptr == hx->connection->in.ptr;
}

static void unpin(struct mocket_h1_exchange *hx)
{
    struct mocket_input *in = &hx->connection->in;
    if (!is_shared(hx)) {
        if (hx->pinned.ptr)
            mocket__input_release(&hx->pinned, &hx->ex.worker->inputs);
    } else if (hx->saved >= 0) {
        in->ptr[in->start] = (char)hx->saved;
    }
    hx->pinned = (struct mocket_input){ 0 };
    hx->saved = -1;
}

bool mocket__h1_exchange_unshare(struct mocket_h1_exchange *hx)
{
    struct mocket_connection *c = hx->connection;
    struct mocket_input fresh;
    if (!is_shared(hx))
        return true;
    /* A body that is waited for comes in large pieces; otherwise this is room for the next request. */
    size_t len = hx->ex.state == MOCKET_EXCHANGE_READING ? MOCKET_INPUT_LARGE : 0;
    if (!mocket__input_copy(&fresh, &c->worker->inputs, mocket__input_view(&c->in), len))
        return false;
    if (hx->saved >= 0 && fresh.end > 0)
        fresh.ptr[0] = (char)hx->saved;
    c->in = fresh;
    return true;
}

/* ---- The life of a request ---- */

/* A whole body gets its NUL in the place of the byte behind it, which is put back afterwards. */
static void offer_whole(struct mocket_h1_exchange *hx, size_t len)
{
    struct mocket_input *in = &hx->connection->in;
    mocket_span data;
    mocket__h1_body(&hx->parser, (mocket_span){ in->ptr + in->start, len }, &data);
    hx->ex.req.whole = data;
    hx->ex.body_in += data.len;
    in->start += len;
    hx->saved = (unsigned char)in->ptr[in->start];
    in->ptr[in->start] = '\0';
}

/* What a trusted proxy says of the client. */
static void learn_client(struct mocket_exchange *ex)
{
    struct mocket_message *msg = &ex->req.message;
    struct mocket_forwarded f = mocket__forwarded(&msg->fields, &ex->worker->server->app->root->trusted);
    char *text = f.has_address ? mocket__arena_alloc(&ex->arena, MOCKET_ADDRESS_TEXT) : NULL;
    if (text)
        msg->peer = mocket__address_text(&f.address, text);
    else if (f.has_address || f.conflict)
        msg->peer = (mocket_span){ "", 0 };
    ex->peer_unknown = msg->peer.len == 0 && (f.has_address || f.conflict);
    if (f.has_scheme)
        msg->flags = f.https ? msg->flags | MOCKET_MESSAGE_TLS : msg->flags & ~(unsigned)MOCKET_MESSAGE_TLS;
}

/* The client's certificate, in a field that clients cannot forge. A proxy that is trusted may speak for its client
 * on a plain address. */
static bool learn_certificate(struct mocket_h1_exchange *hx)
{
    struct mocket_connection *c = hx->connection;
    struct mocket_fields *fields = &hx->ex.req.message.fields;
    if (!c->trusted || c->transport.secure) {
        mocket__fields_remove(fields, MOCKET_SPAN("client-cert"));
        mocket__fields_remove(fields, MOCKET_SPAN("client-cert-chain"));
    }
    if (!c->transport.secure)
        return true;
    /* The handler may outlive the transport. */
    mocket_span certificate = mocket__arena_copy(&hx->ex.arena, mocket__transport_tls_client(&c->transport));
    return certificate.ptr && mocket__fields_add(fields, &hx->ex.arena, MOCKET_SPAN("client-cert"), certificate) == 0;
}

bool mocket__h1_exchange_begin(struct mocket_h1_exchange *hx, size_t used)
{
    struct mocket_connection *c = hx->connection;
    struct mocket_exchange *ex = &hx->ex;
    struct mocket_request *req = &ex->req;
    int64_t body_len = req->message.body_len;
    mocket_span head = { c->in.ptr + c->in.start, used };
    c->in.start += used;
    /* The head of a handshake lives as long as the socket, and the input buffer shall not. */
    if (body_len != 0 || !(req->message.flags & MOCKET_MESSAGE_UPGRADE) ||
        !mocket__message_keep(&req->message, &ex->arena, head))
        hx->pinned = c->in;
    hx->keep_alive = hx->parser.keep_alive;
    ex->client = mocket__connection_client(c);
    req->message.peer = (mocket_span){ c->peer, c->peer_len };
    if (c->transport.secure)
        req->message.flags |= MOCKET_MESSAGE_TLS;
    bool ok = !c->worker->server->trusts_client_cert || learn_certificate(hx);
    if (c->trusted)
        learn_client(ex);
    req->arena = &ex->arena;
    req->env = &c->worker->env;
    ex->res.sink = &hx->sink;
    if (c->worker->server->opts->on_done)
        ex->began_ns = uv_hrtime();
    if (body_len > 0 && (uint64_t)body_len <= mocket__input_len(&c->in))
        offer_whole(hx, (size_t)body_len);
    else if (body_len != 0)
        req->source = &hx->source;
    return ok;
}

void mocket__h1_exchange_reset(struct mocket_h1_exchange *hx)
{
    unpin(hx);
    mocket__exchange_reset(&hx->ex);
    mocket__h1_reset(&hx->parser);
    hx->continued = false;
    hx->body_error = 0;
    hx->body_waited_ms = 0;
    hx->answer = MOCKET_ANSWER_NONE;
    hx->framing = MOCKET_FRAMING_NONE;
    hx->body_left = -1;
}
