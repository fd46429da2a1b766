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

uint64_t mocket__timeouts_set(struct mocket_timeouts *t, struct mocket_timeout *m, enum mocket_timeout_class class,
                              uint64_t now_ms)
{
    struct mocket_timeout *head = &t->heads[class];
    mocket__timeouts_remove(m);
    m->class = class;
    m->due_ms = t->limit_ms[class] < 0 ? MOCKET_NEVER : now_ms + (uint64_t)t->limit_ms[class];
    m->prev = head->prev;
    m->next = head;
    head->prev->next = m;
    head->prev = m;
    return m->due_ms;
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
        if (first != NULL && first->due_ms <= now_ms)
            return first;
    }
    return NULL;
}

uint64_t mocket__timeouts_next(const struct mocket_timeouts *t)
{
    uint64_t next = MOCKET_NEVER;
    for (int i = 0; i < MOCKET_TIMEOUT_COUNT; i++)
        if (t->heads[i].next != &t->heads[i] && t->heads[i].next->due_ms < next)
            next = t->heads[i].next->due_ms;
    return next;
}
