/* Lists through links that are members of the objects. A list allocates nothing, and adding and removing take the same
 * time whatever its length. An object has one link for each list that it may be on at a time.
 *
 *     struct mocket_list lines;                                     a zeroed list is empty
 *     struct line { struct mocket_link link; size_t used; };
 *
 *     mocket__list_append(&lines, &line->link);
 *     MOCKET_LIST_EACH (struct line, at, &lines, link)
 *         total += at->used;
 *
 * What stays true: first and last are both NULL or both not; at->next->prev is at. A link that is on no list is zeroed,
 * unless its object's memory was never initialised.
 *
 * Stacks of unused objects and the chains of a hash table need one pointer and are written out where they are. */
#ifndef MOCKET_BASE_LIST_H
#define MOCKET_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "container.h"

struct mocket_link {
    struct mocket_link *next, *prev;
};

struct mocket_list {
    struct mocket_link *first, *last;
};

static inline bool mocket__list_is_empty(const struct mocket_list *l)
{
    return !l->first;
}

/* At the end. The link is on no list. */
static inline void mocket__list_append(struct mocket_list *l, struct mocket_link *link)
{
    *link = (struct mocket_link){ .prev = l->last };
    *(l->last ? &l->last->next : &l->first) = link;
    l->last = link;
}

/* In front of the others. */
static inline void mocket__list_prepend(struct mocket_list *l, struct mocket_link *link)
{
    *link = (struct mocket_link){ .next = l->first };
    *(l->first ? &l->first->prev : &l->last) = link;
    l->first = link;
}

/* The link is on this list; on none afterwards. */
static inline void mocket__list_remove(struct mocket_list *l, struct mocket_link *link)
{
    *(link->prev ? &link->prev->next : &l->first) = link->next;
    *(link->next ? &link->next->prev : &l->last) = link->prev;
    *link = (struct mocket_link){ 0 };
}

/* How many links there are, counted from the first to the last; asserts what stays true. For tests. */
size_t mocket__list_check(const struct mocket_list *l);

/* The object of this type whose `member` is *link; NULL for NULL. link is evaluated twice. */
#define MOCKET_LIST_OBJECT(link, type, member) ((link) ? MOCKET_CONTAINER_OF(link, type, member) : NULL)
#define MOCKET_LIST_FIRST(list, type, member) MOCKET_LIST_OBJECT((list)->first, type, member)
#define MOCKET_LIST_NEXT(object, type, member) MOCKET_LIST_OBJECT((object)->member.next, type, member)

/* A loop over the objects of a list. The body may not remove an object from the list, and may append some. */
#define MOCKET_LIST_EACH(type, name, list, member)                                                                     \
    for (type *name = MOCKET_LIST_FIRST(list, type, member); name; name = MOCKET_LIST_NEXT(name, type, member))

#endif
