/* Sources over bytes that are already in memory, and sources of the app. */
#include "source.h"

#include "../base/span.h"
#include "event.h"

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

/* ---- the app's own ---- */

struct own_source {
    struct mocket_source source;
    mocket_source_read *read;
    mocket_drop *close; /* NULL once it ran */
    void *data;
};

static ptrdiff_t own_read(struct mocket_source *s, void *buf, size_t cap)
{
    struct own_source *own = (struct own_source *)s;
    ptrdiff_t n = own->read(own->data, buf, cap);
    return n > 0 && (size_t)n > cap ? MOCKET_EIO : n;
}

static void own_close(struct mocket_source *s)
{
    struct own_source *own = (struct own_source *)s;
    mocket_drop *close = own->close;
    own->close = NULL;
    if (close)
        close(own->data);
}

static void own_drop(void *ptr)
{
    own_close(ptr);
}

mocket_source *mocket_source_new(mocket_event *e, mocket_source_read *read, mocket_drop *close, void *data)
{
    struct own_source *own = read ? mocket_mem(e, sizeof *own) : NULL;
    if (!own) {
        if (close)
            close(data);
        return NULL;
    }
    *own = (struct own_source){ { own_read, own_close }, read, close, data };
    if (close)
        mocket_defer(e, own_drop, own);
    return own->close == close ? &own->source : NULL; /* without memory to defer, it is closed by now */
}

void mocket_source_close(mocket_source *s)
{
    if (s && s->close)
        s->close(s);
}

ptrdiff_t mocket_read(mocket_source *s, void *buf, size_t cap)
{
    return cap == 0 ? MOCKET_EINVAL : s->read(s, buf, cap);
}
