/* The answer's head, line by line as libcurl hands it over: from HTTP/1 as it came, from HTTP/2 in the same form. Input
 * from a server is as hostile as input from a client: names must be tokens, values contain no line ends, and all sizes
 * are bounded. Interim answers (1xx) are parsed like others and dropped. Lines behind the head are trailers, which are
 * ignored. */
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../http/redirect.h"
#include "transfer.h"

#define STATUS_MAX 999 /* a status of a class beyond 5xx is accepted too */

static bool refuse(struct mocket_outgoing *out, int code, const char *reason)
{
    out->problem = code;
    if (!out->reason[0])
        memcpy(out->reason, reason, strlen(reason) + 1);
    return false;
}

static bool begin(struct mocket_outgoing *out, mocket_span line)
{
    size_t blank = mocket__span_find(line, ' ', 0);
    int64_t status = mocket__span_decimal(mocket__span_slice(line, blank + 1, blank + 4), STATUS_MAX);
    if (status < 100 || (line.len > blank + 4 && line.ptr[blank + 4] != ' '))
        return refuse(out, MOCKET_EIO, "the status is not a number from 100 to 999");
    if (status == 101)
        return refuse(out, MOCKET_EIO, "the server switches to another protocol, which the request did not ask for");
    out->status = (int)status;
    out->fields = (struct mocket_fields){ 0 };
    mocket__arena_rewind(&out->arena, &out->head_mark);
    return true;
}

/* Room for a value that grows line by line; NULL: no memory. */
static char *folded_room(struct mocket_outgoing *out, mocket_span value, size_t len)
{
    if (len <= out->folded_cap)
        return (char *)value.ptr;
    char *text = mocket__arena_alloc(&out->arena, 2 * len);
    if (!text)
        return NULL;
    out->folded_cap = 2 * len;
    return memcpy(text, value.ptr, value.len);
}

/* A line that goes on with the value before it (RFC 9112, section 5.2). */
static bool unfold(struct mocket_outgoing *out, mocket_span line)
{
    if (out->fields.count == 0)
        return refuse(out, MOCKET_EIO, "the head begins with a continued line");
    mocket_span *value = &out->fields.rows[out->fields.count - 1].value, more = mocket__span_trim(line);
    char *text = folded_room(out, *value, value->len + more.len + 2);
    if (!text)
        return refuse(out, MOCKET_ENOMEM, "no memory");
    text[value->len] = ' ';
    if (more.len > 0)
        memcpy(text + value->len + 1, more.ptr, more.len);
    *value = (mocket_span){ text, value->len + 1 + more.len };
    text[value->len] = '\0';
    return mocket__is_field_value(more) || refuse(out, MOCKET_EIO, "a field's value is malformed");
}

static bool add(struct mocket_outgoing *out, mocket_span line)
{
    struct mocket_field field;
    if (!mocket__field_of_line(line, &field))
        return refuse(out, MOCKET_EIO, "a field of the head is malformed");
    if (out->fields.count == MOCKET_OUTGOING_FIELDS_MAX)
        return refuse(out, MOCKET_ELIMIT, "the head has too many fields");
    mocket_span name = mocket__arena_copy(&out->arena, field.name);
    mocket_span value = mocket__arena_copy(&out->arena, field.value.len > 0 ? field.value : MOCKET_SPAN(""));
    out->folded_cap = 0;
    if (!name.ptr || !value.ptr || mocket__fields_add(&out->fields, &out->arena, name, value) < 0)
        return refuse(out, MOCKET_ENOMEM, "no memory");
    return true;
}

/* Fields that Connection names belong to the connection too (RFC 9110, section 7.6.1). */
static void drop_hop_by_hop(struct mocket_outgoing *out)
{
    struct mocket_fields *f = &out->fields;
    size_t at = 0;
    mocket_span named = mocket__fields_join(f, &out->arena, MOCKET_SPAN("connection")), name;
    while (named.ptr && (name = mocket__span_list_next(named, &at)).ptr)
        mocket__fields_remove(f, name);
    mocket__fields_drop_hop_by_hop(f);
}

/* Returns whether there is one length, possibly repeated in a line of its own. Otherwise the end of the body is
 * unknown, and libcurl would guess (RFC 9112, section 6.3). A list in one line is refused even if its values are equal
 * (RFC 9110, section 8.6). */
static bool has_one_len(const struct mocket_fields *f)
{
    int64_t len = mocket__fields_len(f);
    const struct mocket_field *row;
    for (size_t at = 0; (row = mocket__fields_next(f, MOCKET_SPAN("content-length"), &at)) != NULL;)
        if (len < 0 || mocket__span_decimal(row->value, INT64_MAX) != len)
            return false;
    return true;
}

/* ---- redirects (RFC 9110, section 15.4) ---- */

static bool becomes_get(const struct mocket_outgoing *out)
{
    return mocket__redirect_is_get(out->status, out->opts.method);
}

static void forget_body(struct mocket_outgoing *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->sent.count; i++)
        if (!mocket__redirect_needs_body(out->sent.rows[i].name))
            out->sent.rows[kept++] = out->sent.rows[i];
    out->sent.count = kept;
    out->opts.method = MOCKET_SPAN("GET");
    out->opts.body = (mocket_span){ NULL, 0 };
    out->opts.streams = false;
    out->has_body = false;
}

/* Returns whether this head is a redirect to follow. location is set then, and the request is changed for the next
 * hop. */
static bool follows(struct mocket_outgoing *out)
{
    size_t at = 0;
    if (!out->opts.follow || !mocket__is_redirect(out->status))
        return false;
    const struct mocket_field *row = mocket__fields_next(&out->fields, MOCKET_SPAN("location"), &at);
    if (!row || row->value.len == 0 || (out->opts.streams && !becomes_get(out)))
        return false;
    out->location = mocket__copy(row->value.ptr, row->value.len);
    if (!out->location)
        refuse(out, MOCKET_ENOMEM, "no memory");
    return true;
}

/* ---- the end of the head ---- */

static bool redirect(struct mocket_outgoing *out)
{
    bool uploading = out->opts.streams && !out->sent_all;
    if (!out->location)
        return false; /* no memory for it */
    if (becomes_get(out))
        forget_body(out);
    return !uploading; /* its end is not worth waiting for */
}

static bool end(struct mocket_outgoing *out)
{
    size_t at = 0;
    if (out->status < 200)
        return true;
    if (mocket__fields_next(&out->fields, MOCKET_SPAN("transfer-encoding"), &at))
        mocket__fields_remove(&out->fields, MOCKET_SPAN("content-length")); /* RFC 9112, section 6.3 */
    if (!has_one_len(&out->fields))
        return refuse(out, MOCKET_EIO, "the Content-Length is malformed");
    if (follows(out))
        return redirect(out);
    drop_hop_by_hop(out);
    out->left = mocket__fields_len(&out->fields);
    if (mocket__span_eq(out->opts.method, MOCKET_SPAN("HEAD")) || out->status == 204 || out->status == 304)
        out->left = 0;
    out->unwanted = out->status >= 300 && out->opts.streams && !out->sent_all;
    out->state = 0;
    mocket__outgoing_watch(out);
    mocket__pool_tell(out);
    return true;
}

bool mocket__head_line(struct mocket_outgoing *out, mocket_span line)
{
    if (out->state == 0 || out->location)
        return true; /* trailers */
    out->head_len += line.len;
    if (out->head_len > MOCKET_OUTGOING_HEAD_MAX)
        return refuse(out, MOCKET_ELIMIT, "the head is too large");
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    if (line.len == 0)
        return end(out);
    if (mocket__span_eq(mocket__span_slice(line, 0, 5), MOCKET_SPAN("HTTP/")))
        return begin(out, line);
    return line.ptr[0] == ' ' || line.ptr[0] == '\t' ? unfold(out, line) : add(out, line);
}
