/* A stream of bytes to read: a request body, or an answer that is passed through. A backend's source has this struct as
 * its first member. */
#ifndef MOCKET_CORE_SOURCE_H
#define MOCKET_CORE_SOURCE_H

#include <mocket.h>

struct mocket_source {
    /* Reads up to cap > 0 bytes. Returns their number, 0 at the end, or below zero. May suspend the handler. */
    ptrdiff_t (*read)(struct mocket_source *s, void *buf, size_t cap);
    /* Closes the stream, whether it was read to its end or not. May be NULL. */
    void (*close)(struct mocket_source *s);
};

/* A source of bytes in memory. */
struct mocket_source_memory {
    struct mocket_source source;
    mocket_span left;
};
void mocket__source_memory(struct mocket_source_memory *s, mocket_span bytes);

#endif
