/* Memory is divided into chunks without gaps. A chunk begins with two words: the size of the chunk in front of it,
 * which counts only while that one is free, and its own size with two bits. The first word is the last one of the
 * piece in front while that is in use, so a piece costs one word.
 *
 *     | size in front | size, bits | the piece ................... | size, bits | the next piece
 *                                    ^ a multiple of 16            ^ the next chunk's first word belongs to the piece
 *
 * A freed chunk joins its free neighbours at once: no two free chunks touch. Free chunks are in lists by size, eight
 * for each doubling; below 256 bytes a list has chunks of one size. A piece is cut from the first chunks of its own
 * list that are large enough, else from a chunk of the next list that has some, so the work does not depend on the
 * number of free chunks. Before memory grows more chunks of the own list are searched, and all of them when memory
 * cannot grow. What a chunk has too much stays free. The end of the memory is a chunk of size 0 that is in use.
 *
 * A program that frees twice or writes over the end of a piece is detected where that costs little: the bits of a
 * chunk and of its neighbour, and both neighbours in a list. It traps. */
#include "heap.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define ALIGN ((size_t)MOCKET_HEAP_ALIGN)
#define WORD sizeof(size_t)
#define HEAD (2 * WORD)
#define SMALLEST (2 * HEAD)         /* room for the pointers of a list */
#define LONGEST (INT32_MAX - 65536) /* of a piece: sums of sizes fit */
#define TRIES 8                     /* chunks of a list that are looked at, if another list has some */
#define MANY 1000                   /* chunks of a list that are looked at before memory grows */

enum { USED = 1, FRONT_USED = 2, BITS = MOCKET_HEAP_ALIGN - 1 };

struct mocket_heap_chunk {
    size_t front;                          /* size of the chunk in front, unless FRONT_USED */
    size_t head;                           /* size | bits */
    struct mocket_heap_chunk *next, *last; /* of the list, while free */
};

static size_t size_of(const struct mocket_heap_chunk *c)
{
    return c->head & ~(size_t)BITS;
}

static struct mocket_heap_chunk *at(const void *base, size_t offset)
{
    return (struct mocket_heap_chunk *)(void *)((char *)(uintptr_t)base + offset);
}

static struct mocket_heap_chunk *behind(const struct mocket_heap_chunk *c)
{
    return at(c, size_of(c));
}

static void insist(bool sound)
{
    if (!sound)
        __builtin_trap();
}

/* ---- The lists ---- */

static unsigned list_of(size_t size)
{
    unsigned units = (unsigned)(size / ALIGN), doubling = 0;
    if (units < MOCKET_HEAP_SPREAD)
        return units;
    doubling = 29 - (unsigned)__builtin_clz(units); /* 1 from 8 units on */
    return doubling * MOCKET_HEAP_SPREAD + (units >> (doubling - 1)) % MOCKET_HEAP_SPREAD;
}

static void enlist(struct mocket_heap *h, struct mocket_heap_chunk *c)
{
    unsigned list = list_of(c->head), doubling = list / MOCKET_HEAP_SPREAD;
    c->next = h->free[list];
    c->last = NULL;
    if (c->next)
        c->next->last = c;
    h->free[list] = c;
    h->lists[doubling] |= (uint8_t)(1u << list % MOCKET_HEAP_SPREAD);
    h->doublings |= 1u << doubling;
}

static void unlist(struct mocket_heap *h, struct mocket_heap_chunk *c)
{
    unsigned list = list_of(c->head), doubling = list / MOCKET_HEAP_SPREAD;
    struct mocket_heap_chunk **link = c->last ? &c->last->next : &h->free[list];
    insist(*link == c && (!c->next || c->next->last == c));
    *link = c->next;
    if (c->next)
        c->next->last = c->last;
    if (h->free[list])
        return;
    h->lists[doubling] &= (uint8_t)~(1u << list % MOCKET_HEAP_SPREAD);
    if (!h->lists[doubling])
        h->doublings &= ~(1u << doubling);
}

static struct mocket_heap_chunk *first_fit(struct mocket_heap_chunk *c, size_t size, unsigned tries)
{
    while (c && size_of(c) < size)
        c = --tries ? c->next : NULL;
    return c;
}

/* A free chunk of at least that size; NULL: there is none. tries: of its own list, if no other has one. */
static struct mocket_heap_chunk *find(const struct mocket_heap *h, size_t size, unsigned tries)
{
    unsigned list = list_of(size), doubling = (list + 1) / MOCKET_HEAP_SPREAD;
    struct mocket_heap_chunk *found = first_fit(h->free[list], size, TRIES);
    if (found)
        return found;
    unsigned lists = h->lists[doubling] & (~0u << (list + 1) % MOCKET_HEAP_SPREAD);
    if (!lists) {
        uint32_t doublings = h->doublings & (~(uint32_t)1 << doubling);
        if (!doublings)
            return first_fit(h->free[list], size, tries);
        doubling = (unsigned)__builtin_ctz(doublings);
        lists = h->lists[doubling];
    }
    return h->free[doubling * MOCKET_HEAP_SPREAD + (unsigned)__builtin_ctz(lists)];
}

/* ---- Chunks ---- */

/* Makes a used chunk free. */
static void release(struct mocket_heap *h, struct mocket_heap_chunk *c)
{
    struct mocket_heap_chunk *next = behind(c);
    size_t size = size_of(c);
    c->head &= ~(size_t)USED; /* also if it joins the chunk in front: another free of it is noticed */
    if (!(next->head & USED)) {
        unlist(h, next);
        size += size_of(next);
    }
    if (!(c->head & FRONT_USED)) {
        c = (struct mocket_heap_chunk *)(void *)((char *)c - c->front);
        unlist(h, c);
        size += size_of(c);
    }
    c->head = size | FRONT_USED;
    next = behind(c);
    next->front = size;
    next->head &= ~(size_t)FRONT_USED;
    enlist(h, c);
}

/* Releases what a used chunk has beyond size. */
static void trim(struct mocket_heap *h, struct mocket_heap_chunk *c, size_t size)
{
    size_t rest = size_of(c) - size;
    if (rest < SMALLEST)
        return;
    c->head -= rest;
    behind(c)->head = rest | USED | FRONT_USED;
    release(h, behind(c));
}

/* More memory, for a chunk of that size. It joins the memory in front of it. */
static bool grow(struct mocket_heap *h, size_t size)
{
    struct mocket_heap_chunk *c = h->end ? at(h->end - HEAD, 0) : NULL;
    if (c && !(c->head & FRONT_USED) && c->front < size)
        size -= c->front;
    char *more = h->grow(h, &size);
    if (!more)
        return false;
    if (more != h->end) {
        c = at(more, -((uintptr_t)more + HEAD) % ALIGN);
        c->head = FRONT_USED;
        h->start = h->start ? h->start : more;
    }
    h->end = more + size;
    struct mocket_heap_chunk *end = at(h->end - HEAD, 0);
    c->head |= (size_t)((char *)end - (char *)c) | USED;
    end->head = USED | FRONT_USED;
    release(h, c);
    return true;
}

static size_t size_for(size_t len)
{
    size_t size = (len + WORD + ALIGN - 1) / ALIGN * ALIGN;
    return size < SMALLEST ? SMALLEST : size;
}

static void *piece_of(struct mocket_heap_chunk *c)
{
    return (char *)c + HEAD;
}

static struct mocket_heap_chunk *chunk_of(const struct mocket_heap *h, void *piece)
{
    const char *p = piece;
    insist((uintptr_t)p % ALIGN == 0 && p >= h->start + HEAD && p < h->end);
    struct mocket_heap_chunk *c = at(p - HEAD, 0);
    insist((c->head & USED) && size_of(c) - SMALLEST < (size_t)(h->end - p) && (behind(c)->head & FRONT_USED));
    return c;
}

/* ---- Pieces ---- */

void *mocket__heap_take(struct mocket_heap *heap, size_t len)
{
    struct mocket_heap_chunk *c;
    unsigned tries = MANY;
    if (len > LONGEST)
        return NULL;
    size_t size = size_for(len);
    while ((c = find(heap, size, tries)) == NULL) {
        if (tries == UINT_MAX)
            return NULL;
        if (!grow(heap, size))
            tries = UINT_MAX;
    }
    unlist(heap, c);
    c->head |= USED;
    behind(c)->head |= FRONT_USED;
    trim(heap, c, size);
    return piece_of(c);
}

void *mocket__heap_take_aligned(struct mocket_heap *heap, size_t align, size_t len)
{
    if (align <= ALIGN)
        return mocket__heap_take(heap, len);
    if (len > LONGEST || align > LONGEST)
        return NULL;
    char *piece = mocket__heap_take(heap, len + align + SMALLEST);
    if (!piece)
        return NULL;
    struct mocket_heap_chunk *c = chunk_of(heap, piece);
    size_t gap = -(uintptr_t)piece % align;
    if (gap > 0 && gap < SMALLEST)
        gap += align;
    if (gap > 0) {
        struct mocket_heap_chunk *front = c;
        c = at(front, gap);
        c->head = (size_of(front) - gap) | USED | FRONT_USED;
        front->head -= size_of(c);
        release(heap, front);
    }
    trim(heap, c, size_for(len));
    return piece_of(c);
}

void *mocket__heap_resize(struct mocket_heap *heap, void *piece, size_t len)
{
    struct mocket_heap_chunk *c = chunk_of(heap, piece), *next = behind(c);
    if (len > LONGEST)
        return NULL;
    size_t size = size_for(len);
    if (size > size_of(c) && !(next->head & USED) && size_of(c) + size_of(next) >= size) {
        unlist(heap, next);
        c->head += size_of(next);
        behind(c)->head |= FRONT_USED;
    }
    if (size <= size_of(c)) {
        trim(heap, c, size);
        return piece;
    }
    void *moved = mocket__heap_take(heap, len);
    if (!moved)
        return NULL;
    memcpy(moved, piece, mocket__heap_room(piece));
    mocket__heap_give(heap, piece);
    return moved;
}

void mocket__heap_give(struct mocket_heap *heap, void *piece)
{
    if (piece)
        release(heap, chunk_of(heap, piece));
}

size_t mocket__heap_room(const void *piece)
{
    return size_of(at((const char *)piece - HEAD, 0)) - WORD;
}

/* ---- Tests ---- */

static void check_free(const struct mocket_heap *h, unsigned list)
{
    const struct mocket_heap_chunk *last = NULL;
    for (const struct mocket_heap_chunk *c = h->free[list]; c; c = c->next) {
        assert(c->last == last && list_of(c->head) == list);
        assert((c->head & BITS) == FRONT_USED && size_of(c) >= SMALLEST);
        assert(behind(c)->front == size_of(c) && (behind(c)->head & BITS) == USED);
        last = c;
    }
}

void mocket__heap_check(const struct mocket_heap *heap)
{
    for (unsigned list = 0; list < MOCKET_HEAP_DOUBLINGS * MOCKET_HEAP_SPREAD; list++) {
        unsigned doubling = list / MOCKET_HEAP_SPREAD;
        assert(!heap->free[list] == !(heap->lists[doubling] >> list % MOCKET_HEAP_SPREAD & 1));
        assert(!heap->lists[doubling] == !(heap->doublings >> doubling & 1));
        check_free(heap, list);
    }
    assert(heap->lists[MOCKET_HEAP_DOUBLINGS] == 0 && heap->doublings >> MOCKET_HEAP_DOUBLINGS == 0);
}
