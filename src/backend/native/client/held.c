/* A buffer of bounded size between libcurl and the owner of an exchange. */
#include "../../../base/memory.h"
#include "transfer.h"

static bool grow(struct mocket_held *h, size_t len)
{
    size_t cap = h->cap ? h->cap : 4096;
    while (cap < len)
        cap *= 2;
    if (!mocket__till_take(h->till, MOCKET_CHARGE_OUTGOING, cap - h->cap))
        return false;
    char *ptr = mocket__realloc(h->ptr, cap);
    if (!ptr) {
        mocket__till_give(h->till, MOCKET_CHARGE_OUTGOING, cap - h->cap);
        return false;
    }
    h->ptr = ptr;
    h->cap = cap;
    return true;
}

/* An empty buffer takes pieces of any size: libcurl's are bounded. */
bool mocket__held_put(struct mocket_held *h, const void *bytes, size_t len, bool *no_memory)
{
    if (h->len > 0 && h->len + len > MOCKET_OUTGOING_BUFFER)
        return false;
    if (h->len == 0)
        h->at = 0;
    if (h->at + h->len + len > h->cap && h->at > 0) {
        memmove(h->ptr, h->ptr + h->at, h->len);
        h->at = 0;
    }
    if (h->len + len > h->cap && !grow(h, h->len + len)) {
        *no_memory = true;
        return false;
    }
    memcpy(h->ptr + h->at + h->len, bytes, len);
    h->len += len;
    return true;
}

size_t mocket__held_take(struct mocket_held *h, void *buf, size_t cap)
{
    size_t n = h->len < cap ? h->len : cap;
    if (n > 0)
        memcpy(buf, h->ptr + h->at, n);
    h->at += n;
    h->len -= n;
    return n;
}

void mocket__held_release(struct mocket_held *h)
{
    mocket__till_give(h->till, MOCKET_CHARGE_OUTGOING, h->cap);
    mocket__free(h->ptr);
}
