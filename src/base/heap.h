/* A heap: pieces of memory of any size, out of memory that only grows. The guest library makes the C library's malloc
 * of it (src/backend/guest/malloc.c). */
#ifndef MOCKET_BASE_HEAP_H
#define MOCKET_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MOCKET_HEAP_ALIGN = 16,  /* of every piece */
    MOCKET_HEAP_REGION = 64, /* bytes that grow returns at least */
    MOCKET_HEAP_SPREAD = 8,  /* lists of free chunks for each doubling of the size */
    MOCKET_HEAP_DOUBLINGS = 26
};

struct mocket_heap_chunk;

/* Zero, but for grow. */
struct mocket_heap {
    /* Returns more memory, NULL if there is none. *len: bytes wanted; set to the bytes that came, which may be fewer.
     * Its end is a multiple of MOCKET_HEAP_ALIGN. It may continue the memory before, and lies behind it. */
    char *(*grow)(struct mocket_heap *heap, size_t *len);
    char *start, *end;                        /* all memory lies between them */
    uint32_t doublings;                       /* bit n: lists[n] is not 0 */
    uint8_t lists[MOCKET_HEAP_DOUBLINGS + 1]; /* bit n: the list has chunks */
    struct mocket_heap_chunk *free[MOCKET_HEAP_DOUBLINGS * MOCKET_HEAP_SPREAD];
};

/* A piece of len bytes, which may be 0. NULL when out of memory. */
void *mocket__heap_take(struct mocket_heap *heap, size_t len);
/* A piece at a multiple of align, which is a power of two. */
void *mocket__heap_take_aligned(struct mocket_heap *heap, size_t align, size_t len);
/* Changes the length of a piece, which may move. NULL when out of memory; the piece is as before then. */
void *mocket__heap_resize(struct mocket_heap *heap, void *piece, size_t len);
/* Frees a piece. A pointer that is no piece, or was freed, traps unless its memory was used again. */
void mocket__heap_give(struct mocket_heap *heap, void *piece);
/* Bytes of a piece that may be used, at least its length. */
size_t mocket__heap_room(const void *piece);
/* Asserts that the lists have the free chunks of their sizes, and that the neighbours know it. For tests. */
void mocket__heap_check(const struct mocket_heap *heap);

#endif
