/* A stream of bytes to read: a request body, an answer that is piped through. Backends make their own by filling the
 * struct in as the first member of theirs. */
#ifndef MOCKET_CORE_SOURCE_H
#define MOCKET_CORE_SOURCE_H

#include <mocket.h>

struct mocket_source {
    /* Up to cap > 0 bytes: the number, 0 at the end, below zero. May wait: it then suspends the handler. */
    ptrdiff_t (*read)(struct mocket_source *s, void *buf, size_t cap);
    /* Ends the stream, read to its end or not. May be NULL. */
    void (*close)(struct mocket_source *s);
};

/* Bytes that are already here. */
struct mocket_source_memory {
    struct mocket_source source;
    mocket_span left;
};
void mocket__source_memory(struct mocket_source_memory *s, mocket_span bytes);

#endif
