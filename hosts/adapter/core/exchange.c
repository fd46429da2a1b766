/* The calls that a request makes of the app, and when it is over. The answers are in answer.c.
 *
 * A request is over when mocket_handle has returned and its operations are delivered; in an app in direct style, when
 * mocket_handle has returned. If there is no complete answer by then, the core gives one. An app cannot be stopped from
 * here, and a trap ends adapter and app together: the platform answers then. */
#include "exchange.h"

#include "../../../src/abi/codec.h"
#include "../../../src/abi/words.h"
#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/http/url.h"
#include "log.h"
#include "operation.h"
#include "source.h"

#define IN_MESSAGE 65536 /* a streamed body that is complete and not larger is passed in the message */

struct adapter_exchange *adapter_exchange_new(struct adapter *a, void *port)
{
    struct adapter_exchange *x = mocket__new(sizeof *x);
    if (!x)
        return NULL;
    x->adapter = a;
    x->port = port;
    x->to_send = -1;
    x->deadline_ns = MOCKET_NEVER;
    mocket__arena_init(&x->arena, 0);
    x->arena.till = a->till;
    x->arena.part = MOCKET_CHARGE_REQUESTS;
    return x;
}

void adapter_exchange_free(struct adapter_exchange *x)
{
    adapter_source_release(&x->body);
    mocket__arena_release(&x->arena);
    mocket__free(x);
}

/* ---- The end ---- */

static void over(struct adapter_exchange *x)
{
    struct adapter *a = x->adapter;
    struct adapter_exchange **at = &a->exchanges;
    adapter_owner_release(a, &x->owner);
    if (x->owner.number > 0)
        guest_handle_end(&a->handles, x->owner.number);
    while (*at && *at != x)
        at = &(*at)->next;
    if (*at)
        *at = x->next;
    x->call = ADAPTER_OVER;
    port_close(x);
}

void adapter_exchange_fail(struct adapter_exchange *x, int status)
{
    if (x->answer == ADAPTER_BEGUN) {
        x->answer = ADAPTER_CUT;
        port_cut(x);
    } else if (x->answer == ADAPTER_NONE && x->owner.death != MOCKET_ECLOSED) {
        adapter_refuse(x, status);
    }
}

void adapter_exchange_refuse(struct adapter_exchange *x, int status)
{
    adapter_exchange_fail(x, status);
    over(x);
}

static int status_of(int code)
{
    return code == MOCKET_ETOOBIG ? 413 : code == MOCKET_ETIMEDOUT ? 408 : code == MOCKET_EINVAL ? 400 : 0;
}

static void fail_unanswered(struct adapter_exchange *x)
{
    int status = x->is_short || x->body.error == MOCKET_ENOMEM ? 503 : status_of(x->body.error);
    if (status == 0 && x->owner.death == 0)
        adapter_log_request(x, MOCKET_LOG_ERROR, MOCKET_SPAN("mocket_handle returned without an answer"));
    adapter_exchange_fail(x, status ? status : 500);
}

void adapter_exchange_settle(struct adapter_exchange *x)
{
    bool direct = x->adapter->traits & APP_DIRECT;
    if (x->call != ADAPTER_RETURNED || (x->owner.operation_count > 0 && !direct) || x->gone_due)
        return;
    if (x->answer < ADAPTER_COMPLETE)
        fail_unanswered(x);
    over(x);
}

void adapter_exchange_die(struct adapter_exchange *x, int code)
{
    struct adapter *a = x->adapter;
    if (x->owner.death || x->call == ADAPTER_OVER)
        return;
    bool answered = x->answer == ADAPTER_COMPLETE;
    x->owner.death = code;
    if (!answered && code == MOCKET_ETIMEDOUT)
        adapter_exchange_fail(x, x->reading ? 408 : 504);
    else if (x->answer == ADAPTER_BEGUN)
        adapter_exchange_fail(x, 0);
    if (x->call < ADAPTER_CALLED) {
        over(x);
        return;
    }
    x->gone_due = !answered && !(a->traits & APP_DIRECT) && a->traits & APP_GONE;
    adapter_owner_die(a, &x->owner, code);
    if (x->owner.operation_count == 0)
        adapter_exchange_settle(x);
}

/* The app may work on behind an answer that is complete: the client has no part in that. */
void adapter_gone(struct adapter_exchange *x)
{
    x->left = false;
    if (x->answer != ADAPTER_COMPLETE)
        adapter_exchange_die(x, MOCKET_ECLOSED);
}

/* ---- The body before the call ---- */

/* The app answers for a body that cannot be read, if it said so; else the core does. */
static void fail_body(struct adapter_exchange *x, int code)
{
    if (code == MOCKET_ENOMEM) {
        adapter_exchange_refuse(x, 503);
    } else if (code == MOCKET_ECLOSED || code == MOCKET_EIO || !x->adapter->declared.body_errors) {
        if (code == MOCKET_ECLOSED)
            x->owner.death = code;
        adapter_exchange_refuse(x, status_of(code) ? status_of(code) : 400);
    } else {
        x->message.body_error = code;
        mocket__buf_release(&x->body.bytes);
        x->call = ADAPTER_DUE;
    }
}

bool adapter_exchange_collect(struct adapter_exchange *x)
{
    int rc = adapter_source_collect(&x->body, (struct adapter_origin){ x, NULL });
    if (rc == MOCKET_EAGAIN)
        return false;
    if (rc < 0)
        fail_body(x, rc);
    else
        x->call = ADAPTER_DUE;
    return true;
}

/* Is a streamed body small and complete? Then it goes into the message. */
static void look_at_stream(struct adapter_exchange *x)
{
    int64_t len = x->message.body_len;
    x->streams = true;
    x->call = ADAPTER_DUE;
    if (len < 0 || len > IN_MESSAGE || x->body.error)
        return;
    int rc = adapter_source_collect(&x->body, (struct adapter_origin){ x, NULL });
    x->streams = rc != 0;
}

static void begin_body(struct adapter_exchange *x)
{
    const struct adapter_declaration *d = &x->adapter->declared;
    adapter_source_init(&x->body, d->max_body, x->message.body_len, x->adapter->till);
    if (x->message.body_len == 0) {
        x->body.ended = true;
        x->call = ADAPTER_DUE;
    } else if (d->streams) {
        look_at_stream(x);
    } else {
        adapter_exchange_collect(x);
    }
}

/* A platform passes on what its own parser takes. Status of a request that no app should see; 0: none. */
static int refusal(const struct adapter_exchange *x)
{
    const struct mocket_message *msg = &x->message;
    if (x->arena.failed) /* a text of the message may be missing */
        return 503;
    if (msg->method == MOCKET_METHOD_CONNECT)
        return 405;
    if (msg->method == MOCKET_METHOD_OTHER && !mocket__is_token(msg->method_text))
        return 400;
    if (msg->target.len > MOCKET_TARGET_MAX)
        return 414;
    return mocket__is_authority(msg->authority) ? 0 : 400;
}

/* A platform that takes an absolute form apart may leave the path empty in front of a query. */
static void complete_target(struct adapter_exchange *x)
{
    mocket_span target = x->message.target;
    if (target.len == 0 || target.ptr[0] != '?')
        return;
    char *text = mocket__arena_alloc(&x->arena, target.len + 1);
    if (!text)
        return;
    text[0] = '/';
    memcpy(text + 1, target.ptr, target.len);
    x->message.target = (mocket_span){ text, target.len + 1 };
}

void adapter_submit(struct adapter_exchange *x)
{
    struct adapter *a = x->adapter;
    struct adapter_exchange **at = &a->exchanges;
    while (*at)
        at = &(*at)->next;
    *at = x;
    x->message.method = mocket__method_of(x->message.method_text);
    complete_target(x);
    int status = refusal(x);
    if (a->state == ADAPTER_BROKEN)
        adapter_exchange_refuse(x, 500);
    else if (status)
        adapter_exchange_refuse(x, status);
    else if (a->declared.reuse == MOCKET_REUSE_NONE && a->served > 0) {
        adapter_log(MOCKET_LOG_ERROR, MOCKET_SPAN("the app declares reuse `none`, but the platform gave its instance "
                                                  "another request: turn the reuse of instances off"));
        adapter_exchange_refuse(x, 503);
    } else {
        begin_body(x);
    }
    a->served++;
}

/* ---- The call ---- */

/* Gets fields and peer, unless they are there. 0 or MOCKET_ENOMEM. */
static int complete_message(struct adapter_exchange *x)
{
    int rc = x->fields_later ? port_fields(x) : 0;
    if (rc < 0)
        return MOCKET_ENOMEM;
    x->fields_later = false;
    mocket__fields_drop_hop_by_hop(&x->message.fields);
    return 0;
}

static uint32_t body_left(const struct adapter_exchange *x)
{
    int64_t len = x->message.body_len;
    if (!x->streams && x->message.body_error == 0)
        return 0;
    return len >= 0 && len < MOCKET_ABI_UNKNOWN_LENGTH ? (uint32_t)len : MOCKET_ABI_UNKNOWN_LENGTH;
}

/* Writes the message to the app's memory; *at is its address. 0, or the status for the client. The body is copied once,
 * from where it was collected: what is encoded here is a message without its bytes. */
static int pass(struct adapter_exchange *x, uint32_t *at, uint32_t *size)
{
    static const mocket_span nothing = { "", 0 };
    bool here = !x->streams && x->message.body_error == 0;
    size_t body_len = here ? x->body.bytes.len : 0, head_len = mocket__abi_request_size(&x->message, nothing);
    char *head = head_len ? mocket__arena_alloc(&x->arena, head_len) : NULL;
    if (!head || body_len > INT32_MAX - head_len)
        return 503;
    mocket__abi_request_encode(&x->message, nothing, here, body_left(x), head);
    mocket__abi_put_word((unsigned char *)head, MOCKET_ABI_REQ_BODY + 1, (uint32_t)body_len);
    x->adapter->running = "mocket_alloc";
    *size = (uint32_t)(head_len + body_len);
    *at = app_alloc(*size);
    if (*at == 0) {
        adapter_log_request(x, MOCKET_LOG_WARN, MOCKET_SPAN("mocket_alloc returned 0: the app is out of memory"));
        return 503;
    }
    if (*at % 8 != 0 || !app_fits(*at, *size)) {
        adapter_log_request(x, MOCKET_LOG_ERROR,
                            MOCKET_SPAN("mocket_alloc returned an address that is not 8-aligned, "
                                        "or outside of the memory"));
        x->adapter->state = ADAPTER_BROKEN;
        return 500;
    }
    app_store(*at, head, head_len);
    if (body_len > 0)
        app_store(*at + (uint32_t)head_len, x->body.bytes.ptr, body_len);
    return 0;
}

/* Fields and peer are left out if the port has not read them, and the app asks for them when it needs them. */
static int prepare(struct adapter_exchange *x)
{
    const struct adapter *a = x->adapter;
    bool later = x->fields_later && a->declared.on_demand && a->traits & APP_FIELDS;
    if (!later)
        return complete_message(x);
    x->message.flags |= MOCKET_MESSAGE_ON_DEMAND;
    return 0;
}

void adapter_exchange_enter(struct adapter_exchange *x)
{
    struct adapter *a = x->adapter;
    uint32_t at, size;
    a->state = ADAPTER_RUNNING;
    a->current = x;
    x->owner.number = guest_handle_open(&a->handles, GUEST_HANDLE_REQUEST, x);
    int status = x->owner.number < 0 || prepare(x) < 0 ? 503 : pass(x, &at, &size);
    x->call = ADAPTER_CALLED;
    if (status == 0) {
        a->running = "mocket_handle";
        app_handle(x->owner.number, at, size);
    }
    a->current = NULL;
    if (a->state == ADAPTER_RUNNING)
        a->state = ADAPTER_IDLE;
    if (x->call == ADAPTER_OVER)
        return;
    x->call = ADAPTER_RETURNED;
    if (status != 0)
        adapter_exchange_fail(x, status);
    if (a->traits & APP_DIRECT)
        adapter_owner_release(a, &x->owner);
    adapter_exchange_settle(x);
}

/* ---- Imports on a request ---- */

int32_t adapter_exchange_read(struct adapter_exchange *x, struct adapter_range room)
{
    int rc = adapter_exchange_state(x);
    if (rc == 0 && !app_fits(room.at, room.len))
        rc = MOCKET_EFAULT;
    if (rc < 0 || room.len == 0)
        return rc;
    if (!x->streams)
        return x->message.body_error;
    uint32_t cap = room.len < INT32_MAX ? room.len : INT32_MAX;
    return adapter_source_read(&x->body, (struct adapter_origin){ x, NULL }, room.at, cap);
}

int32_t adapter_exchange_fields(struct adapter_exchange *x, struct adapter_range room)
{
    static const mocket_span nothing = { "", 0 };
    if (room.len > 0 && room.at % sizeof(uint32_t) != 0)
        return MOCKET_EINVAL;
    if (!app_fits(room.at, room.len))
        return MOCKET_EFAULT;
    struct mocket_arena_mark mark;
    if (complete_message(x) < 0)
        return MOCKET_ENOMEM;
    mark = mocket__arena_mark(&x->arena);
    x->message.flags &= ~(unsigned)MOCKET_MESSAGE_ON_DEMAND;
    size_t size = mocket__abi_request_size(&x->message, nothing);
    if (size == 0 || size > INT32_MAX)
        return MOCKET_ETOOBIG;
    if (size <= room.len) {
        char *bytes = mocket__arena_alloc(&x->arena, size);
        if (!bytes)
            return MOCKET_ENOMEM;
        mocket__abi_request_encode(&x->message, nothing, false, 0, bytes);
        app_store(room.at, bytes, size);
        mocket__arena_rewind(&x->arena, &mark);
    }
    return (int32_t)size;
}
