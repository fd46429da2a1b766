/* Bytes are read into a window of at most 64 KiB, and copied from there to the app's memory. A body that is collected
 * is read into a buffer of its whole size. */
#include "source.h"

#include "app.h"

#define WINDOW 65536u
#define FIRST 8192u /* room for a body of unknown length */

void adapter_source_init(struct adapter_source *s, int64_t limit)
{
    *s = (struct adapter_source){ .left = limit };
}

void adapter_source_release(struct adapter_source *s)
{
    mocket__buf_release(&s->bytes);
}

void adapter_source_fail(struct adapter_source *s, int code)
{
    if (!s->ended && s->error == 0)
        s->error = code;
}

static ptrdiff_t read_some(struct adapter_origin from, char *to, size_t cap)
{
    return from.exchange ? port_read(from.exchange, to, cap) : port_fetch_read(from.outgoing, to, cap);
}

/* Appends up to want bytes. MOCKET_EAGAIN, or 0: see s->ended and s->error. */
static int append(struct adapter_source *s, struct adapter_origin from, size_t want)
{
    if (s->left >= 0 && want > (uint64_t)s->left)
        want = (size_t)s->left + 1; /* a byte more shows that the body is too large */
    char *room = mocket__buf_room(&s->bytes, want);
    if (!room) {
        s->bytes.status = 0;
        s->error = MOCKET_ENOMEM;
        return 0;
    }
    ptrdiff_t n = read_some(from, room, want);
    if (n == MOCKET_EAGAIN)
        return MOCKET_EAGAIN;
    if (n == 0)
        s->ended = true;
    else if (n < 0)
        s->error = (int)n;
    else if (s->left >= 0 && n > s->left)
        s->error = MOCKET_ETOOBIG;
    else {
        s->bytes.len += (size_t)n;
        s->left -= s->left >= 0 ? n : 0;
    }
    return 0;
}

static size_t available(const struct adapter_source *s)
{
    return s->bytes.len - s->taken;
}

int adapter_source_fill(struct adapter_source *s, struct adapter_origin from)
{
    if (available(s) == 0 && !s->ended && s->error == 0) {
        mocket__buf_reset(&s->bytes);
        s->taken = 0;
        if (append(s, from, WINDOW) == MOCKET_EAGAIN)
            return MOCKET_EAGAIN;
    }
    return available(s) > 0 ? 0 : s->error;
}

int32_t adapter_source_read(struct adapter_source *s, struct adapter_origin from, uint32_t at, uint32_t cap)
{
    int rc = cap == 0 ? 0 : adapter_source_fill(s, from);
    size_t n = available(s) < cap ? available(s) : cap;
    if (rc < 0 || n == 0)
        return rc;
    app_store(at, s->bytes.ptr + s->taken, n);
    s->taken += n;
    return (int32_t)n;
}

/* What will still come of a declared length, and a byte by which the end is noticed. */
static size_t room_for(const struct adapter_source *s, int64_t declared)
{
    if (declared < (int64_t)s->bytes.len)
        return s->bytes.len < FIRST ? FIRST : s->bytes.len;
    return (size_t)(declared - (int64_t)s->bytes.len) + 1;
}

int adapter_source_collect(struct adapter_source *s, struct adapter_origin from, int64_t declared)
{
    if (s->left >= 0 && declared > s->left + (int64_t)s->bytes.len)
        s->error = MOCKET_ETOOBIG;
    while (!s->ended && s->error == 0)
        if (append(s, from, room_for(s, declared)) == MOCKET_EAGAIN)
            return MOCKET_EAGAIN;
    if (s->error == 0 && declared >= 0 && declared != (int64_t)s->bytes.len)
        s->error = MOCKET_EINVAL;
    return s->error;
}
