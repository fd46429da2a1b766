/* What stays true of a list. */
#include "list.h"

#include <assert.h>

size_t mocket__list_check(const struct mocket_list *l)
{
    size_t count = 0;
    assert(!l->first == !l->last);
    assert(!l->first || (!l->first->prev && !l->last->next));
    for (const struct mocket_link *at = l->first; at; at = at->next, count++)
        assert(at->next ? at->next->prev == at : at == l->last);
    return count;
}
