/* Bytes that came from a client and were not read yet. Memory is taken when bytes come and given back when they are
 * used up, so that an idle connection holds none. */
#ifndef MOCKET_NATIVE_INPUT_H
#define MOCKET_NATIVE_INPUT_H

#include <mocket.h>

#include "../../../base/account.h"

struct mocket_input {
    char *ptr; /* cap + 1 bytes: a NUL may stand behind the last; NULL: none */
    size_t cap;
    size_t start, end; /* the bytes */
};

#define MOCKET_INPUT_SMALL 4096  /* holds the head of nearly every request */
#define MOCKET_INPUT_LARGE 65536 /* for bodies, pipelines, and heads of size */

/* Idle buffers of one worker, of both sizes. Zeroed is ready to use. All buffers, idle ones too, are charged to the
 * till. */
struct mocket_input_pool {
    struct mocket_input_free {
        struct mocket_input_free *next;
    } *small, *large;
    size_t small_count, large_count;
    struct mocket_till *till; /* NULL: to nobody */
};

void mocket__input_pool_release(struct mocket_input_pool *pool);

static inline size_t mocket__input_len(const struct mocket_input *in)
{
    return in->end - in->start;
}

static inline mocket_span mocket__input_view(const struct mocket_input *in)
{
    return (mocket_span){ in->ptr + in->start, in->end - in->start };
}

/* Makes room behind end for a read: takes a buffer, moves the bytes to its front, or changes to a larger one. Views
 * into it do not survive. The room, 0 when there is no memory, or no more may be held. */
size_t mocket__input_room(struct mocket_input *in, struct mocket_input_pool *pool);

/* A buffer of at least len bytes with a copy of these bytes; *in is overwritten. False when there is no memory. */
bool mocket__input_copy(struct mocket_input *in, struct mocket_input_pool *pool, mocket_span bytes, size_t len);

/* Gives the buffer back, with whatever it holds. */
void mocket__input_release(struct mocket_input *in, struct mocket_input_pool *pool);

#endif
