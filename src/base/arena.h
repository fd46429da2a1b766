/* Memory that is freed all at once: one arena for each request. Small pieces are cut from chunks. A reset
 * keeps chunks up to a bound, so that a used arena serves an ordinary request without an allocation. Under
 * AddressSanitizer memory that is not in use is poisoned. An arena with a till takes no memory beyond the till's
 * limit. */
#ifndef MOCKET_BASE_ARENA_H
#define MOCKET_BASE_ARENA_H

#include <mocket.h>

#include "account.h"

struct mocket_arena {
    struct mocket_arena_chunk *first;
    struct mocket_arena_chunk *chunk; /* the chunk of the next piece; those behind it hold nothing */
    char *next;
    char *end;
    size_t chunk_len;         /* most bytes of a new chunk, unless a piece needs more */
    size_t first_len;         /* of the first chunk; each further one is as large as all before it together */
    struct mocket_till *till; /* chunks are charged to it; NULL: not charged */
    enum mocket_charge part;  /* as this, when a chunk is added */
    bool failed;              /* an allocation failed since the last reset */
};

#define MOCKET_ARENA_CHUNK 4096
#define MOCKET_ARENA_FIRST 1472 /* a first_len for arenas that may live as long as a WebSocket */

/* Initializes an arena without allocating. chunk_len 0: MOCKET_ARENA_CHUNK. first_len is chunk_len. Set another one,
 * and the till, before the first allocation. */
void mocket__arena_init(struct mocket_arena *a, size_t chunk_len);
/* Frees all pieces; keeps chunks of at most twice chunk_len together. */
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
/* A larger copy of an array of *cap rows, each of so many bytes: for twice as many, or for `first` if *cap is 0. Sets
 * *cap to that number. NULL when out of memory; *cap is as before then. */
void *mocket__arena_grow(struct mocket_arena *a, const void *rows, size_t *cap, size_t first, size_t each);
/* Copies s and adds a NUL. ptr NULL when out of memory, or if s is absent. */
mocket_span mocket__arena_copy(struct mocket_arena *a, mocket_span s);
/* The same as a C string; "" when out of memory. */
const char *mocket__arena_text(struct mocket_arena *a, mocket_span s);

/* Asserts that the chunk in use is one of the list, and that the next piece lies in it. For tests. */
void mocket__arena_check(const struct mocket_arena *a);

#endif
