/* HTTP/1.x as a protocol.
 *
 * work serves requests until one is under way, an answer is still being sent, the connection ends, or there is no
 * input. The first step of a handler runs within it: most handlers return without waiting, and the next request of a
 * pipeline follows in the same loop. */
#include "h1.h"

#include "door.h"

static struct mocket_h1_exchange *session(const struct mocket_connection *c)
{
    return c->session;
}

static bool is_active(const struct mocket_connection *c)
{
    return c->session && mocket__exchange_is_active(&session(c)->ex);
}

/* A head that is not complete, or was refused. */
static void drop_head(struct mocket_connection *c)
{
    if (!c->session || is_active(c))
        return;
    if (session(c)->parser.scanned > 0) /* else it was reset, and nothing has used it since */
        mocket__h1_exchange_reset(session(c));
    mocket__h1_exchange_free(session(c));
}

static void settle(struct mocket_connection *c)
{
    if (!is_active(c)) {
        if (mocket__connection_discards(c))
            c->in.start = c->in.end;
        if (mocket__input_len(&c->in) == 0)
            drop_head(c);
    }
    mocket__connection_settle(c);
}

/* ---- Handlers ---- */

/* The app that answers. */
static mocket_app *app_of(const struct mocket_exchange *ex)
{
    const struct mocket_connection *c = ex->owner;
    const struct mocket_server *s = c->worker->server;
    bool door =
        s->door && !c->transport.secure && mocket__door_takes(s->door, ex->req.message.target, c->arrival->redirects);
    return door ? s->door->app : s->app;
}

static void run_handler(void *arg)
{
    struct mocket_exchange *ex = arg;
    mocket_dispatch(app_of(ex), &ex->req, &ex->res);
}

enum served { SERVED_NONE, SERVED_ONE, SERVED_GONE };

/* The answer was handed over, as far as that went. */
static enum served finish_answer(struct mocket_connection *c)
{
    struct mocket_h1_exchange *hx = session(c);
    bool complete = hx->answer == MOCKET_ANSWER_DONE;
    if (!complete || !hx->keep_alive) {
        bool sends = !hx->parser.body_done || mocket__input_len(&c->in) > 0;
        mocket__connection_advance(c, sends ? MOCKET_CONNECTION_DISCARDING : MOCKET_CONNECTION_ENDING);
    }
    /* A plain close would look like the end of the body. */
    bool reset = !complete && (hx->framing == MOCKET_FRAMING_CLOSE || hx->answer == MOCKET_ANSWER_NONE);
    mocket__exchange_tell(&hx->ex, complete);
    mocket__h1_exchange_reset(hx);
    if (mocket__connection_is_closing(c))
        return mocket__h1_exchange_free(hx) ? SERVED_GONE : SERVED_ONE;
    if (reset) {
        mocket__connection_flush(c);
        mocket__connection_cut(c);
    }
    return SERVED_ONE;
}

/* The handler has returned. */
static enum served finish(struct mocket_connection *c)
{
    return c->protocol == &mocket__h1 ? finish_answer(c) : SERVED_ONE; /* it goes on as a WebSocket */
}

/* ---- Requests ---- */

static void on_flush(struct mocket_exchange *ex);
static void on_settle(struct mocket_exchange *ex);
static void on_returned(struct mocket_exchange *ex);

static bool start(struct mocket_connection *c, struct mocket_h1_exchange *hx, size_t used)
{
    static const struct mocket_exchange_ops ops = { on_flush, on_settle, on_returned };
    bool begun = mocket__h1_exchange_begin(hx, used);
    hx->ex.ops = &ops;
    hx->ex.owner = c;
    struct mocket_fiber *fiber = begun ? mocket__fiber_new(&c->worker->fibers, run_handler, &hx->ex) : NULL;
    if (fiber) {
        mocket__exchange_start(&hx->ex, fiber);
        return true;
    }
    mocket__h1_exchange_reset(hx);
    mocket__h1_answer_refuse(c, 503);
    return false;
}

static enum served serve_next(struct mocket_connection *c)
{
    if (c->state != MOCKET_CONNECTION_SERVING || c->protocol != &mocket__h1 || is_active(c) ||
        mocket__output_unsent(&c->out) > 0 || mocket__input_len(&c->in) == 0)
        return SERVED_NONE;
    struct mocket_h1_exchange *hx = c->session ? session(c) : mocket__h1_exchange_new(c);
    if (!hx) {
        mocket__h1_answer_refuse(c, 503);
        return SERVED_NONE;
    }
    ptrdiff_t used = mocket__h1_head(&hx->parser, &hx->ex.req.message, &hx->ex.arena, mocket__input_view(&c->in));
    if (used < 0)
        mocket__h1_answer_refuse(c, (int)-used);
    if (used <= 0 || !start(c, hx, (size_t)used) || !mocket__exchange_step(&hx->ex))
        return SERVED_NONE;
    return finish(c);
}

static void work(struct mocket_connection *c)
{
    enum served served;
    do
        served = serve_next(c);
    while (served == SERVED_ONE);
    if (served == SERVED_GONE)
        return;
    if (c->protocol == &mocket__h1)
        settle(c);
    else
        c->protocol->work(c);
}

/* ---- What the exchange calls ---- */

static void on_flush(struct mocket_exchange *ex)
{
    struct mocket_connection *c = ex->owner;
    mocket__connection_flush(c);
    if (mocket__connection_is_closing(c))
        mocket__exchange_client(ex, MOCKET_CLIENT_GONE);
    else if (ex->state == MOCKET_EXCHANGE_WRITING && mocket__output_unsent(&c->out) == 0)
        mocket__exchange_wake(ex, 0);
}

static void on_settle(struct mocket_exchange *ex)
{
    settle(ex->owner);
}

static void on_returned(struct mocket_exchange *ex)
{
    struct mocket_connection *c = ex->owner;
    if (finish(c) != SERVED_GONE)
        work(c);
}

/* ---- What the connection calls ---- */

static bool prepare(struct mocket_connection *c)
{
    return !is_active(c) || mocket__h1_exchange_unshare(session(c));
}

static void received(struct mocket_connection *c, bool some)
{
    if (!is_active(c))
        work(c);
    else if (some && session(c)->ex.state == MOCKET_EXCHANGE_READING)
        mocket__exchange_wake(&session(c)->ex, 0);
    else
        mocket__connection_update_polling(c);
}

static void sent(struct mocket_connection *c)
{
    if (is_active(c) && session(c)->ex.state == MOCKET_EXCHANGE_WRITING)
        mocket__exchange_wake(&session(c)->ex, 0);
    else
        work(c);
}

static void left(struct mocket_connection *c)
{
    if (is_active(c))
        mocket__exchange_client(&session(c)->ex, mocket__connection_client(c));
}

static void ended(struct mocket_connection *c)
{
    if (is_active(c))
        left(c);
    else
        work(c);
}

static void refuse(struct mocket_connection *c)
{
    mocket__h1_answer_refuse(c, 503);
}

/* The client is told, unless its last answer is on the way already. */
static void no_room(struct mocket_connection *c)
{
    if (!is_active(c)) {
        if (c->state == MOCKET_CONNECTION_SERVING)
            refuse(c);
        mocket__connection_advance(c, MOCKET_CONNECTION_DISCARDING);
        drop_head(c);
        work(c);
    } else if (session(c)->ex.state == MOCKET_EXCHANGE_READING) {
        mocket__exchange_wake(&session(c)->ex, MOCKET_ENOMEM);
    } else {
        mocket__connection_cut(c);
    }
}

static bool is_full(const struct mocket_connection *c)
{
    return (is_active(c) || mocket__output_unsent(&c->out) > 0) && mocket__input_len(&c->in) >= MOCKET_INPUT_LARGE;
}

static enum mocket_need need(const struct mocket_connection *c)
{
    return is_active(c) ? MOCKET_NEED_INPUT : MOCKET_NEED_NOTHING;
}

static enum mocket_timeout_class time_class(const struct mocket_connection *c)
{
    bool active = is_active(c);
    if (active && session(c)->ex.state == MOCKET_EXCHANGE_READING)
        return MOCKET_TIMEOUT_BODY;
    if (mocket__output_unsent(&c->out) > 0)
        return MOCKET_TIMEOUT_WRITE;
    if (active)
        return MOCKET_TIMEOUT_NONE;
    return mocket__input_len(&c->in) > 0 ? MOCKET_TIMEOUT_HEAD : MOCKET_TIMEOUT_IDLE;
}

static void timed_out(struct mocket_connection *c)
{
    if (c->timeout.class == MOCKET_TIMEOUT_HEAD) {
        mocket__h1_answer_refuse(c, 408);
        drop_head(c);
        work(c);
    } else if (mocket__h1_body_is_late(session(c))) {
        mocket__exchange_wake(&session(c)->ex, MOCKET_ETIMEDOUT);
    } else {
        mocket__clock_limit(&c->worker->clock, &c->timeout, MOCKET_TIMEOUT_BODY);
    }
}

static void stop(struct mocket_connection *c)
{
    if (c->timeout.class == MOCKET_TIMEOUT_IDLE)
        mocket__connection_close(c);
}

/* A socket of this connection has ended. What the client still sends is nobody's. */
static void regained(struct mocket_connection *c, bool orderly)
{
    struct mocket_h1_exchange *hx = session(c);
    mocket__exchange_tell(&hx->ex, orderly);
    mocket__h1_exchange_reset(hx);
    mocket__connection_advance(c, MOCKET_CONNECTION_DISCARDING);
    if (mocket__connection_is_closing(c)) {
        mocket__h1_exchange_free(hx);
        return;
    }
    c->in.start = c->in.end;
    settle(c);
}

const struct mocket_protocol mocket__h1 = {
    .name = "http/1.1",
    .part = MOCKET_CHARGE_ANSWERS,
    .work = work,
    .prepare = prepare,
    .received = received,
    .sent = sent,
    .ended = ended,
    .left = left,
    .no_room = no_room,
    .is_full = is_full,
    .need = need,
    .time_class = time_class,
    .timed_out = timed_out,
    .refuse = refuse,
    .stop = stop,
    .closed = drop_head,
    .regained = regained,
};
