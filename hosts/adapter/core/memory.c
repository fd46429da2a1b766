/* The allocator behind src/base/memory.h: pieces are cut from what port_grow gives, and freed pieces wait in a list for
 * their size. Sizes are powers of two up to 32 KiB, then multiples of 64 KiB. Large pieces are kept in the order of
 * their addresses: neighbours become one piece, and a piece that is larger than necessary is split, so that buffers of
 * other sizes fit where buffers were. Memory never goes back to the platform: an instance of an adapter is small, and
 * ends.
 *
 * A piece has a head of 16 bytes in front, with its length. */
#include "../../../src/base/memory.h"

#include <stdint.h>
#include <string.h>

#include "port.h"

enum { ALIGN = 16, SMALLEST = 32, LISTS = 11 /* 32 B to 32 KiB */, LARGE = 65536 };

struct piece {
    size_t len; /* with this head */
    struct piece *next;
};

static struct {
    char *at, *end;
    struct piece *free[LISTS + 1]; /* the last one: large pieces */
} heap;

static unsigned list_of(size_t *len)
{
    unsigned list = 0;
    for (size_t size = SMALLEST; list < LISTS; size *= 2, list++)
        if (*len <= size) {
            *len = size;
            return list;
        }
    *len = (*len + LARGE - 1) / LARGE * LARGE;
    return LISTS;
}

static char *end_of(const struct piece *p)
{
    return (char *)(uintptr_t)p + p->len;
}

/* Takes the smallest large piece that is large enough. What it has too much stays free. */
static struct piece *take_large(size_t len)
{
    struct piece **best = NULL;
    for (struct piece **at = &heap.free[LISTS]; *at && (!best || (*best)->len > len); at = &(*at)->next)
        if ((*at)->len >= len && (!best || (*at)->len < (*best)->len))
            best = at;
    if (!best)
        return NULL;
    struct piece *found = *best, *next = found->next;
    if (found->len > len) {
        struct piece *rest = (struct piece *)(void *)((char *)found + len);
        *rest = (struct piece){ found->len - len, next };
        next = rest;
    }
    *best = next;
    found->len = len;
    return found;
}

static struct piece *take_free(unsigned list, size_t len)
{
    struct piece *found = heap.free[list];
    if (list == LISTS)
        return take_large(len);
    if (found)
        heap.free[list] = found->next;
    return found;
}

/* Puts a large piece between its neighbours, and joins what touches. */
static void free_large(struct piece *p)
{
    struct piece **at = &heap.free[LISTS], *before = NULL;
    for (; *at && *at < p; at = &(*at)->next)
        before = *at;
    p->next = *at;
    *at = p;
    if (p->next && end_of(p) == (char *)p->next) {
        p->len += p->next->len;
        p->next = p->next->next;
    }
    if (before && end_of(before) == (char *)p) {
        before->len += p->len;
        before->next = p->next;
    }
}

static struct piece *cut(size_t len)
{
    if ((size_t)(heap.end - heap.at) < len) {
        size_t got = len;
        char *more = port_grow(&got);
        if (!more)
            return NULL;
        if (more != heap.end)
            heap.at = more;
        heap.end = more + got;
    }
    struct piece *p = (struct piece *)heap.at;
    heap.at += len;
    p->len = len;
    return p;
}

static void *take(size_t len)
{
    if (len > INT32_MAX - LARGE)
        return NULL;
    len += ALIGN;
    unsigned list = list_of(&len);
    struct piece *p = take_free(list, len);
    if (!p)
        p = cut(len);
    return p ? (char *)p + ALIGN : NULL;
}

static struct piece *head_of(void *ptr)
{
    return (struct piece *)((char *)ptr - ALIGN);
}

void *mocket__realloc(void *ptr, size_t len)
{
    if (ptr && head_of(ptr)->len - ALIGN >= len)
        return ptr;
    void *copy = take(len);
    if (copy && ptr) {
        memcpy(copy, ptr, head_of(ptr)->len - ALIGN);
        mocket__free(ptr);
    }
    return copy;
}

void *mocket__new(size_t len)
{
    void *ptr = take(len);
    if (ptr)
        memset(ptr, 0, len);
    return ptr;
}

void mocket__free(void *ptr)
{
    if (!ptr)
        return;
    struct piece *p = head_of(ptr);
    size_t len = p->len;
    unsigned list = list_of(&len);
    if (list == LISTS) {
        free_large(p);
        return;
    }
    p->next = heap.free[list];
    heap.free[list] = p;
}

char *mocket__copy(const char *text, size_t len)
{
    char *copy = mocket__realloc(NULL, len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
