/* A byte buffer with a sticky status: the first failure stops all later appending. The caller checks the status
 * once. */
#include "buf.h"

#include <assert.h>

#include "check.h"
#include "memory.h"
#include "span.h"

void mocket__buf_release(struct mocket_buf *b)
{
    mocket__till_give(b->till, b->part, b->cap);
    mocket__free(b->ptr);
    *b = (struct mocket_buf){ .max_len = b->max_len, .till = b->till, .part = b->part };
}

void mocket__buf_reset(struct mocket_buf *b)
{
    b->len = 0;
    b->status = 0;
}

MOCKET_COLD static int grow(struct mocket_buf *b, size_t len)
{
    if (len > SIZE_MAX / 2 - b->len || (b->max_len && b->len + len > b->max_len))
        return MOCKET_ETOOBIG;
    size_t cap = b->cap ? b->cap : 256;
    while (cap < b->len + len)
        cap *= 2;
    if (!mocket__till_take(b->till, b->part, cap - b->cap))
        return MOCKET_ELIMIT;
    char *ptr = mocket__realloc(b->ptr, cap);
    if (!ptr) {
        mocket__till_give(b->till, b->part, cap - b->cap);
        return MOCKET_ENOMEM;
    }
    b->ptr = ptr;
    b->cap = cap;
    return 0;
}

char *mocket__buf_room(struct mocket_buf *b, size_t len)
{
    bool fits = len <= b->cap - b->len && (!b->max_len || b->len + len <= b->max_len);
    MOCKET_CHECK_CALL(mocket__buf_check(b));
    if (b->status == 0 && !fits)
        b->status = grow(b, len);
    return b->status == 0 ? b->ptr + b->len : NULL;
}

void mocket__buf_add(struct mocket_buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *room = mocket__buf_room(b, len);
    if (!room)
        return;
    memcpy(room, bytes, len);
    b->len += len;
}

void mocket__buf_span(struct mocket_buf *b, mocket_span s)
{
    mocket__buf_add(b, s.ptr, s.len);
}

void mocket__buf_text(struct mocket_buf *b, const char *text)
{
    mocket__buf_add(b, text, strlen(text));
}

void mocket__buf_decimal(struct mocket_buf *b, uint64_t n)
{
    char digits[20];
    mocket__buf_add(b, digits, (size_t)(mocket__decimal(digits, n) - digits));
}

void mocket__buf_consume(struct mocket_buf *b, size_t len)
{
    len = len > b->len ? b->len : len;
    if (len && len < b->len)
        memmove(b->ptr, b->ptr + len, b->len - len);
    b->len -= len;
    MOCKET_CHECK_CALL(mocket__buf_check(b));
}

void mocket__buf_check(const struct mocket_buf *b)
{
    assert(b->len <= b->cap && !b->ptr == (b->cap == 0) && b->status <= 0);
    assert(b->max_len == 0 || b->len <= b->max_len);
}
