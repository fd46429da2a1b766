/* What the app imports from `mocket` (docs/abi.md, section 2). Each function is an export of the adapter with the
 * name mocket.NAME. The tool that joins the two connects them by these names, and compares the types with
 * include/mocket_abi.h. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "exchange.h"
#include "fetch.h"
#include "log.h"
#include "operation.h"
#include "source.h"

#define EXPORT(name) __attribute__((export_name("mocket." #name)))

static _Noreturn void trap(const char *why)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, adapter_here()->running);
    mocket__buf_text(&text, ": ");
    mocket__buf_text(&text, why);
    adapter_log(MOCKET_LOG_ERROR, mocket__buf_view(&text));
    __builtin_trap();
}

/* ---- Until listen ---- */

EXPORT(option) int32_t import_option(int32_t key, int64_t value);
int32_t import_option(int32_t key, int64_t value)
{
    struct adapter *a = adapter_here();
    if (a->state > ADAPTER_STARTING || a->declared.listening)
        return MOCKET_ESTATE;
    switch (key) {
    case MOCKET_ABI_OPTION_MINOR:
        return value == 0 ? MOCKET_ABI_MINOR : MOCKET_EINVAL;
    case MOCKET_ABI_OPTION_MAX_BODY:
    case MOCKET_ABI_OPTION_MAX_MESSAGE:
        if (value < MOCKET_UNLIMITED)
            return MOCKET_EINVAL;
        if (key == MOCKET_ABI_OPTION_MAX_BODY)
            a->declared.max_body = value;
        return 0;
    case MOCKET_ABI_OPTION_ON_DEMAND:
    case MOCKET_ABI_OPTION_REPLAY: /* a permission for hosts with sockets */
        if (value != 0 && value != 1)
            return MOCKET_EINVAL;
        a->declared.on_demand |= key == MOCKET_ABI_OPTION_ON_DEMAND && value == 1;
        return 0;
    default:
        return MOCKET_ENOTSUP;
    }
}

static int refuse_listen(int code, const char *why)
{
    adapter_log(MOCKET_LOG_ERROR, mocket__span(why));
    return code;
}

static int refuse_version(uint32_t version)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "listen: the app speaks version ");
    mocket__buf_decimal(&text, version);
    mocket__buf_text(&text, " of the guest ABI, this adapter speaks version ");
    mocket__buf_decimal(&text, MOCKET_ABI_VERSION);
    adapter_log(MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return MOCKET_ENOTSUP;
}

EXPORT(listen) int32_t import_listen(uint32_t version, uint32_t flags, uint32_t address, uint32_t address_len);
int32_t import_listen(uint32_t version, uint32_t flags, uint32_t address, uint32_t address_len)
{
    struct adapter *a = adapter_here();
    uint32_t reuse = flags & MOCKET_ABI_REUSE_MASK;
    if (a->state > ADAPTER_STARTING || a->declared.listening)
        return MOCKET_ESTATE;
    if (version != MOCKET_ABI_VERSION)
        return refuse_version(version);
    if (flags & ~(MOCKET_ABI_REUSE_MASK | MOCKET_ABI_STREAM_BODY | MOCKET_ABI_BODY_ERRORS) ||
        reuse > MOCKET_REUSE_CONCURRENT)
        return refuse_listen(MOCKET_EINVAL, "listen: unknown flags");
    if (reuse == MOCKET_REUSE_CONCURRENT && a->traits & APP_DIRECT)
        return refuse_listen(MOCKET_EINVAL, "listen: a module that imports await cannot ask for concurrent reuse");
    if (!app_fits(address, address_len))
        return MOCKET_EFAULT;
    if (address_len < sizeof a->declared.address)
        app_load(a->declared.address, address, address_len);
    if (address_len >= sizeof a->declared.address || memchr(a->declared.address, '\0', address_len))
        return refuse_listen(MOCKET_EINVAL, "listen: the address is longer than 255 bytes or contains a NUL");
    a->declared.address[address_len] = '\0';
    a->declared.reuse = reuse;
    a->declared.streams = flags & MOCKET_ABI_STREAM_BODY;
    a->declared.body_errors = flags & MOCKET_ABI_BODY_ERRORS;
    a->declared.listening = true;
    return 0;
}

/* ---- A request ---- */

static struct adapter_exchange *exchange_of(int32_t number)
{
    return guest_handle_get(&adapter_here()->handles, number, GUEST_HANDLE_REQUEST);
}

EXPORT(fields) int32_t import_fields(int32_t req, uint32_t room, uint32_t cap);
int32_t import_fields(int32_t req, uint32_t room, uint32_t cap)
{
    struct adapter_exchange *x = exchange_of(req);
    return x ? adapter_exchange_fields(x, (struct adapter_range){ room, cap }) : MOCKET_EHANDLE;
}

EXPORT(respond) int32_t import_respond(int32_t req, uint32_t head, uint32_t head_len, uint32_t body, uint32_t body_len);
int32_t import_respond(int32_t req, uint32_t head, uint32_t head_len, uint32_t body, uint32_t body_len)
{
    return adapter_exchange_respond(exchange_of(req), (struct adapter_range){ head, head_len },
                                    (struct adapter_range){ body, body_len });
}

EXPORT(respond_begin) int32_t import_respond_begin(int32_t req, uint32_t head, uint32_t head_len);
int32_t import_respond_begin(int32_t req, uint32_t head, uint32_t head_len)
{
    return adapter_exchange_begin(exchange_of(req), (struct adapter_range){ head, head_len });
}

EXPORT(body_write) int32_t import_body_write(int32_t sink, uint32_t bytes, uint32_t len);
int32_t import_body_write(int32_t sink, uint32_t bytes, uint32_t len)
{
    struct adapter_exchange *x = exchange_of(sink);
    struct adapter_range range = { bytes, len };
    return x ? adapter_exchange_write(x, range) : adapter_fetch_write(adapter_here(), sink, range);
}

EXPORT(body_end) int32_t import_body_end(int32_t sink);
int32_t import_body_end(int32_t sink)
{
    struct adapter_exchange *x = exchange_of(sink);
    return x ? adapter_exchange_finish(x) : adapter_fetch_finish(adapter_here(), sink);
}

EXPORT(body_read) int32_t import_body_read(int32_t source, uint32_t room, uint32_t cap);
int32_t import_body_read(int32_t source, uint32_t room, uint32_t cap)
{
    struct adapter_exchange *x = exchange_of(source);
    struct adapter_range range = { room, cap };
    return x ? adapter_exchange_read(x, range) : adapter_fetch_read(adapter_here(), source, range);
}

EXPORT(deadline) int32_t import_deadline(int32_t req, uint32_t ms);
int32_t import_deadline(int32_t req, uint32_t ms)
{
    struct adapter_exchange *x = exchange_of(req);
    int rc = adapter_exchange_state(x);
    if (rc < 0)
        return rc;
    uint64_t end = mocket__deadline_after(port_now_ns(MOCKET_ABI_MONOTONIC), mocket__limit_ns(ms ? ms : 1));
    x->deadline_ns = mocket__deadline_first(x->deadline_ns, end);
    return 0;
}

/* ---- Operations ---- */

EXPORT(sleep) int32_t import_sleep(int32_t owner, uint32_t ms);
int32_t import_sleep(int32_t owner, uint32_t ms)
{
    struct adapter *a = adapter_here();
    struct adapter_owner *o = adapter_owner_get(a, owner);
    struct adapter_operation *op;
    int32_t number = o ? adapter_operation_begin(a, o, &op) : MOCKET_EHANDLE;
    if (number > 0)
        op->until_ns = mocket__deadline_after(port_now_ns(MOCKET_ABI_MONOTONIC), (uint64_t)ms * MOCKET_MS_NS);
    return number;
}

/* What a read or write of the request would return now: MOCKET_EAGAIN, 0 for success. */
static int look(struct adapter_exchange *x, int32_t dir)
{
    if (dir == MOCKET_ABI_READ)
        return x->streams ? adapter_source_fill(&x->body, (struct adapter_origin){ x, NULL }) : x->message.body_error;
    ptrdiff_t room = x->discard ? 1 : port_room(x);
    return room > 0 ? 0 : room < 0 ? (int)room : MOCKET_EAGAIN;
}

EXPORT(ready) int32_t import_ready(int32_t handle, int32_t dir);
int32_t import_ready(int32_t handle, int32_t dir)
{
    struct adapter *a = adapter_here();
    struct adapter_exchange *x = exchange_of(handle);
    struct adapter_operation *op;
    if (!x)
        return adapter_fetch_ready(a, handle, (uint32_t)dir);
    int code = adapter_exchange_state(x);
    if (code == MOCKET_ESTATE)
        return code;
    if (dir != MOCKET_ABI_READ && dir != MOCKET_ABI_WRITE)
        return MOCKET_EINVAL;
    if (dir == MOCKET_ABI_WRITE && x->answer == ADAPTER_NONE)
        return code < 0 ? code : MOCKET_ESTATE;
    int32_t number = adapter_operation_begin(a, &x->owner, &op);
    if (number < 0 || op->ended)
        return number;
    op->wait.kind = dir == MOCKET_ABI_READ ? ADAPTER_WAIT_READ : ADAPTER_WAIT_WRITE;
    op->wait.exchange = x;
    if (code == 0)
        code = look(x, dir);
    if (code != MOCKET_EAGAIN)
        adapter_operation_end(a, op, code);
    return number;
}

EXPORT(drop) void import_drop(int32_t handle);
void import_drop(int32_t handle)
{
    struct adapter *a = adapter_here();
    struct adapter_operation *op = adapter_operation_get(a, handle);
    if (op)
        adapter_operation_drop(a, op);
    else
        adapter_fetch_drop(a, handle);
}

static void check_await(const struct adapter *a)
{
    if (!a->current || a->current->call != ADAPTER_CALLED)
        trap("await may only be called below mocket_handle and mocket_ws");
}

EXPORT(await) int32_t import_await(int32_t number);
int32_t import_await(int32_t number)
{
    struct adapter *a = adapter_here();
    struct adapter_operation *op = adapter_operation_get(a, number);
    check_await(a);
    if (!op)
        return MOCKET_EHANDLE;
    while (!op->ended)
        adapter_wait(a, true);
    return adapter_operation_take(a, op);
}

/* The lowest index among the ended ones; count: none; MOCKET_EHANDLE. */
static int32_t first_ended(struct adapter *a, const int32_t *ops, uint32_t count)
{
    uint32_t first = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct adapter_operation *op = adapter_operation_get(a, ops[i]);
        if (!op)
            return MOCKET_EHANDLE;
        if (op->ended && i < first)
            first = i;
    }
    return (int32_t)first;
}

EXPORT(await_any) int32_t import_await_any(uint32_t ops, uint32_t count);
int32_t import_await_any(uint32_t ops, uint32_t count)
{
    struct adapter *a = adapter_here();
    check_await(a);
    if (count == 0 || ops % sizeof(uint32_t) != 0)
        return MOCKET_EINVAL;
    if (count > GUEST_HANDLES_MAX)
        return MOCKET_ELIMIT;
    if (!app_fits(ops, (size_t)count * sizeof(int32_t)))
        return MOCKET_EFAULT;
    int32_t *numbers = mocket__realloc(NULL, count * sizeof *numbers);
    if (!numbers)
        return MOCKET_ELIMIT;
    app_load(numbers, ops, count * sizeof *numbers);
    int32_t first = first_ended(a, numbers, count);
    while (first == (int32_t)count) {
        adapter_wait(a, true);
        first = first_ended(a, numbers, count);
    }
    mocket__free(numbers);
    return first;
}

/* ---- Requests to other servers ---- */

EXPORT(fetch) int32_t import_fetch(int32_t owner, uint32_t head, uint32_t head_len, uint32_t body, uint32_t body_len);
int32_t import_fetch(int32_t owner, uint32_t head, uint32_t head_len, uint32_t body, uint32_t body_len)
{
    struct adapter_fetch_call call = { { head, head_len }, { body, body_len }, body_len == MOCKET_ABI_UNKNOWN_LENGTH };
    return adapter_fetch_begin(adapter_here(), owner, &call);
}

EXPORT(fetch_wait) int32_t import_fetch_wait(int32_t out);
int32_t import_fetch_wait(int32_t out)
{
    return adapter_fetch_wait(adapter_here(), out);
}

EXPORT(fetch_head) int32_t import_fetch_head(int32_t res, uint32_t room, uint32_t cap);
int32_t import_fetch_head(int32_t res, uint32_t room, uint32_t cap)
{
    return adapter_fetch_head(adapter_here(), res, (struct adapter_range){ room, cap });
}

/* ---- Sockets: no platform of an adapter has them (docs/abi.md, section 9) ---- */

EXPORT(ws_accept) int32_t import_ws_accept(int32_t req, uint32_t head, uint32_t head_len);
int32_t import_ws_accept(int32_t req, uint32_t head, uint32_t head_len)
{
    (void)head, (void)head_len;
    const struct adapter_exchange *x = exchange_of(req);
    int rc = adapter_exchange_state(x);
    return rc < 0 ? rc : x->answer == ADAPTER_NONE ? MOCKET_ENOTSUP : MOCKET_ESTATE;
}

EXPORT(ws_send) int32_t import_ws_send(int32_t ws, int32_t kind, uint32_t bytes, uint32_t len);
int32_t import_ws_send(int32_t ws, int32_t kind, uint32_t bytes, uint32_t len)
{
    (void)ws, (void)kind, (void)bytes, (void)len;
    return MOCKET_EHANDLE;
}

EXPORT(ws_close) int32_t import_ws_close(int32_t ws, int32_t code, uint32_t reason, uint32_t reason_len);
int32_t import_ws_close(int32_t ws, int32_t code, uint32_t reason, uint32_t reason_len)
{
    (void)ws, (void)code, (void)reason, (void)reason_len;
    return MOCKET_EHANDLE;
}

EXPORT(ws_subscribe) int32_t import_ws_subscribe(int32_t ws, uint32_t topic, uint32_t topic_len);
int32_t import_ws_subscribe(int32_t ws, uint32_t topic, uint32_t topic_len)
{
    (void)ws, (void)topic, (void)topic_len;
    return MOCKET_EHANDLE;
}

EXPORT(ws_unsubscribe) int32_t import_ws_unsubscribe(int32_t ws, uint32_t topic, uint32_t topic_len);
int32_t import_ws_unsubscribe(int32_t ws, uint32_t topic, uint32_t topic_len)
{
    (void)ws, (void)topic, (void)topic_len;
    return MOCKET_EHANDLE;
}

EXPORT(publish) int32_t import_publish(uint32_t topic, uint32_t topic_len, int32_t kind, uint32_t bytes, uint32_t len);
int32_t import_publish(uint32_t topic, uint32_t topic_len, int32_t kind, uint32_t bytes, uint32_t len)
{
    (void)topic, (void)topic_len, (void)kind, (void)bytes, (void)len;
    return MOCKET_ENOTSUP;
}

/* ---- Surroundings ---- */

EXPORT(log) void import_log(int32_t level, uint32_t text, uint32_t text_len);
void import_log(int32_t level, uint32_t text, uint32_t text_len)
{
    if (!app_fits(text, text_len))
        trap("log: a range outside the memory");
    size_t len = text_len <= MOCKET_LOG_LINE ? text_len : MOCKET_LOG_LINE + 1; /* one more: the line is cut */
    char *copy = mocket__realloc(NULL, len ? len : 1);
    if (!copy)
        return;
    app_load(copy, text, len);
    bool known = level >= MOCKET_LOG_ERROR && level <= MOCKET_LOG_DEBUG;
    adapter_log_line(known ? level : MOCKET_LOG_INFO, (mocket_span){ copy, len });
    mocket__free(copy);
}

EXPORT(now) int64_t import_now(int32_t clock);
int64_t import_now(int32_t clock)
{
    return (int64_t)port_now_ns(clock == MOCKET_ABI_WALL ? MOCKET_ABI_WALL : MOCKET_ABI_MONOTONIC);
}

bool adapter_random(uint32_t at, uint32_t len)
{
    char piece[256];
    if (!app_fits(at, len))
        return false;
    for (uint32_t done = 0, n; done < len; done += n) {
        n = len - done < sizeof piece ? len - done : sizeof piece;
        port_random(piece, n);
        app_store(at + done, piece, n);
    }
    return true;
}

EXPORT(random) void import_random(uint32_t room, uint32_t len);
void import_random(uint32_t room, uint32_t len)
{
    if (!adapter_random(room, len))
        trap("random: a range outside the memory");
}
