/* Tills borrow memory in pieces. So the account's total exceeds the used memory by at most two pieces for each till.
 *
 * The last part of the limit is a reserve. Small charges of requests and their answers may use it, so that a process
 * whose memory is full of other objects still answers small requests.
 *
 * One thread makes a published message and any thread may free it. So the account itself counts published messages,
 * with one atomic addition. A charge first adds to its total and then reads the other total, in the same order on all
 * threads: if two charges do not fit together, at least one of them sees the other. */
#include "account.h"

#include <assert.h>

#include "check.h"
#include "memory.h"

static const bool may_use_reserve[MOCKET_CHARGE_COUNT] = {
#define PART_RESERVE(id, name, reserve, text) [MOCKET_CHARGE_##id] = reserve,
    MOCKET_ACCOUNT_PARTS(PART_RESERVE)
#undef PART_RESERVE
};

void mocket__account_init(struct mocket_account *a, uint64_t limit)
{
    uint64_t reserve = limit / MOCKET_ACCOUNT_RESERVE_SHARE;
    a->limit = limit;
    a->reserve = reserve < MOCKET_ACCOUNT_RESERVE_MAX ? reserve : MOCKET_ACCOUNT_RESERVE_MAX;
}

void mocket__account_release(struct mocket_account *a)
{
    struct mocket_till *next, *t = atomic_load(&a->tills);
    for (; t; t = next) {
        next = t->next;
        mocket__free(t);
    }
    atomic_store(&a->tills, NULL);
}

struct mocket_till *mocket__account_till(struct mocket_account *a)
{
    struct mocket_till *t = a ? mocket__new(sizeof *t) : NULL;
    if (!t)
        return NULL;
    t->account = a;
    t->next = atomic_load(&a->tills);
    while (!atomic_compare_exchange_weak(&a->tills, &t->next, t))
        ;
    return t;
}

/* ---- Charging ---- */

static bool take(atomic_uint_fast64_t *to, atomic_uint_fast64_t *other, uint64_t bytes, uint64_t limit)
{
    uint64_t before = atomic_fetch_add(to, bytes);
    uint64_t held = before + atomic_load(other);
    if (bytes <= limit && held <= limit - bytes)
        return true;
    atomic_fetch_sub_explicit(to, bytes, memory_order_relaxed);
    return false;
}

static uint64_t up_to_pieces(uint64_t bytes)
{
    return bytes > UINT64_MAX - MOCKET_ACCOUNT_PIECE
               ? bytes
               : (bytes + MOCKET_ACCOUNT_PIECE - 1) / MOCKET_ACCOUNT_PIECE * MOCKET_ACCOUNT_PIECE;
}

/* Borrows whole pieces. If these do not fit, borrows only the missing bytes. */
static bool borrow(struct mocket_till *t, enum mocket_charge part, uint64_t bytes)
{
    struct mocket_account *a = t->account;
    uint64_t missing = bytes - (t->borrowed - t->used), pieces = up_to_pieces(missing);
    bool small = may_use_reserve[part] && bytes <= MOCKET_ACCOUNT_SMALL;
    uint64_t limit = small ? a->limit : a->limit - a->reserve;
    if (take(&a->borrowed, &a->published, pieces, limit)) {
        t->borrowed += pieces;
        return true;
    }
    if (take(&a->borrowed, &a->published, missing, limit)) {
        t->borrowed += missing;
        return true;
    }
    atomic_fetch_add_explicit(&a->refusals, 1, memory_order_relaxed);
    return false;
}

static void count(struct mocket_till *t, enum mocket_charge part, uint64_t bytes)
{
    uint64_t now = atomic_load_explicit(&t->parts[part], memory_order_relaxed);
    atomic_store_explicit(&t->parts[part], now + bytes, memory_order_relaxed);
}

bool mocket__till_take(struct mocket_till *t, enum mocket_charge part, uint64_t bytes)
{
    if (!t)
        return true;
    if (bytes > t->borrowed - t->used && !borrow(t, part, bytes))
        return false;
    t->used += bytes;
    count(t, part, bytes);
    MOCKET_CHECK_CALL(mocket__till_check(t));
    return true;
}

void mocket__till_owe(struct mocket_till *t, enum mocket_charge part, uint64_t bytes)
{
    if (!t || mocket__till_take(t, part, bytes))
        return;
    atomic_fetch_add_explicit(&t->account->borrowed, bytes, memory_order_relaxed);
    t->borrowed += bytes;
    t->used += bytes;
    count(t, part, bytes);
}

static void give_back(struct mocket_till *t, uint64_t bytes)
{
    t->borrowed -= bytes;
    atomic_fetch_sub_explicit(&t->account->borrowed, bytes, memory_order_relaxed);
}

void mocket__till_give(struct mocket_till *t, enum mocket_charge part, uint64_t bytes)
{
    if (!t)
        return;
    MOCKET_CHECK(atomic_load(&t->parts[part]) >= bytes); /* given back as what it was taken */
    t->used -= bytes;
    count(t, part, 0 - bytes);
    uint64_t in_hand = t->borrowed - t->used;
    if (in_hand > 2 * MOCKET_ACCOUNT_PIECE)
        give_back(t, in_hand - MOCKET_ACCOUNT_PIECE);
    MOCKET_CHECK_CALL(mocket__till_check(t));
}

void mocket__till_check(const struct mocket_till *t)
{
    uint64_t sum = 0;
    for (int part = 0; part < MOCKET_CHARGE_COUNT; part++)
        sum += atomic_load_explicit(&t->parts[part], memory_order_relaxed);
    assert(sum == t->used && t->used <= t->borrowed);
}

void mocket__till_close(struct mocket_till *t)
{
    if (t)
        give_back(t, t->borrowed - t->used);
}

bool mocket__account_take(struct mocket_account *a, uint64_t bytes)
{
    if (!a || take(&a->published, &a->borrowed, bytes, a->limit - a->reserve))
        return true;
    atomic_fetch_add_explicit(&a->refusals, 1, memory_order_relaxed);
    return false;
}

void mocket__account_give(struct mocket_account *a, uint64_t bytes)
{
    if (a)
        atomic_fetch_sub_explicit(&a->published, bytes, memory_order_relaxed);
}

/* ---- Looking ---- */

uint64_t mocket__account_part(struct mocket_account *a, enum mocket_charge part)
{
    uint64_t sum = part == MOCKET_CHARGE_PUBLISHED ? atomic_load_explicit(&a->published, memory_order_relaxed) : 0;
    for (struct mocket_till *t = atomic_load(&a->tills); t; t = t->next)
        sum += atomic_load_explicit(&t->parts[part], memory_order_relaxed);
    return sum;
}

uint64_t mocket__account_held(struct mocket_account *a)
{
    uint64_t sum = 0;
    for (int part = 0; part < MOCKET_CHARGE_COUNT; part++)
        sum += mocket__account_part(a, (enum mocket_charge)part);
    return sum;
}

uint64_t mocket__account_refusals(struct mocket_account *a)
{
    return atomic_load_explicit(&a->refusals, memory_order_relaxed);
}
