/* A direct call costs nothing and cannot be interrupted but by ending the instance: whoever comes behind it waits. A
 * call in slices delays nobody, and costs about a microsecond more. So trust is earned: a kind of request runs in
 * slices until it was quick a few times, and directly from then on. One that was slow in spite of it needs far more
 * proofs next time; and when several kinds have surprised within a short time nothing is called directly for a while,
 * since a guest may spread its slowness over many paths.
 *
 * Kinds that share a slot by chance share their fate; that costs a microsecond. */
#include "pace.h"

#include "../engine/engine.h"

#define PROOFS 16u
#define PROOFS_SHIFT_MAX 16u /* 16 << 16: a million */
#define SURPRISES_MAX 4u
#define FORGIVE_TICKS (10000u / ENGINE_TICK_MS) /* a surprise is forgotten after ten seconds of work */
#define BARRED_TICKS (60000u / ENGINE_TICK_MS)

uint32_t guest_pace_slot(const struct mocket_message *m)
{
    uint32_t hash = 2166136261u + (uint32_t)m->method;
    for (size_t i = 1; i < m->target.len; i++) {
        unsigned char c = (unsigned char)m->target.ptr[i];
        if (c == '/' || c == '?')
            break;
        hash = (hash ^ c) * 16777619u;
    }
    hash ^= hash >> 16;
    return 2 + hash % (GUEST_PACE_SLOTS - 2);
}

uint32_t guest_pace_slot_of_socket(uint32_t slot)
{
    return 2 + (slot * 31 + 17) % (GUEST_PACE_SLOTS - 2);
}

static uint32_t proofs_needed(const struct guest_pace_slot *s)
{
    uint32_t shift = s->surprises * 4u;
    return PROOFS << (shift < PROOFS_SHIFT_MAX ? shift : PROOFS_SHIFT_MAX);
}

bool guest_pace_trusts(const struct guest_pace *p, uint32_t slot, uint64_t tick)
{
    const struct guest_pace_slot *s = &p->slots[slot];
    return s->proofs >= proofs_needed(s) && tick >= p->barred_until_tick;
}

bool guest_pace_is_slow(const struct guest_pace *p, uint32_t slot)
{
    return p->slots[slot].slow;
}

void guest_pace_is_long(struct guest_pace *p, uint32_t slot)
{
    p->slots[slot].slow = true;
}

static void surprise(struct guest_pace *p, struct guest_pace_slot *s, uint64_t tick)
{
    s->surprises += s->surprises < UINT8_MAX;
    if (tick >= p->forgive_tick)
        p->surprises = 0;
    p->forgive_tick = tick + FORGIVE_TICKS;
    if (++p->surprises < SURPRISES_MAX)
        return;
    p->surprises = 0;
    p->barred_until_tick = tick + BARRED_TICKS;
}

void guest_pace_note(struct guest_pace *p, uint32_t slot, uint64_t tick, struct guest_pace_result result)
{
    struct guest_pace_slot *s = &p->slots[slot];
    s->slow = result.slow;
    if (!result.slow) {
        s->proofs += s->proofs < UINT32_MAX;
        return;
    }
    s->proofs = 0;
    if (result.direct)
        surprise(p, s, tick);
}
