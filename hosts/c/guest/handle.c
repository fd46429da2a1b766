/* A number is index (13 bits) + generation (18 bits, from 1): never 0, never negative. A row's generation grows with
 * each use, so that a number comes again only after a quarter of a million uses of its row; an instance is retired
 * before that, unless it owns sockets. */
#include "handle.h"

#include <mocket.h>
#include <string.h>

#include "../../../src/base/memory.h"

#define INDEX_BITS 13
#define INDEX_MASK ((1u << INDEX_BITS) - 1)
#define GENERATION_MASK ((1u << (31 - INDEX_BITS)) - 1)

static struct guest_handle *row_of(const struct guest_handles *h, int32_t number)
{
    if (number <= 0)
        return NULL;
    uint32_t index = (uint32_t)number & INDEX_MASK;
    if (index >= h->count)
        return NULL;
    struct guest_handle *row = &h->rows[index];
    return row->kind != GUEST_HANDLE_NONE && row->generation == (uint32_t)number >> INDEX_BITS ? row : NULL;
}

static int grow(struct guest_handles *h)
{
    if (!h->rows) {
        h->rows = h->first;
        h->cap = GUEST_HANDLES_INLINE;
        return 0;
    }
    if (h->cap >= GUEST_HANDLES_MAX)
        return MOCKET_ELIMIT;
    uint32_t cap = h->cap * 4 < GUEST_HANDLES_MAX ? h->cap * 4 : GUEST_HANDLES_MAX;
    struct guest_handle *rows = mocket__realloc(h->rows == h->first ? NULL : h->rows, cap * sizeof *rows);
    if (!rows)
        return MOCKET_ENOMEM;
    if (h->rows == h->first)
        memcpy(rows, h->first, h->count * sizeof *rows);
    h->rows = rows;
    h->cap = cap;
    return 0;
}

int32_t guest_handle_open(struct guest_handles *h, enum guest_handle_kind kind, void *object)
{
    if (!h->free) {
        int rc = h->count == h->cap ? grow(h) : 0;
        if (rc < 0)
            return rc;
        h->rows[h->count++] = (struct guest_handle){ 0 };
        h->free = h->count;
    }
    uint32_t index = h->free - 1;
    struct guest_handle *row = &h->rows[index];
    h->free = row->next;
    row->generation = (row->generation + 1) & GENERATION_MASK;
    row->generation += row->generation == 0;
    row->kind = kind;
    row->object = object;
    return (int32_t)(row->generation << INDEX_BITS | index);
}

void *guest_handle_get(const struct guest_handles *h, int32_t number, enum guest_handle_kind kind)
{
    const struct guest_handle *row = row_of(h, number);
    return row && row->kind == kind ? row->object : NULL;
}

enum guest_handle_kind guest_handle_kind_of(const struct guest_handles *h, int32_t number)
{
    const struct guest_handle *row = row_of(h, number);
    return row ? row->kind : GUEST_HANDLE_NONE;
}

void guest_handle_end(struct guest_handles *h, int32_t number)
{
    struct guest_handle *row = row_of(h, number);
    if (!row)
        return;
    row->kind = GUEST_HANDLE_NONE;
    row->object = NULL;
    row->next = h->free;
    h->free = ((uint32_t)number & INDEX_MASK) + 1;
}

void guest_handles_release(struct guest_handles *h)
{
    if (h->rows != h->first)
        mocket__free(h->rows);
    *h = (struct guest_handles){ 0 };
}
