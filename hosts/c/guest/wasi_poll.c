/* poll_oneoff, which is what libc makes of sleep. In a module that imports `await` it waits like an operation, below
 * the exports where waiting is allowed (docs/abi.md, section 2). Everywhere else the other row of that name, which
 * answers ENOSYS, is the one that counts.
 *
 * A clock is waited for; a descriptor is always ready, since behind it is the log or a file. The function is called
 * again each time the guest is resumed: what it waits for is the instance's poll_op. */
#include <string.h>
#include <time.h>

#include "../../../src/base/deadline.h"
#include "../../../src/base/word.h"
#include "instance.h"
#include "operation.h"
#include "request.h"
#include "span.h"
#include "wasi.h"

enum { SUBSCRIPTION = 48, EVENT = 32, SUBSCRIPTIONS_MAX = 256, TAG_CLOCK = 0, TAG_WRITE = 2, ABSOLUTE = 1 };

struct poll {
    uint32_t in, out, count, stored;
};

/* Nanoseconds from now until a clock's subscription is due. */
static uint64_t wait_ns(const unsigned char *subscription)
{
    uint64_t timeout = mocket__load_u64(subscription + 24);
    if (!(mocket__load_u16(subscription + 40) & ABSOLUTE))
        return timeout;
    struct timespec t;
    clock_gettime(mocket__load_u32(subscription + 16) == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    return mocket__deadline_left(timeout, mocket__timespec_ns(t));
}

/* The shortest wait; 0 when something is ready. */
static uint64_t shortest(const unsigned char *subscriptions, uint32_t count)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t n = 0; n < count; n++) {
        const unsigned char *s = subscriptions + (size_t)n * SUBSCRIPTION;
        uint64_t ns = s[8] == TAG_CLOCK ? wait_ns(s) : 0;
        least = ns < least ? ns : least;
    }
    return least;
}

static void put(unsigned char *event, const unsigned char *subscription)
{
    memset(event, 0, EVENT);
    memcpy(event, subscription, 8); /* what the guest knows it by */
    event[10] = subscription[8];
}

/* Events for descriptors, and for the clocks that were waited for: relative ones of that time, absolute ones that are
 * due. waited_ns: 0 when nothing was waited for. */
static const char *tell(struct guest_instance *i, union engine_slot *s, const struct poll *p, uint64_t waited_ns)
{
    struct guest_bytes in, out;
    uint32_t stored = 0;
    if (guest_span(i, p->in, p->count * SUBSCRIPTION, &in) < 0 || guest_span(i, p->out, p->count * EVENT, &out) < 0)
        return wasi_answer(s, WASI_EFAULT);
    for (uint32_t n = 0; n < p->count; n++) {
        const unsigned char *from = in.ptr + (size_t)n * SUBSCRIPTION;
        if (from[8] == TAG_CLOCK && wait_ns(from) > waited_ns)
            continue;
        unsigned char copy[SUBSCRIPTION]; /* the two ranges may overlap */
        memcpy(copy, from, sizeof copy);
        put(out.ptr + (size_t)stored++ * EVENT, copy);
    }
    return wasi_stored(s, guest_put_u32(i, p->stored, stored), 0);
}

static const char *begin(struct guest_instance *i, union engine_slot *s, uint64_t ns)
{
    struct guest_op *op;
    struct guest_owner *owner = guest_instance_owner(i);
    uint64_t ms = ns / MOCKET_MS_NS + (ns % MOCKET_MS_NS != 0);
    if (owner->death)
        return wasi_answer(s, WASI_EINTR);
    int32_t number = guest_op_begin(i, owner, GUEST_OP_SLEEP, &op);
    if (number < 0)
        return wasi_answer(s, WASI_EAGAIN);
    if (guest_op_sleep(op, ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX) < 0) {
        guest_op_drop(op);
        return wasi_answer(s, WASI_ENOMEM);
    }
    i->poll_op = number;
    i->poll_ns = ns;
    return engine_wait;
}

/* poll_oneoff(subscriptions, events, count, stored) */
static const char *poll_oneoff(void *data, union engine_slot *s)
{
    struct guest_instance *i = data;
    struct poll p = { s[0].u32, s[1].u32, s[2].u32, s[3].u32 };
    struct guest_op *op = guest_handle_get(&i->handles, i->poll_op, GUEST_HANDLE_OPERATION);
    struct guest_bytes in;
    if (op && !op->ended)
        return engine_wait;
    uint64_t waited_ns = i->poll_ns;
    i->poll_op = 0;
    i->poll_ns = 0;
    if (op) {
        int32_t result = op->result;
        guest_op_drop(op);
        return result < 0 ? wasi_answer(s, WASI_EINTR) : tell(i, s, &p, waited_ns);
    }
    if (!guest_may_wait(i))
        return wasi_answer(s, WASI_ENOSYS);
    if (p.count == 0 || p.count > SUBSCRIPTIONS_MAX)
        return wasi_answer(s, WASI_EINVAL);
    if (guest_span(i, p.in, p.count * SUBSCRIPTION, &in) < 0)
        return wasi_answer(s, WASI_EFAULT);
    uint64_t ns = shortest(in.ptr, p.count);
    return ns == 0 ? tell(i, s, &p, 0) : begin(i, s, ns);
}

static const struct engine_import waiting_row = { WASI_MODULE, "poll_oneoff", ENGINE_MAY_WAIT "iiii:i", poll_oneoff };

const struct engine_import *guest_import_waiting(const struct engine_import *row)
{
    bool same = strcmp(row->module, waiting_row.module) == 0 && strcmp(row->name, waiting_row.name) == 0;
    return same ? &waiting_row : row;
}
