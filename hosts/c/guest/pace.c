/* Two things are learned of each kind.
 *
 * May it be called directly? A direct call costs nothing and cannot be interrupted but by ending the instance: whatever
 * comes behind it waits. A call in slices delays no other request, and costs about a microsecond more. So trust is
 * earned: a kind runs in slices until it was quick a few times, and directly from then on. A kind whose direct call
 * took long in spite of it goes back to slices for a minute, the next time for ten. A guest may spread its slowness
 * over many kinds: when a second kind surprises within ten minutes, nothing is called directly for ten minutes.
 *
 * Does it occupy a place for a short time only? Each quick request adds a point, each long one takes many away. A kind
 * with some points has proved quick. So a hiccup costs a busy kind nothing, and a kind of which one request in twenty
 * takes long is not quick.
 *
 * The table is a cache with a few ways for each hash. Clients choose the kinds: nothing they send may push out what was
 * learned of others. Therefore the hash is keyed, a kind is entered only when a request of it has ended, and a newcomer
 * replaces the row with the fewest points: at once if it has none, else it takes one point from it and stays unknown. A
 * newcomer that took long replaces rows without points only. What must stay true: a row is used only for the kind that
 * it was made for. */
#include "pace.h"

#include "../../../src/base/deadline.h"

#include <string.h>
#include <sys/random.h>

#define PROOFS 16u
#define FIBERS_FIRST_NS (60 * MOCKET_SECOND_NS)
#define FIBERS_NS (600 * MOCKET_SECOND_NS)
#define SCORE_QUICK 4u
#define SCORE_MAX 64u
#define SCORE_LONG 16u /* points that a long request costs */

/* Kinds of requests end in the bits 01, those of sockets in 11. The others are even. */
#define KIND_REQUEST 1u
#define KIND_SOCKET 3u
#define KIND_BITS 3u

int guest_pace_seed(struct guest_pace *p)
{
    return getrandom(&p->key, sizeof p->key, 0) == sizeof p->key ? 0 : MOCKET_EIO;
}

guest_kind guest_pace_kind(const struct guest_pace *p, const struct mocket_message *m)
{
    struct mocket_siphash_key key = p->key;
    mocket_span segment = { m->target.ptr, 0 };
    if (m->target.len > 0)
        segment.ptr++;
    while (segment.len + 1 < m->target.len && segment.ptr[segment.len] != '/' && segment.ptr[segment.len] != '?')
        segment.len++;
    key.words[0] ^= (uint64_t)m->method;
    return (mocket__siphash(&key, segment) & ~(uint64_t)KIND_BITS) | KIND_REQUEST;
}

guest_kind guest_pace_kind_of_socket(guest_kind request)
{
    return request | KIND_SOCKET;
}

/* ---- The table ---- */

static struct guest_pace_set *set_of(struct guest_pace *p, guest_kind kind)
{
    return &p->sets[kind >> 2 & (GUEST_PACE_SETS - 1)];
}

static struct guest_pace_row *find(struct guest_pace *p, guest_kind kind)
{
    if (kind == GUEST_KIND_START)
        return &p->start;
    if (kind == GUEST_KIND_EVENT)
        return &p->event;
    struct guest_pace_set *set = set_of(p, kind);
    for (size_t i = 0; i < GUEST_PACE_WAYS; i++)
        if (set->kinds[i] == kind)
            return &set->rows[i];
    return NULL;
}

/* The row that a newcomer replaces, if any: one that is free, else the one with the fewest points, which was not used
 * for longest. */
static size_t weakest(const struct guest_pace *p, const struct guest_pace_set *set)
{
    size_t found = 0;
    for (size_t i = 0; i < GUEST_PACE_WAYS; i++) {
        const struct guest_pace_row *row = &set->rows[i], *best = &set->rows[found];
        if (set->kinds[i] == 0)
            return i;
        if (row->score < best->score || (row->score == best->score && p->clock - row->used > p->clock - best->used))
            found = i;
    }
    return found;
}

/* A row for a kind that has none. NULL: it stays unknown. */
static struct guest_pace_row *admit(struct guest_pace *p, guest_kind kind, bool is_long)
{
    struct guest_pace_set *set = set_of(p, kind);
    size_t at = weakest(p, set);
    if (set->rows[at].score > 0 && (is_long || --set->rows[at].score > 0))
        return NULL;
    set->kinds[at] = kind;
    set->rows[at] = (struct guest_pace_row){ 0 };
    return &set->rows[at];
}

static void weigh(struct guest_pace *p, struct guest_pace_row *row, bool is_long)
{
    row->used = ++p->clock;
    row->is_long = is_long;
    if (!is_long)
        row->score += row->score < SCORE_MAX;
    else
        row->score = row->score > SCORE_LONG ? (uint8_t)(row->score - SCORE_LONG) : 0;
}

/* ---- Calls ---- */

bool guest_pace_trusts(struct guest_pace *p, guest_kind kind, uint64_t now_ns)
{
    const struct guest_pace_row *row = find(p, kind);
    return row && row->proofs >= PROOFS && mocket__deadline_is_over(row->fibers_until_ns, now_ns) &&
           mocket__deadline_is_over(p->fibers_until_ns, now_ns);
}

static void surprise(struct guest_pace *p, struct guest_pace_row *row, uint64_t now_ns)
{
    bool first = row->surprises == 0;
    row->surprises += row->surprises < UINT8_MAX;
    row->fibers_until_ns = now_ns + (first ? FIBERS_FIRST_NS : FIBERS_NS);
    if (!first)
        return;
    if (p->surprised && now_ns - p->surprised_ns < FIBERS_NS)
        p->fibers_until_ns = now_ns + FIBERS_NS;
    p->surprised = true;
    p->surprised_ns = now_ns;
}

void guest_pace_note_call(struct guest_pace *p, guest_kind kind, struct guest_pace_result result, uint64_t now_ns)
{
    struct guest_pace_row *row = find(p, kind);
    bool of_socket = (kind & KIND_BITS) == KIND_SOCKET; /* a message has no request that would be weighed */
    if (!row && of_socket)
        row = admit(p, kind, result.slow);
    if (!row)
        return;
    if (of_socket)
        weigh(p, row, result.slow);
    row->proofs = result.slow ? 0 : row->proofs + (row->proofs < PROOFS);
    if (result.slow && result.direct)
        surprise(p, row, now_ns);
}

/* ---- Requests ---- */

enum guest_standing guest_pace_standing(struct guest_pace *p, guest_kind kind)
{
    const struct guest_pace_row *row = find(p, kind);
    if (!row)
        return GUEST_UNKNOWN;
    return row->score >= SCORE_QUICK ? GUEST_QUICK : row->is_long ? GUEST_LONG : GUEST_UNKNOWN;
}

void guest_pace_note_request(struct guest_pace *p, guest_kind kind, bool is_long)
{
    struct guest_pace_row *row = find(p, kind);
    if (!row)
        row = admit(p, kind, is_long);
    if (row)
        weigh(p, row, is_long);
}
