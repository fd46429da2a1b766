/* A byte buffer for appending. Appending returns no error: the buf stores the first failure in its status, which the
 * caller checks once at the end. */
#ifndef MOCKET_BASE_BUF_H
#define MOCKET_BASE_BUF_H

#include <mocket.h>

#include "account.h"

struct mocket_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max_len;           /* 0: no bound */
    struct mocket_till *till; /* cap is charged to it; NULL: not charged. Set it while the buf is empty */
    enum mocket_charge part;  /* as this */
    /* 0, MOCKET_ENOMEM, MOCKET_ETOOBIG beyond max_len, MOCKET_ELIMIT beyond the till's limit */
    int status;
};

/* A zeroed buf is ready to use. Copying the struct moves the memory and its charge to the copy. */
void mocket__buf_release(struct mocket_buf *b); /* frees the memory; the buf can be used again */
void mocket__buf_reset(struct mocket_buf *b);   /* empties the buf, keeps the memory */

void mocket__buf_add(struct mocket_buf *b, const void *bytes, size_t len);
void mocket__buf_span(struct mocket_buf *b, mocket_span s);
void mocket__buf_text(struct mocket_buf *b, const char *text);
void mocket__buf_decimal(struct mocket_buf *b, uint64_t n);
/* Reserves room for len bytes behind the end. The caller fills the room and then adds to b->len. NULL on failure. */
char *mocket__buf_room(struct mocket_buf *b, size_t len);
/* Removes the first len bytes. */
void mocket__buf_consume(struct mocket_buf *b, size_t len);

/* Asserts that there is memory exactly when cap says so, and that len fits. For tests. */
void mocket__buf_check(const struct mocket_buf *b);

static inline int mocket__buf_status(const struct mocket_buf *b)
{
    return b->status;
}

static inline mocket_span mocket__buf_view(const struct mocket_buf *b)
{
    return (mocket_span){ b->ptr, b->len };
}

#endif
