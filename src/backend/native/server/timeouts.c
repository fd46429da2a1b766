/* A circular list for each class. A member moves to the tail of its class whenever its limit begins anew; that the
 * heads are the earliest follows from each class having one limit, and a clock that does not go back. */
#include "timeouts.h"

#include <stddef.h>

void mocket__timeouts_init(struct mocket_timeouts *t)
{
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        t->heads[i].prev = t->heads[i].next = &t->heads[i];
}

void mocket__timeouts_remove(struct mocket_timeout *m)
{
    if (m->next == NULL)
        return;
    m->prev->next = m->next;
    m->next->prev = m->prev;
    m->prev = m->next = NULL;
}

/* Later than now, also with a limit of 0: a member that is put back is not due again while the clock stands still. */
static uint64_t due_ms(const struct mocket_timeouts *t, enum mocket_timeout_class class, uint64_t now_ms)
{
    int64_t limit_ms = t->limit_ms[class];
    uint64_t wait_ms = limit_ms < 0 ? MOCKET_NEVER : limit_ms > 0 ? (uint64_t)limit_ms : 1;
    return mocket__deadline_after(now_ms, wait_ms);
}

uint64_t mocket__timeouts_set(struct mocket_timeouts *t, struct mocket_timeout *m, enum mocket_timeout_class class,
                              uint64_t now_ms)
{
    struct mocket_timeout *head = &t->heads[class];
    mocket__timeouts_remove(m);
    m->class = class;
    m->due_ms = due_ms(t, class, now_ms);
    m->prev = head->prev;
    m->next = head;
    head->prev->next = m;
    head->prev = m;
    return m->due_ms;
}

void mocket__timeouts_change(struct mocket_timeouts *t, enum mocket_timeout_class class, int64_t limit_ms,
                             uint64_t now_ms)
{
    struct mocket_timeout *head = &t->heads[class];
    t->limit_ms[class] = limit_ms;
    for (struct mocket_timeout *m = head->next; m != head; m = m->next)
        m->due_ms = due_ms(t, class, now_ms);
}

struct mocket_timeout *mocket__timeouts_first(struct mocket_timeouts *t, enum mocket_timeout_class class)
{
    struct mocket_timeout *first = t->heads[class].next;
    return first == &t->heads[class] ? NULL : first;
}

struct mocket_timeout *mocket__timeouts_due(struct mocket_timeouts *t, uint64_t now_ms)
{
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++) {
        struct mocket_timeout *first = mocket__timeouts_first(t, (enum mocket_timeout_class)i);
        if (first != NULL && mocket__deadline_is_over(first->due_ms, now_ms))
            return first;
    }
    return NULL;
}

uint64_t mocket__timeouts_next(const struct mocket_timeouts *t)
{
    uint64_t next = MOCKET_NEVER;
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        if (t->heads[i].next != &t->heads[i])
            next = mocket__deadline_first(next, t->heads[i].next->due_ms);
    return next;
}

void mocket__timeouts_each(struct mocket_timeouts *t, void (*fn)(struct mocket_timeout *m))
{
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        for (struct mocket_timeout *next, *m = t->heads[i].next; m != &t->heads[i]; m = next) {
            next = m->next;
            fn(m);
        }
}
