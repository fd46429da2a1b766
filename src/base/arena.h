/* Memory that is freed all at once: one arena for each request. Small pieces are cut from chunks. A reset keeps the
 * first chunk, so that a used arena needs no further allocation. Under AddressSanitizer memory that is not in use is
 * poisoned. An arena with a till takes no memory beyond the till's limit. */
#ifndef MOCKET_BASE_ARENA_H
#define MOCKET_BASE_ARENA_H

#include <mocket.h>

#include "account.h"

struct mocket_arena {
    struct mocket_arena_chunk *first;
    struct mocket_arena_chunk *chunk; /* the chunk of the next piece */
    char *next;
    char *end;
    size_t chunk_len;         /* size of a new chunk */
    bool failed;              /* an allocation failed since the last reset */
    struct mocket_till *till; /* chunks are charged to it; NULL: not charged */
    enum mocket_charge part;  /* as this, when a chunk is added */
};

#define MOCKET_ARENA_CHUNK 4096

/* Initializes an arena without allocating. chunk_len 0: MOCKET_ARENA_CHUNK. Set the till afterwards, before the first
 * allocation. */
void mocket__arena_init(struct mocket_arena *a, size_t chunk_len);
/* Frees all pieces; keeps the first chunk. */
void mocket__arena_reset(struct mocket_arena *a);
void mocket__arena_release(struct mocket_arena *a);

/* A point in the use of an arena: pieces allocated after it can be freed together. */
struct mocket_arena_mark {
    struct mocket_arena_chunk *chunk;
    char *next;
};
struct mocket_arena_mark mocket__arena_mark(const struct mocket_arena *a);
void mocket__arena_rewind(struct mocket_arena *a, const struct mocket_arena_mark *mark);

/* Allocates len bytes, 16-aligned and not zeroed. NULL when out of memory. len may be 0. */
void *mocket__arena_alloc(struct mocket_arena *a, size_t len);
/* The same, zeroed. */
void *mocket__arena_zero(struct mocket_arena *a, size_t len);
/* Copies s and adds a NUL. ptr NULL when out of memory, or if s is absent. */
mocket_span mocket__arena_copy(struct mocket_arena *a, mocket_span s);
/* The same as a C string; "" when out of memory. */
const char *mocket__arena_text(struct mocket_arena *a, mocket_span s);

/* Asserts that the chunk in use is the last one, and that the next piece lies in it. For tests. */
void mocket__arena_check(const struct mocket_arena *a);

#endif
