/* Outgoing requests of a guest. The host sends them; this file begins them, writes their bodies and waits for them.
 *
 * Linked only into apps that fetch, since it imports `await` (docs/abi.md, section 2).
 *
 * A call consists of an outgoing request, one operation that ends with the response, and perhaps a source whose bytes
 * are still to be sent. While a handler waits for a call or for the bytes of its reply, it also sends (push), because a
 * server may need more of the request before it continues its answer. A server that stops reading the request sends its
 * answer; the rest of the source is then not read.
 *
 * What must stay true: the outgoing request is dropped only when its body has ended, because dropping it earlier aborts
 * the exchange. Handles that are not dropped end with the event. */
#include "../../core/backend.h"

#include "../../abi/codec.h"
#include "../../base/span.h"
#include "../../http/method.h"
#include "imports.h"
#include "sink.h"

#define PIECE 65536
#define HEAD_FIRST 1024 /* bytes that most heads fit in */

enum { FOR_READING = 0, FOR_WRITING = 1 };

struct mocket_call {
    struct mocket_source source; /* the reply's body */
    mocket_event *event;
    int32_t out, op, response; /* handles; 0: none */
    int problem;               /* the reason why there is no reply, or why it was cut short */
    bool ended;                /* the reply's body has */
    bool sent;                 /* so has the request's: out may be dropped, and the exchange goes on */
    struct mocket_source *upload;
    char *piece;        /* of the upload */
    mocket_span unsent; /* of the piece */
    int64_t max_body;
    struct mocket_reply *reply;
};

static const struct mocket_call no_memory = { .problem = MOCKET_ENOMEM }; /* nothing writes to it */

static int32_t owner_of(const mocket_event *e)
{
    return ((const struct mocket_guest_sink *)e->res->sink)->owner;
}

static void drop(int32_t *handle)
{
    if (*handle > 0)
        mocket__import_drop(*handle);
    *handle = 0;
}

/* Ends a call: it will have no further result. */
static void end_call(struct mocket_call *c, int problem)
{
    if (!c->problem)
        c->problem = problem;
    c->upload = NULL;
    drop(&c->op);
    drop(&c->response);
    drop(&c->out);
}

/* ---- Sending ---- */

/* Ends the request's body, at its end or because the server stopped reading. */
static void end_upload(struct mocket_call *c)
{
    c->upload = NULL;
    int rc = mocket__import_body_end(c->out);
    c->sent = rc == 0;
    if (rc < 0 && rc != MOCKET_ECLOSED)
        end_call(c, rc);
    else if (c->sent && c->response > 0)
        drop(&c->out);
}

static void next_piece(struct mocket_call *c)
{
    ptrdiff_t n = c->upload->read(c->upload, c->piece, PIECE);
    if (n < 0)
        end_call(c, (int)n);
    else if (n == 0)
        end_upload(c);
    else
        c->unsent = (mocket_span){ c->piece, (size_t)n };
}

/* Sends the bytes that the host takes now. Returns whether there are more, for which the guest must wait. */
static bool push(struct mocket_call *c)
{
    while (c->upload) {
        if (c->unsent.len == 0) {
            next_piece(c);
            continue;
        }
        int32_t taken = mocket__import_body_write(c->out, c->unsent.ptr, (uint32_t)c->unsent.len);
        if (taken == MOCKET_EAGAIN)
            return true;
        if (taken >= 0)
            c->unsent = mocket__span_slice(c->unsent, (size_t)taken, c->unsent.len);
        else if (taken == MOCKET_ECLOSED)
            c->upload = NULL; /* its answer may still come */
        else
            end_call(c, taken);
    }
    return false;
}

/* ---- The reply ---- */

/* Waits until the body can be read, or more of the request can be sent. 0 or below zero. */
static int wait_to_read(struct mocket_call *c, bool more)
{
    int32_t ops[2] = { mocket__import_ready(c->response, FOR_READING), 0 };
    int32_t rc = ops[0] < 0 ? ops[0] : 0;
    if (rc == 0 && more)
        ops[1] = mocket__import_ready(c->out, FOR_WRITING);
    if (rc == 0 && more)
        rc = ops[1] < 0 ? ops[1] : mocket__import_await_any(ops, 2);
    else if (rc == 0)
        rc = mocket__import_await(ops[0]);
    if (more || rc < 0)
        drop(&ops[0]);
    drop(&ops[1]);
    return rc < 0 ? rc : 0;
}

static ptrdiff_t read_reply(struct mocket_source *s, void *buf, size_t cap)
{
    struct mocket_call *c = (struct mocket_call *)s;
    while (!c->ended && c->problem == 0) {
        int32_t n = mocket__import_body_read(c->response, buf, cap > INT32_MAX ? INT32_MAX : (uint32_t)cap);
        if (n > 0)
            return n;
        if (n == MOCKET_EAGAIN && (n = wait_to_read(c, push(c))) == 0)
            continue;
        c->ended = n == 0;
        end_call(c, n);
    }
    return c->problem;
}

static void close_reply(struct mocket_source *s)
{
    struct mocket_call *c = (struct mocket_call *)s;
    end_call(c, c->ended ? 0 : MOCKET_ECLOSED);
}

static int read_head(struct mocket_call *c, struct mocket_reply *r)
{
    uint32_t cap = HEAD_FIRST;
    for (;;) {
        char *bytes = mocket__arena_alloc(r->arena, cap);
        if (!bytes)
            return MOCKET_ENOMEM;
        int32_t size = mocket__import_fetch_head(c->response, bytes, cap);
        if (size < 0)
            return size;
        if ((uint32_t)size <= cap)
            return mocket__abi_head_decode((mocket_span){ bytes, (size_t)size }, MOCKET_ABI_FETCHED, r->arena,
                                           &r->status, &r->fields);
        cap = (uint32_t)size;
    }
}

/* Texts of the message have no NUL behind them; texts of mocket_reply_headers must have one. */
static int end_texts(struct mocket_reply *r)
{
    for (size_t i = 0; i < r->fields.count; i++) {
        struct mocket_field *row = &r->fields.rows[i];
        row->name = mocket__arena_copy(r->arena, row->name);
        row->value = mocket__arena_copy(r->arena, row->value);
        if (!row->name.ptr || !row->value.ptr)
            return MOCKET_ENOMEM;
    }
    return 0;
}

static int make_reply(struct mocket_call *c)
{
    struct mocket_reply *r = mocket__arena_zero(mocket__arena(c->event), sizeof *r);
    if (!r)
        return MOCKET_ENOMEM;
    r->arena = mocket__arena(c->event);
    r->max_body = c->max_body;
    r->source = &c->source;
    c->source = (struct mocket_source){ .read = read_reply, .close = close_reply };
    int rc = read_head(c, r);
    if (rc == 0)
        rc = end_texts(r);
    if (rc == 0)
        c->reply = r;
    return rc == MOCKET_EINVAL ? MOCKET_EIO : rc;
}

/* The operation has ended: takes its result. */
static void take(struct mocket_call *c)
{
    int32_t response = mocket__import_await(c->op);
    c->op = 0;
    if (response < 0) {
        end_call(c, response);
        return;
    }
    c->response = response;
    int rc = make_reply(c);
    if (rc < 0)
        end_call(c, rc);
    else if (c->sent)
        drop(&c->out);
}

/* ---- Beginning ---- */

static int send_head(struct mocket_call *c, struct mocket_fetch_plan *plan)
{
    static const mocket_span none = { NULL, 0 };
    const struct mocket_fetch_opts *o = &plan->opts;
    if (o->source && o->source_len > 0 &&
        mocket__fields_add_len(&plan->fields, mocket__arena(c->event), (uint64_t)o->source_len) < 0)
        return MOCKET_ENOMEM;
    struct mocket_message message = {
        .method = mocket__method_of(plan->method),
        .flags = (o->no_follow ? 0u : MOCKET_ABI_FOLLOW) | (o->retry ? MOCKET_ABI_RETRY : 0u),
        .method_text = plan->method,
        .target = plan->url,
        .fields = plan->fields,
    };
    size_t len = mocket__abi_request_size(&message, none);
    void *head = len ? mocket__arena_alloc(mocket__arena(c->event), len) : NULL;
    if (!head)
        return MOCKET_ENOMEM;
    mocket__abi_request_encode(&message, none, false, o->timeout_ms, head);
    uint32_t body_len = o->source ? MOCKET_ABI_UNKNOWN_LENGTH : (uint32_t)o->body.len;
    c->out = mocket__import_fetch(owner_of(c->event), head, (uint32_t)len, o->body.ptr, body_len);
    return c->out < 0 ? c->out : 0;
}

static int begin(struct mocket_call *c, const char *method, const char *url, const struct mocket_fetch_opts *opts)
{
    struct mocket_fetch_plan plan;
    int rc = mocket__fetch_plan(c->event, method, url, opts, &plan);
    if (rc == 0)
        rc = send_head(c, &plan);
    if (rc < 0)
        return rc;
    c->max_body = plan.opts.max_body;
    c->upload = plan.opts.source;
    c->sent = !c->upload;
    c->piece = c->upload ? mocket__arena_alloc(mocket__arena(c->event), PIECE) : NULL;
    if (c->upload && !c->piece)
        return MOCKET_ENOMEM;
    c->op = mocket__import_fetch_wait(c->out);
    return c->op < 0 ? c->op : 0;
}

static void cancel(void *call)
{
    mocket_cancel(call);
}

mocket_call *mocket_fetch_start(mocket_event *e, const char *method, const char *url,
                                const struct mocket_fetch_opts *opts)
{
    struct mocket_call *c = mocket__arena_zero(mocket__arena(e), sizeof *c);
    if (!c)
        return (mocket_call *)&no_memory;
    c->event = e;
    mocket_defer(e, cancel, c); /* a message of a socket ends before the owner of its calls does */
    int rc = begin(c, method, url, opts);
    if (rc < 0)
        end_call(c, rc);
    return c;
}

/* ---- Waiting ---- */

static bool is_done(const struct mocket_call *c)
{
    return c->reply || c->problem;
}

int mocket_wait(mocket_event *e, mocket_call *call, mocket_reply **out)
{
    (void)e;
    while (!is_done(call)) {
        bool more = push(call);
        if (is_done(call))
            break;
        int32_t ops[2] = { call->op, more ? mocket__import_ready(call->out, FOR_WRITING) : 0 };
        int32_t index = !more ? 0 : ops[1] < 0 ? ops[1] : mocket__import_await_any(ops, 2);
        drop(&ops[1]);
        if (index == 0)
            take(call);
        else if (index < 0)
            end_call(call, index);
    }
    *out = call->reply;
    return call->reply ? 0 : call->problem;
}

/* The operations of one wait: the operation of each call, room to write for each call, and a time. */
struct waiting {
    mocket_call *const *calls;
    size_t count;
    int32_t *ops;
    int32_t sleep; /* 0: none */
};

/* Sends what can be sent. The lowest index of a call that is done, or count. */
static size_t push_all(const struct waiting *w)
{
    size_t done = w->count;
    for (size_t i = w->count; i-- > 0;) {
        if (w->calls[i] && !is_done(w->calls[i]))
            push(w->calls[i]);
        if (w->calls[i] && is_done(w->calls[i]))
            done = i;
    }
    return done;
}

/* The calls before end that are not done, as operations. */
static uint32_t list(const struct waiting *w, size_t end)
{
    uint32_t n = 0;
    for (size_t i = 0; i < end; i++)
        if (w->calls[i])
            w->ops[n++] = w->calls[i]->op;
    return n;
}

/* The operation of one of them has ended. Its index. */
static size_t take_op(const struct waiting *w, int32_t op)
{
    size_t i = 0;
    while (!w->calls[i] || w->calls[i]->op != op)
        i++;
    take(w->calls[i]);
    return i;
}

/* Call `done` has ended. Returns whether a call in front of it has ended too, because the lowest index is returned. */
static int look_before(const struct waiting *w, mocket_event *e, size_t done)
{
    uint32_t n = list(w, done);
    int32_t now = n > 0 ? mocket__import_sleep(owner_of(e), 0) : 0;
    if (now <= 0)
        return (int)done;
    w->ops[n] = now;
    int32_t index = mocket__import_await_any(w->ops, n + 1);
    drop(&now);
    return index >= 0 && (uint32_t)index < n ? (int)take_op(w, w->ops[index]) : (int)done;
}

/* Waits until an operation has ended. Returns the index of a call that is done now, count for none yet, or below
 * zero. */
static int wait_once(const struct waiting *w)
{
    uint32_t calls = list(w, w->count), n = calls;
    int rc = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->calls[i] && w->calls[i]->upload) { /* push left it, so there was no room */
            int32_t op = mocket__import_ready(w->calls[i]->out, FOR_WRITING);
            rc = op < 0 ? op : rc;
            w->ops[n] = op;
            n += op > 0;
        }
    uint32_t sleep = n;
    if (w->sleep > 0)
        w->ops[n++] = w->sleep;
    int32_t index = rc < 0 ? rc : mocket__import_await_any(w->ops, n);
    for (uint32_t i = calls; i < sleep; i++)
        drop(&w->ops[i]);
    if (index >= 0 && (uint32_t)index < calls)
        return (int)take_op(w, w->ops[index]);
    return index < 0 ? index : (uint32_t)index == sleep ? MOCKET_ETIMEDOUT : (int)w->count;
}

static int wait_any(mocket_event *e, const struct waiting *w)
{
    for (;;) {
        size_t done = push_all(w);
        if (done < w->count)
            return look_before(w, e, done);
        int index = wait_once(w);
        if (index != (int)w->count)
            return index;
    }
}

int mocket_wait_any(mocket_event *e, mocket_call *const *calls, size_t count, int64_t timeout_ms)
{
    struct waiting w = { .calls = calls, .count = count };
    bool some = false;
    for (size_t i = 0; i < count; i++)
        some |= calls[i] != NULL;
    if (!some)
        return MOCKET_EINVAL;
    w.ops = count < SIZE_MAX / 16 ? mocket__arena_alloc(mocket__arena(e), (2 * count + 1) * sizeof *w.ops) : NULL;
    if (!w.ops)
        return MOCKET_ENOMEM;
    uint32_t ms = timeout_ms < UINT32_MAX ? (uint32_t)timeout_ms : UINT32_MAX;
    w.sleep = timeout_ms >= 0 ? mocket__import_sleep(owner_of(e), ms) : 0;
    if (w.sleep < 0)
        return w.sleep;
    int index = wait_any(e, &w);
    drop(&w.sleep);
    return index;
}

void mocket_cancel(mocket_call *call)
{
    if (call && call != &no_memory)
        end_call(call, MOCKET_ECLOSED);
}
