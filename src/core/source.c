/* Sources over bytes that are already in memory. */
#include "source.h"

#include "../base/span.h"

static ptrdiff_t memory_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct mocket_source_memory *m = (struct mocket_source_memory *)s;
    size_t n = m->left.len < cap ? m->left.len : cap;
    if (n)
        memcpy(buf, m->left.ptr, n);
    m->left = mocket__span_slice(m->left, n, m->left.len);
    return (ptrdiff_t)n;
}

void mocket__source_memory(struct mocket_source_memory *s, mocket_span bytes)
{
    *s = (struct mocket_source_memory){ .source = { .read = memory_read }, .left = bytes };
}

ptrdiff_t mocket_read(mocket_source *s, void *buf, size_t cap)
{
    return cap == 0 ? MOCKET_EINVAL : s->read(s, buf, cap);
}
