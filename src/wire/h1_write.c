/* Every answer uses this code, so it is fast: the size of the head is computed first, room is reserved once, and the
 * pieces are copied without formatting and further bounds checks.
 *
 * The framing follows from five facts: method, status, version, whether the length is known, and whether the connection
 * may live on. decide is the only function that combines them. It returns its decisions to the caller, which writes the
 * body. */
#include "h1_write.h"

#include "../http/field_kind.h"
#include "../base/check.h"
#include "../base/span.h"
#include "../http/reason.h"

#define FIXED_LEN 256 /* more than status line, date, framing and connection take together */

/* What belongs to the connection and the framing is ours to send. */
static bool is_sent(enum mocket_field_kind kind)
{
    return kind == MOCKET_FIELD_PLAIN || (kind >= MOCKET_FIELD_EXPECT && kind != MOCKET_FIELD_CONTENT_LENGTH);
}

/* ---- Copying ---- */

static char *put(char *at, mocket_span s)
{
    memcpy(at, s.ptr, s.len);
    return at + s.len;
}

#define PUT(at, literal) put(at, MOCKET_SPAN(literal))

static char *put_field(char *at, mocket_span name, mocket_span value)
{
    at = PUT(put(at, name), ": ");
    if (value.len > 0)
        at = put(at, value);
    return PUT(at, "\r\n");
}

/* "HTTP/1.1 200 OK". The version is ours, whatever the request's (RFC 9110, section 2.5). */
static char *put_status(char *at, int status)
{
    if (status == 200)
        return PUT(at, "HTTP/1.1 200 OK\r\n");
    at = PUT(at, "HTTP/1.1 ");
    at = mocket__decimal(at, (uint64_t)status);
    *at++ = ' ';
    at = put(at, mocket__span(mocket__reason(status)));
    return PUT(at, "\r\n");
}

/* ---- Deciding ---- */

struct framing {
    int64_t len;      /* to announce; -1: none */
    mocket_span date; /* ours; len 0: none */
};

static bool has_no_body(const struct mocket_h1_answer *a)
{
    return a->method == MOCKET_METHOD_HEAD || a->status == 204 || a->status == 205 || a->status == 304;
}

/* declared: the Content-Length among the fields, -1: none. It is used if no body contradicts it. */
static struct framing decide(struct mocket_h1_answer *a, int64_t declared)
{
    struct framing f = { .len = a->body_len, .date = a->date };
    a->send_body = !has_no_body(a);
    a->chunked = a->send_body && a->body_len < 0 && !a->http10;
    if (a->send_body && a->body_len < 0 && a->http10)
        a->keep_alive = false; /* the end of the connection is the end of the body */
    if (a->status == 304)
        f.len = declared;
    else if (a->method == MOCKET_METHOD_HEAD && declared >= 0)
        f.len = declared;
    if (a->status == 205)
        f.len = 0;
    if (a->status == 204)
        f.len = -1;
    return f;
}

/* RFC 9110, section 15.5.22: 426 names the protocol to upgrade to; WebSocket is the only one. */
static char *put_connection(char *at, const struct mocket_h1_answer *a)
{
    bool upgrade = a->status == 426, say_keep = a->keep_alive && a->http10;
    if (upgrade)
        at = PUT(at, "Upgrade: websocket\r\n");
    if (!upgrade && a->keep_alive && !say_keep)
        return at;
    at = PUT(at, "Connection: ");
    if (upgrade)
        at = PUT(at, "upgrade");
    if (upgrade && (say_keep || !a->keep_alive))
        at = PUT(at, ", ");
    if (!a->keep_alive)
        at = PUT(at, "close");
    else if (say_keep)
        at = PUT(at, "keep-alive");
    return PUT(at, "\r\n");
}

static char *put_framing(char *at, const struct mocket_h1_answer *a, const struct framing *f)
{
    if (f->date.len > 0)
        at = PUT(put(PUT(at, "Date: "), f->date), "\r\n");
    if (f->len >= 0) {
        at = PUT(at, "Content-Length: ");
        at = mocket__decimal(at, (uint64_t)f->len);
        at = PUT(at, "\r\n");
    }
    if (a->chunked)
        at = PUT(at, "Transfer-Encoding: chunked\r\n");
    return PUT(put_connection(at, a), "\r\n");
}

/* ---- The promises of the header ---- */

static size_t room_for(const struct mocket_fields *fields)
{
    size_t len = FIXED_LEN;
    for (size_t i = 0; i < fields->count; i++)
        len += fields->rows[i].name.len + fields->rows[i].value.len + 4;
    return len;
}

void mocket__h1_write_head(struct mocket_buf *out, struct mocket_h1_answer *a)
{
    static const struct mocket_fields none;
    const struct mocket_fields *fields = a->fields ? a->fields : &none;
    int64_t declared = -1;
    bool has_date = false;
    size_t room = room_for(fields);
    char *start = mocket__buf_room(out, room), *at = start;
    if (!start) {
        decide(a, declared);
        return;
    }
    at = put_status(at, a->status);
    for (size_t i = 0; i < fields->count; i++) {
        const struct mocket_field *row = &fields->rows[i];
        enum mocket_field_kind kind = row->name.len > 0 ? mocket__field_kind(row->name) : MOCKET_FIELD_HOP;
        if (kind == MOCKET_FIELD_CONTENT_LENGTH)
            declared = mocket__span_decimal(row->value, INT64_MAX);
        has_date |= kind == MOCKET_FIELD_DATE;
        if (is_sent(kind))
            at = put_field(at, row->name, row->value);
    }
    struct framing f = decide(a, declared);
    if (has_date)
        f.date = (mocket_span){ 0 };
    at = put_framing(at, a, &f);
    MOCKET_CHECK((size_t)(at - start) <= room);
    out->len += (size_t)(at - start);
}

void mocket__h1_write_chunk_size(struct mocket_buf *out, size_t len)
{
    char text[2 * sizeof len + 2];
    char *at = text + sizeof text;
    *--at = '\n';
    *--at = '\r';
    for (; len > 0; len >>= 4)
        *--at = "0123456789abcdef"[len & 15];
    mocket__buf_add(out, at, (size_t)(text + sizeof text - at));
}
