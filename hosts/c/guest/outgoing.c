/* An exchange with another server, as a guest has it: one object with up to two handles. `fetch` gives the first, the
 * outgoing request; the second, the response, comes into being when the guest takes the result of fetch_wait, so that a
 * response that nobody took never needs to be dropped. What the guest does goes straight to the client of the native
 * backend (src/backend/native/client/outgoing.h), bytes from and to the guest's memory; what that client tells ends
 * operations, and enters no guest.
 *
 * What may live without what:
 *
 *     drop(out), response not taken      the exchange ends, fetch_wait answers ECLOSED
 *     drop(out) before its body's end    the exchange ends, the response's handle stays and answers ECLOSED
 *     drop(out) otherwise                the response goes on
 *     drop(response)                     both end
 *     the owner ends                     both end
 *
 * A start that is not a worker's (guest_instance_open) has a client of its own, since it has a loop of its own: what it
 * fetched is dropped with that. */
#include "outgoing.h"

#include <mocket_abi.h>
#include <string.h>

#include "../../../src/abi/codec.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/backend/native/client/outgoing.h"
#include "span.h"
#include "worker.h"

#define EXCHANGES_EACH 256u /* of one owner */
#define EXCHANGES_MAX 1024u /* of one instance */

struct guest_outgoing {
    struct guest_instance *instance;
    struct guest_owner *owner;
    struct mocket_link link;          /* of the owner's */
    struct mocket_outgoing *exchange; /* NULL: it was ended */
    int32_t number, response;         /* handles; 0: dropped, or not taken yet */
    bool streams;                     /* the body comes by body_write */
    bool finished;                    /* and has been ended */
    bool waited;                      /* fetch_wait was called */
    bool told;                        /* that it was denied */
    char *body;                       /* whole */
    size_t body_len;
    struct mocket_buf missing; /* the rule that would have granted what was denied last */
};

/* ---- The end ---- */

static void end_exchange(struct guest_outgoing *o)
{
    if (!o->exchange)
        return;
    mocket__outgoing_end(o->exchange);
    o->exchange = NULL;
    guest_count(o->instance->log->stats, GUEST_STAT_OUTGOING, -1);
}

static void close_handle(struct guest_outgoing *o, int32_t *number)
{
    if (*number > 0)
        guest_handle_end(&o->instance->handles, *number);
    *number = 0;
}

/* Nothing of it is left, but for operations that know it no more. */
static void release(struct guest_outgoing *o)
{
    end_exchange(o);
    close_handle(o, &o->number);
    close_handle(o, &o->response);
    mocket__list_remove(&o->owner->outgoing, &o->link);
    o->owner->outgoing_count--;
    o->instance->outgoing_count--;
    o->instance->outgoing_bytes -= o->body_len;
    mocket__till_give(o->instance->log->till, MOCKET_CHARGE_OUTGOING, o->body_len);
    mocket__free(o->body);
    mocket__buf_release(&o->missing);
    mocket__free(o);
}

/* Operations that wait for what is not there any more: of one kind, or of all. */
static void abandon(struct guest_outgoing *o, enum guest_op_kind kind, bool all, int32_t code)
{
    for (struct guest_op *op = o->owner->ops; op; op = op->next) {
        if (op->subject != o || (op->kind != kind && !all))
            continue;
        op->subject = NULL;
        if (op->ended && op->kind == GUEST_OP_FETCH && op->result == 0)
            op->result = code;
        guest_op_end(op, code);
    }
}

void guest_fetches_drop(struct guest_owner *owner)
{
    while (!mocket__list_is_empty(&owner->outgoing))
        release(MOCKET_LIST_FIRST(&owner->outgoing, struct guest_outgoing, link));
}

static void drop_both(struct guest_outgoing *o)
{
    abandon(o, GUEST_OP_FETCH, false, MOCKET_ECLOSED);
    abandon(o, GUEST_OP_FETCH, true, MOCKET_EHANDLE);
    release(o);
}

static void drop_request(struct guest_outgoing *o)
{
    if (o->response == 0) {
        drop_both(o);
        return;
    }
    abandon(o, GUEST_OP_FETCH_WRITE, false, MOCKET_EHANDLE);
    close_handle(o, &o->number);
    if (!o->streams || o->finished)
        return;
    abandon(o, GUEST_OP_FETCH_READ, false, MOCKET_ECLOSED);
    end_exchange(o);
}

void guest_fetch_drop(struct guest_instance *i, int32_t number)
{
    struct guest_outgoing *request = guest_handle_get(&i->handles, number, GUEST_HANDLE_OUTGOING);
    struct guest_outgoing *response = guest_handle_get(&i->handles, number, GUEST_HANDLE_RESPONSE);
    if (request)
        drop_request(request);
    else if (response)
        drop_both(response);
}

/* ---- What was denied ---- */

/* Which grant was missing, now and then: a guest that tries on and on does not fill the log. */
static void tell_denied(struct guest_outgoing *o)
{
    struct guest_log *log = o->instance->log;
    struct mocket_buf text = { 0 };
    if (o->told)
        return;
    o->told = true;
    guest_count(log->stats, GUEST_STAT_OUTGOING_DENIED, 1);
    mocket__buf_text(&text, "fetch denied: it needs --allow-net ");
    mocket__buf_span(&text, mocket__buf_view(&o->missing));
    guest_log_seldom(log, &log->denied_ns, MOCKET_LOG_WARN, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static bool allow(void *data, mocket_span host, uint16_t port, const struct sockaddr *address)
{
    struct guest_outgoing *o = data;
    const struct guest_grants *grants = o->instance->program->grants;
    const struct guest_nets *nets = grants ? &grants->nets : NULL;
    if (address ? guest_nets_allow(nets, host, port, address) : guest_nets_allow_name(nets, host, port))
        return true;
    mocket__buf_reset(&o->missing);
    guest_net_missing(&o->missing, host, port, address);
    return false;
}

/* ---- The beginning ---- */

static void count_lookup(void *stats, int change)
{
    guest_count(stats, GUEST_STAT_LOOKUPS, change);
}

static struct mocket_pool *pool_of(struct guest_instance *i)
{
    struct mocket_pool **pool = i->worker ? &i->worker->pool : &i->pool;
    if (!*pool && i->loop) {
        *pool = mocket__pool_new(i->loop, i->program->outgoing_max);
        if (*pool)
            mocket__pool_watch_lookups(*pool, count_lookup, i->log->stats);
    }
    return *pool;
}

static bool is_dead(const struct guest_outgoing *o)
{
    return !o->exchange;
}

/* Would a read, or a write, answer anything but MOCKET_EAGAIN? */
static bool is_ready(const struct guest_outgoing *o, enum guest_op_kind kind)
{
    return is_dead(o) ||
           (kind == GUEST_OP_FETCH         ? mocket__outgoing_state(o->exchange) != MOCKET_EAGAIN
            : kind == GUEST_OP_FETCH_WRITE ? o->finished || !o->streams || mocket__outgoing_writable(o->exchange)
                                           : mocket__outgoing_readable(o->exchange));
}

/* What the operation that ends now has come to. */
static int32_t result_of(const struct guest_outgoing *o, enum guest_op_kind kind)
{
    if (is_dead(o))
        return MOCKET_ECLOSED;
    if (kind == GUEST_OP_FETCH)
        return mocket__outgoing_state(o->exchange);
    if (kind == GUEST_OP_FETCH_WRITE)
        return o->finished || !o->streams ? MOCKET_ESTATE : 0;
    return 0;
}

static void changed(void *data)
{
    struct guest_outgoing *o = data;
    if (mocket__outgoing_state(o->exchange) == MOCKET_EDENIED)
        tell_denied(o);
    for (struct guest_op *op = o->owner->ops; op; op = op->next)
        if (op->subject == o && !op->ended && is_ready(o, op->kind))
            guest_op_end(op, result_of(o, op->kind));
}

static int take_body(struct guest_instance *i, struct guest_outgoing *o, const struct guest_fetch *fetch)
{
    struct guest_bytes from;
    o->streams = fetch->body_len == MOCKET_ABI_UNKNOWN_LENGTH;
    if (o->streams || fetch->body_len == 0)
        return 0;
    int rc = guest_span(i, fetch->body, fetch->body_len, &from);
    if (rc < 0)
        return rc;
    if (i->outgoing_bytes + from.len > i->program->memory_bytes)
        return MOCKET_ELIMIT;
    if (!mocket__till_take(i->log->till, MOCKET_CHARGE_OUTGOING, from.len))
        return MOCKET_ELIMIT;
    o->body = mocket__realloc(NULL, from.len);
    if (!o->body) {
        mocket__till_give(i->log->till, MOCKET_CHARGE_OUTGOING, from.len);
        return MOCKET_ENOMEM;
    }
    memcpy(o->body, from.ptr, from.len);
    o->body_len = from.len;
    i->outgoing_bytes += from.len;
    return 0;
}

static int take_head(struct guest_instance *i, struct mocket_arena *a, const struct guest_fetch *fetch,
                     struct mocket_abi_fetch *out)
{
    struct guest_bytes from;
    int rc = guest_span_aligned(i, fetch->head, fetch->head_len, &from);
    if (rc < 0)
        return rc;
    if (from.len > MOCKET_ABI_HEAD_MAX)
        return MOCKET_EINVAL;
    mocket_span copy = mocket__arena_copy(a, (mocket_span){ (const char *)from.ptr, from.len });
    return copy.ptr ? mocket__abi_fetch_decode(copy, a, out) : MOCKET_ENOMEM;
}

static int start(struct guest_instance *i, struct guest_outgoing *o, const struct mocket_abi_fetch *f)
{
    struct mocket_pool *pool = pool_of(i);
    struct mocket_outgoing_opts opts = {
        .method = f->method,
        .url = f->url,
        .fields = &f->fields,
        .body = { o->body, o->body_len },
        .streams = o->streams,
        .till = i->log->till,
        .body_len = f->body_len,
        .follow = f->follow,
        .retry = f->retry,
        .timeout_ms = f->timeout_ms,
        .silence_ms = MOCKET_OUTGOING_TIMEOUT_MS,
        .allow = allow,
        .changed = changed,
        .data = o,
    };
    if (pool && o->owner->outgoing_owner == 0)
        o->owner->outgoing_owner = mocket__pool_new_owner(pool);
    opts.owner = o->owner->outgoing_owner;
    int rc = pool ? mocket__outgoing_start(pool, &opts, &o->exchange) : MOCKET_ENOMEM;
    if (rc == MOCKET_EDENIED)
        tell_denied(o);
    if (rc < 0)
        o->exchange = NULL;
    return rc;
}

static struct guest_outgoing *new_outgoing(struct guest_instance *i, struct guest_owner *owner)
{
    struct guest_outgoing *o = mocket__new(sizeof *o);
    if (!o)
        return NULL;
    o->instance = i;
    o->owner = owner;
    mocket__list_prepend(&owner->outgoing, &o->link);
    owner->outgoing_count++;
    i->outgoing_count++;
    return o;
}

/* What it is made of is checked, and a handle is there, before anything goes out. */
static int begin(struct guest_instance *i, struct guest_outgoing *o, const struct guest_fetch *fetch)
{
    struct mocket_abi_fetch head;
    struct mocket_arena arena;
    mocket__arena_init(&arena, 0);
    int rc = take_head(i, &arena, fetch, &head);
    if (rc == 0)
        rc = take_body(i, o, fetch);
    if (rc == 0 && (o->number = guest_handle_open(&i->handles, GUEST_HANDLE_OUTGOING, o)) < 0)
        rc = o->number;
    if (rc == 0)
        rc = start(i, o, &head);
    mocket__arena_release(&arena);
    return rc;
}

int32_t guest_fetch_begin(struct guest_instance *i, int32_t number, const struct guest_fetch *fetch)
{
    struct guest_owner *owner = guest_owner_get(i, number);
    if (!owner)
        return MOCKET_EHANDLE;
    if (owner->death)
        return owner->death;
    if (owner->outgoing_count >= EXCHANGES_EACH || i->outgoing_count >= EXCHANGES_MAX)
        return MOCKET_ELIMIT;
    struct guest_outgoing *o = new_outgoing(i, owner);
    if (!o)
        return MOCKET_ENOMEM;
    int rc = begin(i, o, fetch);
    if (rc < 0) {
        release(o);
        return rc;
    }
    guest_count(i->log->stats, GUEST_STAT_OUTGOING, 1);
    guest_count(i->log->stats, GUEST_STAT_OUTGOING_STARTED, 1);
    return o->number;
}

/* ---- Waiting ---- */

/* An operation of it; ended at once if there is nothing to wait for. */
static int32_t begin_op(struct guest_outgoing *o, enum guest_op_kind kind)
{
    struct guest_op *op;
    int32_t number = guest_op_begin(o->instance, o->owner, kind, &op);
    if (number < 0)
        return number;
    op->subject = o;
    if (o->owner->death)
        guest_op_end(op, o->owner->death);
    else if (is_ready(o, kind))
        guest_op_end(op, result_of(o, kind));
    return number;
}

int32_t guest_fetch_wait(struct guest_instance *i, int32_t number)
{
    struct guest_outgoing *o = guest_handle_get(&i->handles, number, GUEST_HANDLE_OUTGOING);
    if (!o)
        return MOCKET_EHANDLE;
    if (o->waited)
        return MOCKET_ESTATE;
    int32_t op = begin_op(o, GUEST_OP_FETCH);
    o->waited = op > 0;
    return op;
}

int32_t guest_fetch_ready(struct guest_instance *i, int32_t number, uint32_t direction)
{
    struct guest_outgoing *request = guest_handle_get(&i->handles, number, GUEST_HANDLE_OUTGOING);
    struct guest_outgoing *response = guest_handle_get(&i->handles, number, GUEST_HANDLE_RESPONSE);
    if (!request && !response)
        return MOCKET_EHANDLE;
    if (direction != (request ? 1u : 0u))
        return MOCKET_EINVAL;
    return begin_op(request ? request : response, request ? GUEST_OP_FETCH_WRITE : GUEST_OP_FETCH_READ);
}

int32_t guest_fetch_answer(struct guest_outgoing *o)
{
    o->response = guest_handle_open(&o->instance->handles, GUEST_HANDLE_RESPONSE, o);
    if (o->response > 0)
        return o->response;
    int32_t code = o->response;
    o->response = 0;
    return code;
}

/* ---- Bytes ---- */

/* What is asked of it: 0, or why it cannot be done. */
static int check(const struct guest_outgoing *o)
{
    return !o ? MOCKET_EHANDLE : o->owner->death ? o->owner->death : is_dead(o) ? MOCKET_ECLOSED : 0;
}

int32_t guest_fetch_write(struct guest_instance *i, int32_t number, uint32_t at, uint32_t len)
{
    struct guest_outgoing *o = guest_handle_get(&i->handles, number, GUEST_HANDLE_OUTGOING);
    struct guest_bytes from;
    int rc = check(o);
    if (rc == 0 && (!o->streams || o->finished))
        rc = MOCKET_ESTATE;
    if (rc == 0)
        rc = guest_span(i, at, len, &from);
    if (rc < 0 || len == 0)
        return rc;
    size_t n = from.len < INT32_MAX ? from.len : INT32_MAX;
    return (int32_t)mocket__outgoing_write(o->exchange, (mocket_span){ (const char *)from.ptr, n });
}

int32_t guest_fetch_end(struct guest_instance *i, int32_t number)
{
    struct guest_outgoing *o = guest_handle_get(&i->handles, number, GUEST_HANDLE_OUTGOING);
    int rc = check(o);
    if (rc == 0 && (!o->streams || o->finished))
        rc = MOCKET_ESTATE;
    if (rc < 0)
        return rc;
    o->finished = true;
    return mocket__outgoing_finish(o->exchange);
}

int32_t guest_fetch_read(struct guest_instance *i, int32_t number, uint32_t at, uint32_t cap)
{
    struct guest_outgoing *o = guest_handle_get(&i->handles, number, GUEST_HANDLE_RESPONSE);
    struct guest_bytes to;
    int rc = check(o);
    if (rc == 0)
        rc = guest_span(i, at, cap, &to);
    if (rc < 0 || cap == 0)
        return rc;
    return (int32_t)mocket__outgoing_read(o->exchange, to.ptr, to.len < INT32_MAX ? to.len : INT32_MAX);
}

int32_t guest_fetch_head(struct guest_instance *i, int32_t number, uint32_t at, uint32_t cap)
{
    struct guest_outgoing *o = guest_handle_get(&i->handles, number, GUEST_HANDLE_RESPONSE);
    struct guest_bytes to;
    int rc = check(o);
    if (rc == 0)
        rc = guest_span_aligned(i, at, cap, &to);
    if (rc < 0)
        return rc;
    const struct mocket_fields *fields = mocket__outgoing_fields(o->exchange);
    size_t size = mocket__abi_head_size(fields);
    if (size > INT32_MAX)
        return MOCKET_ETOOBIG;
    if (size <= to.len)
        mocket__abi_head_encode(mocket__outgoing_status(o->exchange), fields, true, to.ptr);
    return (int32_t)size;
}
