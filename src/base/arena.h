/* Memory that is given back all at once: one arena per request.
 * Small pieces are cut from chunks; reset keeps the first chunk, so that a warm arena asks the heap for nothing. Under
 * AddressSanitizer what is not handed out is poisoned. An arena with a till has no memory beyond the till's limit. */
#ifndef MOCKET_BASE_ARENA_H
#define MOCKET_BASE_ARENA_H

#include <mocket.h>

#include "account.h"

struct mocket_arena {
    struct mocket_arena_chunk *first;
    struct mocket_arena_chunk *chunk; /* where the next piece comes from */
    char *next;
    char *end;
    size_t chunk_len;         /* of a fresh chunk */
    bool failed;              /* an allocation failed since the last reset */
    struct mocket_till *till; /* chunks are charged to it; NULL: to nobody */
    enum mocket_charge part;  /* as this, when a chunk is added */
};

#define MOCKET_ARENA_CHUNK 4096

/* Allocates nothing yet. chunk_len 0: MOCKET_ARENA_CHUNK. The till is set afterwards, before the first allocation. */
void mocket__arena_init(struct mocket_arena *a, size_t chunk_len);
/* Forgets everything handed out; keeps the first chunk. */
void mocket__arena_reset(struct mocket_arena *a);
void mocket__arena_release(struct mocket_arena *a);

/* How far an arena was used, to give back later what was handed out since. */
struct mocket_arena_mark {
    struct mocket_arena_chunk *chunk;
    char *next;
};
struct mocket_arena_mark mocket__arena_mark(const struct mocket_arena *a);
void mocket__arena_rewind(struct mocket_arena *a, const struct mocket_arena_mark *mark);

/* 16-aligned, not zeroed. NULL when there is no memory. len 0 is fine. */
void *mocket__arena_alloc(struct mocket_arena *a, size_t len);
/* Zeroed. */
void *mocket__arena_zero(struct mocket_arena *a, size_t len);
/* A copy with a NUL behind; ptr NULL when there is no memory, or when s is absent. */
mocket_span mocket__arena_copy(struct mocket_arena *a, mocket_span s);
/* The same as a C string; "" when there is no memory. */
const char *mocket__arena_text(struct mocket_arena *a, mocket_span s);

#endif
