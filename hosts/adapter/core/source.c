/* Bytes are read into a window of at most 64 KiB, and copied from there to the app's memory. A body that is collected
 * is read into a buffer that grows with what has arrived: a declared length alone reserves no memory. */
#include "source.h"

#include "app.h"

#define WINDOW 65536u
#define FIRST 8192u /* room for a body of unknown length */

void adapter_source_init(struct adapter_source *s, int64_t limit, int64_t declared, struct mocket_till *till)
{
    *s = (struct adapter_source){ .left = limit,
                                  .due = declared,
                                  .error = limit >= 0 && declared > limit ? MOCKET_ETOOBIG : 0,
                                  .bytes = { .till = till, .part = MOCKET_CHARGE_REQUESTS } };
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

/* The code of a body that has not the length that was declared. */
static int other_length(struct adapter_origin from)
{
    return from.exchange ? MOCKET_EINVAL : MOCKET_EIO;
}

static void end(struct adapter_source *s, struct adapter_origin from)
{
    if (s->due > 0)
        s->error = other_length(from);
    else
        s->ended = true;
}

/* Where nothing more may come: a byte more shows that the body is too long. */
static int look_behind(struct adapter_source *s, struct adapter_origin from)
{
    char beyond;
    ptrdiff_t n = read_some(from, &beyond, 1);
    if (n == MOCKET_EAGAIN)
        return MOCKET_EAGAIN;
    if (n == 0)
        end(s, from);
    else
        s->error = n < 0 ? (int)n : s->left == 0 ? MOCKET_ETOOBIG : other_length(from);
    return 0;
}

/* Appends up to want bytes. MOCKET_EAGAIN, or 0: see s->ended and s->error. */
static int append(struct adapter_source *s, struct adapter_origin from, size_t want)
{
    if (s->left >= 0 && want > (uint64_t)s->left)
        want = (size_t)s->left;
    if (s->due >= 0 && want > (uint64_t)s->due)
        want = (size_t)s->due;
    if (want == 0)
        return look_behind(s, from);
    char *room = mocket__buf_room(&s->bytes, want);
    if (!room) {
        s->bytes.status = 0;
        s->error = MOCKET_ENOMEM;
        return 0;
    }
    ptrdiff_t n = read_some(from, room, want);
    if (n == MOCKET_EAGAIN) {
        if (s->bytes.len == 0)
            mocket__buf_release(&s->bytes); /* a client that sends nothing holds nothing */
        return MOCKET_EAGAIN;
    }
    if (n == 0)
        end(s, from);
    else if (n < 0)
        s->error = (int)n;
    else {
        s->bytes.len += (size_t)n;
        s->left -= s->left >= 0 ? n : 0;
        s->due -= s->due >= 0 ? n : 0;
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

/* As much as has arrived, and a few bytes in the beginning. */
static size_t room_for(const struct adapter_source *s)
{
    size_t least = s->due < 0 ? FIRST : WINDOW;
    return s->bytes.len < least ? least : s->bytes.len;
}

int adapter_source_collect(struct adapter_source *s, struct adapter_origin from)
{
    while (!s->ended && s->error == 0)
        if (append(s, from, room_for(s)) == MOCKET_EAGAIN)
            return MOCKET_EAGAIN;
    return s->error;
}
