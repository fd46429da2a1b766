/* The imports of docs/abi.md, section 2, but for those of sockets, which are in socket.c. Their names and types are the
 * rows of MOCKET_ABI_IMPORTS. A function gets its arguments in slots and puts its result into slot 0; it returns NULL,
 * or a reason to trap the guest with. None of them calls back into a guest, and none runs for long: what a guest can
 * make large (a text, a range of random bytes) is cut, bounded or watched. */
#include "imports.h"

#include <string.h>
#include <time.h>

#include "../../../src/base/word.h"
#include "../../../src/base/span.h"
#include "outgoing.h"
#include "random.h"
#include "request.h"
#include "socket.h"
#include "span.h"

static const char *answer(union engine_slot *slots, int code)
{
    slots[0].i64 = 0;
    slots[0].i32 = code;
    return NULL;
}

/* ---- Until listen ---- */

/* Whether the guest is still starting. */
static bool starting(const struct guest_instance *i)
{
    return !i->declared.listening && i->running != GUEST_ALLOC && i->running != GUEST_HANDLE;
}

static int set_option(struct guest_declaration *d, uint32_t key, int64_t value)
{
    switch (key) {
    case MOCKET_ABI_OPTION_MINOR:
        return value == 0 ? MOCKET_ABI_MINOR : MOCKET_EINVAL;
    case MOCKET_ABI_OPTION_MAX_BODY:
    case MOCKET_ABI_OPTION_MAX_MESSAGE:
        if (value < MOCKET_UNLIMITED)
            return MOCKET_EINVAL;
        *(key == MOCKET_ABI_OPTION_MAX_BODY ? &d->max_body : &d->max_message) = value;
        return 0;
    case MOCKET_ABI_OPTION_ON_DEMAND:
        if (value != 0 && value != 1)
            return MOCKET_EINVAL;
        d->on_demand = value;
        return 0;
    case MOCKET_ABI_OPTION_REPLAY: /* a permission that this host has no use for: it ends sockets with their instance */
        return value == 0 || value == 1 ? 0 : MOCKET_EINVAL;
    default:
        return MOCKET_ENOTSUP;
    }
}

/* option(key, value i64) -> status */
const char *guest_import_option(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    if (!starting(i))
        return answer(s, MOCKET_ESTATE);
    return answer(s, set_option(&i->declared, s[0].u32, s[1].i64));
}

/* Tells the operator why a guest's listen was refused. */
static const char *refuse_listen(struct guest_instance *i, union engine_slot *s, int code, const char *why)
{
    guest_log_line(i->log, MOCKET_LOG_ERROR, mocket__span(why));
    return answer(s, code);
}

static const char *refuse_version(struct guest_instance *i, union engine_slot *s, uint32_t version)
{
    char text[96];
    char *at = stpcpy(text, "listen: it speaks version ");
    at = stpcpy(mocket__decimal(at, version), " of the guest ABI, this host speaks version ");
    *mocket__decimal(at, MOCKET_ABI_VERSION) = '\0';
    return refuse_listen(i, s, MOCKET_ENOTSUP, text);
}

/* listen(version, flags, address, address_len) -> status */
const char *guest_import_listen(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    uint32_t version = s[0].u32, flags = s[1].u32, reuse = flags & MOCKET_ABI_REUSE_MASK;
    struct guest_bytes address;
    if (!starting(i))
        return answer(s, MOCKET_ESTATE);
    if (version != MOCKET_ABI_VERSION)
        return refuse_version(i, s, version);
    if (flags & ~(MOCKET_ABI_REUSE_MASK | MOCKET_ABI_STREAM_BODY | MOCKET_ABI_BODY_ERRORS) ||
        reuse > MOCKET_REUSE_CONCURRENT)
        return refuse_listen(i, s, MOCKET_EINVAL, "listen: unknown flags");
    if (reuse == MOCKET_REUSE_CONCURRENT && i->program->module->direct_style)
        return refuse_listen(i, s, MOCKET_EINVAL,
                             "listen: a module that imports await cannot ask for concurrent reuse");
    int rc = guest_span(i, s[2].u32, s[3].u32, &address);
    if (rc < 0)
        return answer(s, rc);
    if (address.len > GUEST_ADDRESS_MAX || memchr(address.ptr, '\0', address.len))
        return refuse_listen(i, s, MOCKET_EINVAL, "listen: the address is longer than 255 bytes or contains a NUL");
    memcpy(i->declared.address, address.ptr, address.len);
    i->declared.reuse = reuse;
    i->declared.streams = flags & MOCKET_ABI_STREAM_BODY;
    i->declared.body_errors = flags & MOCKET_ABI_BODY_ERRORS;
    i->declared.listening = true;
    return answer(s, 0);
}

/* ---- A request ---- */

static struct guest_request *request_of(const struct guest_instance *i, int32_t number)
{
    return guest_handle_get(&i->handles, number, GUEST_HANDLE_REQUEST);
}

/* fields(req, room, cap) -> size */
const char *guest_import_fields(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_request *r = request_of(i, s[0].i32);
    return answer(s, r ? guest_request_fields(i, r, s[1].u32, s[2].u32) : MOCKET_EHANDLE);
}

/* respond(req, head, head_len, body, body_len) -> status */
const char *guest_import_respond(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_request *r = request_of(i, s[0].i32);
    struct guest_answer a = { s[1].u32, s[2].u32, s[3].u32, s[4].u32, false };
    return answer(s, r ? guest_request_respond(i, r, &a) : MOCKET_EHANDLE);
}

/* respond_begin(req, head, head_len) -> status */
const char *guest_import_respond_begin(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_request *r = request_of(i, s[0].i32);
    struct guest_answer a = { s[1].u32, s[2].u32, 0, 0, false };
    return answer(s, r ? guest_request_begin(i, r, &a) : MOCKET_EHANDLE);
}

/* body_write(sink, ptr, len) -> taken or status */
const char *guest_import_body_write(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_request *r = request_of(i, s[0].i32);
    return answer(s, r ? guest_request_write(i, r, s[1].u32, s[2].u32)
                       : guest_fetch_write(i, s[0].i32, s[1].u32, s[2].u32));
}

/* body_end(sink) -> status */
const char *guest_import_body_end(void *data, union engine_slot *s)
{
    struct guest_request *r = request_of(data, s[0].i32);
    return answer(s, r ? guest_request_finish(r) : guest_fetch_end(data, s[0].i32));
}

/* body_read(source, ptr, cap) -> n */
const char *guest_import_body_read(void *data, union engine_slot *s)
{
    struct guest_request *r = request_of(data, s[0].i32);
    return answer(s, r ? guest_request_read(data, r, s[1].u32, s[2].u32)
                       : guest_fetch_read(data, s[0].i32, s[1].u32, s[2].u32));
}

/* deadline(req, ms) -> status */
const char *guest_import_deadline(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_request *r = request_of(i, s[0].i32);
    uint32_t ms = s[1].u32 ? s[1].u32 : 1;
    int code = guest_request_state(r);
    if (code < 0)
        return answer(s, code);
    uint64_t end_ns = mocket__deadline_after(guest_now_ns(), mocket__limit_ns(ms));
    r->total_ns = mocket__deadline_first(r->total_ns, end_ns);
    r->deadline_ns = mocket__deadline_first(r->deadline_ns, end_ns);
    if (i->current == r)
        guest_instance_limit(i, ms);
    return answer(s, 0);
}

/* ---- Operations ---- */

/* sleep(owner, ms) -> op */
const char *guest_import_sleep(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_op *op;
    int code;
    struct guest_owner *owner = guest_owner_get(i, s[0].i32);
    if (!owner)
        return answer(s, MOCKET_EHANDLE);
    int32_t number = guest_op_begin(i, owner, GUEST_OP_SLEEP, &op);
    if (number < 0)
        return answer(s, number);
    if (owner->death)
        guest_op_end(op, owner->death);
    else if ((code = guest_op_sleep(op, s[1].u32)) < 0) {
        guest_op_drop(op);
        number = code;
    }
    return answer(s, number);
}

/* ready(handle, dir) -> op */
const char *guest_import_ready(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_request *r = request_of(i, s[0].i32);
    uint32_t dir = s[1].u32;
    struct guest_op *op;
    enum guest_handle_kind kind = guest_handle_kind_of(&i->handles, s[0].i32);
    if (kind == GUEST_HANDLE_SOCKET)
        return answer(s, guest_socket_ready(i, s[0].i32, dir));
    if (kind == GUEST_HANDLE_OUTGOING || kind == GUEST_HANDLE_RESPONSE)
        return answer(s, guest_fetch_ready(i, s[0].i32, dir));
    int code = guest_request_state(r);
    bool dead = code < 0 && code != MOCKET_EHANDLE && code != MOCKET_ESTATE;
    if (code == MOCKET_EHANDLE || code == MOCKET_ESTATE)
        return answer(s, code);
    if (dir > 1)
        return answer(s, MOCKET_EINVAL);
    if (dir == 1 && r->answer == GUEST_ANSWER_NONE)
        return answer(s, dead ? code : MOCKET_ESTATE);
    int32_t number = guest_op_begin(i, &r->owner, dir ? GUEST_OP_WRITE : GUEST_OP_READ, &op);
    bool now = number > 0 && (dead || (dir ? r->out.len < GUEST_OUT_MAX : guest_request_can_read(r)));
    if (now)
        guest_op_end(op, dead ? code : dir == 0 && r->in.len == 0 ? r->in_error : 0);
    return answer(s, number);
}

/* drop(handle): a request is not the guest's to drop. */
const char *guest_import_drop(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_op *op = guest_handle_get(&i->handles, s[0].i32, GUEST_HANDLE_OPERATION);
    if (op)
        guest_op_drop(op);
    else
        guest_fetch_drop(i, s[0].i32);
    return NULL;
}

/* Where a guest may be suspended. */
static const char *check_await(const struct guest_instance *i)
{
    return guest_may_wait(i) ? NULL : "await may only be called below mocket_handle and mocket_ws";
}

/* await(op) -> result */
const char *guest_import_await(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    const char *reason = check_await(i);
    struct guest_op *op = guest_handle_get(&i->handles, s[0].i32, GUEST_HANDLE_OPERATION);
    if (reason)
        return reason;
    if (!op)
        return answer(s, MOCKET_EHANDLE);
    if (!op->ended)
        return engine_wait;
    return answer(s, guest_op_take(op));
}

/* await_any(ops, count) -> index. Which handles are good is looked at each time: others may drop them meanwhile. */
const char *guest_import_await_any(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    const char *reason = check_await(i);
    uint32_t count = s[1].u32;
    struct guest_bytes list;
    if (reason)
        return reason;
    if (count == 0 || count > GUEST_HANDLES_MAX)
        return answer(s, count ? MOCKET_ELIMIT : MOCKET_EINVAL);
    int rc = guest_span_aligned(i, s[0].u32, count * 4, &list);
    if (rc < 0)
        return answer(s, rc);
    int32_t first = -1;
    for (uint32_t n = 0; n < count; n++) {
        int32_t number = (int32_t)mocket__load_u32(list.ptr + (size_t)n * 4);
        const struct guest_op *op = guest_handle_get(&i->handles, number, GUEST_HANDLE_OPERATION);
        if (!op)
            return answer(s, MOCKET_EHANDLE);
        if (op->ended && first < 0)
            first = (int32_t)n;
    }
    return first < 0 ? engine_wait : answer(s, first);
}

/* ---- Requests to other servers ---- */

/* fetch(owner, head, head_len, body, body_len) -> out */
const char *guest_import_fetch(void *data, union engine_slot *s)
{
    struct guest_fetch f = { s[1].u32, s[2].u32, s[3].u32, s[4].u32 };
    return answer(s, guest_fetch_begin(data, s[0].i32, &f));
}

/* fetch_wait(out) -> op */
const char *guest_import_fetch_wait(void *data, union engine_slot *s)
{
    return answer(s, guest_fetch_wait(data, s[0].i32));
}

/* fetch_head(res, ptr, cap) -> size */
const char *guest_import_fetch_head(void *data, union engine_slot *s)
{
    return answer(s, guest_fetch_head(data, s[0].i32, s[1].u32, s[2].u32));
}

/* ---- Surroundings ---- */

/* log(level, ptr, len) */
const char *guest_import_log(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct guest_bytes text;
    int level = s[0].i32 < MOCKET_LOG_ERROR || s[0].i32 > MOCKET_LOG_DEBUG ? MOCKET_LOG_INFO : s[0].i32;
    if (guest_span(i, s[1].u32, s[2].u32, &text) < 0)
        return "log: a range outside the memory";
    guest_log_line(i->log, level, (mocket_span){ (const char *)text.ptr, text.len });
    return NULL;
}

/* now(clock) -> i64 */
const char *guest_import_now(void *data, union engine_slot *s)
{
    (void)data;
    struct timespec t;
    clock_gettime(s[0].i32 == MOCKET_ABI_WALL ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    s[0].i64 = (int64_t)mocket__timespec_ns(t);
    return NULL;
}

/* random(ptr, len) */
const char *guest_import_random(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    int rc = guest_random(i, s[0].u32, s[1].u32);
    return rc == 0 ? NULL : rc == MOCKET_EFAULT ? "random: a range outside the memory" : "random: it took too long";
}

#define TYPE_RUNS
#define TYPE_WAITS ENGINE_MAY_WAIT
static const struct engine_import rows[] = {
#define ROW(name, minor, wait, result, ...)                                                                            \
    { MOCKET_ABI_MODULE, #name, TYPE_##wait MOCKET_ABI_TYPE(result, __VA_ARGS__), guest_import_##name },
    MOCKET_ABI_IMPORTS(ROW)
#undef ROW
};

struct guest_imports guest_mocket_imports(void)
{
    return (struct guest_imports){ rows, sizeof rows / sizeof *rows };
}

const struct engine_import *guest_import_find(mocket_span module, mocket_span name)
{
    const struct guest_imports tables[] = {
        guest_mocket_imports(),    guest_wasi_imports(),    guest_wasi_fd_imports(),
        guest_wasi_path_imports(), guest_moonbit_imports(),
    };
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct engine_import *row = &tables[t].rows[i];
            if (mocket__span_eq(name, mocket__span(row->name)) && mocket__span_eq(module, mocket__span(row->module)))
                return row;
        }
    return NULL;
}
