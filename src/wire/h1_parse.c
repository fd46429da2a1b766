/* llhttp implements the grammar of HTTP/1 and accepts too much: repeated Host, folded lines, a bare LF in some places,
 * Transfer-Encoding in 1.0. Input that two parsers read differently allows request smuggling. So this file refuses
 * everything that is ambiguous.
 *
 * A head is parsed in three passes. find_end looks for its end line by line and checks line ends, folding and sizes.
 * request_line checks the version and the shape of the target. llhttp then runs once over the whole head and makes
 * rows. check_rows reads these rows, decides the framing and drops hop-by-hop fields. This file counts a body with a
 * Content-Length; h1_chunk.c decodes chunks.
 *
 * llhttp sees only ordinary fields (D-85). Its own automata for Content-Length, Transfer-Encoding, Connection and
 * Upgrade refuse blanks that RFC 9110 allows (section 5.5), and would be a second opinion on the framing of the
 * message. */
#include <stdlib.h> /* what llhttp includes is the system's, and visible as ever */
#include <assert.h>
#include <string.h>

#include <stdint.h> /* what the library includes must not become hidden with it */
#include <stdlib.h>
#include <string.h>

/* Before the header, which would choose the lenient automaton: it lets blanks into field names. */
#ifndef LLHTTP_STRICT_MODE
#define LLHTTP_STRICT_MODE 1
#endif
#pragma GCC visibility push(hidden) /* the library's names stay inside */
#include <llhttp.h>
#pragma GCC visibility pop

#include "h1_parse.h"
#include "../http/field_kind.h"
#include "../http/url.h"
#include "../base/check.h"
#include "../base/span.h"

#define DEFAULT_HEAD_LEN 32768
#define DEFAULT_FIELD_COUNT 100
#define METHOD_LEN_MAX 32
#define VERSION_LEN 9 /* " HTTP/1.1" */

/* ---- The library ----------------------------------------------------------------------------------------------------
 * Only the generated automaton. The callbacks that it names are defined here, in the place of the package's table of
 * function pointers (its api.c), which does not compile in one piece with it. */

#pragma GCC visibility push(hidden)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#ifdef __clang__ /* the package calls callbacks of unsigned bytes through pointers to functions of plain ones */
#pragma clang attribute push(__attribute__((no_sanitize("function"))), apply_to = function)
#endif
#include <llhttp.c>
#ifdef __clang__
#pragma clang attribute pop
#endif
#pragma GCC diagnostic pop
#pragma GCC visibility pop

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static int refuse(struct mocket_h1 *p, int status)
{
    if (p->refuse == 0)
        p->refuse = status;
    return -1;
}

static int add_target(llhttp_t *l, const char *at, size_t len)
{
    struct mocket_h1 *p = l->data;
    mocket_span *target = &p->msg->target;
    if (!target->ptr)
        target->ptr = at;
    target->len += len;
    return 0;
}

static int add_name(llhttp_t *l, const char *at, size_t len)
{
    struct mocket_h1 *p = l->data;
    if (len == 0)
        return refuse(p, 400); /* a line that begins with its colon */
    if (p->msg->fields.count >= p->limits.field_count)
        return refuse(p, 431);
    if (mocket__fields_add(&p->msg->fields, p->arena, (mocket_span){ at, len }, (mocket_span){ at + len, 0 }) < 0)
        return refuse(p, 503);
    return 0;
}

static int add_value(llhttp_t *l, const char *at, size_t len)
{
    struct mocket_h1 *p = l->data;
    struct mocket_field *row = &p->msg->fields.rows[p->msg->fields.count - 1];
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    row->value = (mocket_span){ at, len };
    return 0;
}

/* ---- What the fields say ----------------------------------------------------------------------------------------- */

/* The fields that check_rows has seen so far. */
struct seen {
    mocket_span host;
    bool has_host, has_length, has_coding;
    bool close, keep_alive, upgrade_option; /* of Connection */
    bool names_fields;                      /* Connection names other fields */
    bool websocket;
};

static void see_connection(struct seen *seen, mocket_span value)
{
    mocket_span item;
    for (size_t at = 0; (item = mocket__span_list_next(value, &at)).ptr;)
        if (mocket__span_ieq(item, MOCKET_SPAN("close")))
            seen->close = true;
        else if (mocket__span_ieq(item, MOCKET_SPAN("keep-alive")))
            seen->keep_alive = true;
        else if (mocket__span_ieq(item, MOCKET_SPAN("upgrade")))
            seen->upgrade_option = true;
        else
            seen->names_fields = true;
}

static void see_upgrade(struct seen *seen, mocket_span value)
{
    mocket_span item;
    for (size_t at = 0; (item = mocket__span_list_next(value, &at)).ptr;)
        if (mocket__span_ieq(item, MOCKET_SPAN("websocket")))
            seen->websocket = true;
}

static int see_coding(struct mocket_h1 *p, struct seen *seen, mocket_span value)
{
    if (seen->has_coding || (p->msg->flags & MOCKET_MESSAGE_HTTP10))
        return refuse(p, 400);
    seen->has_coding = true;
    if (mocket__span_ieq(value, MOCKET_SPAN("chunked")))
        return 0;
    mocket_span item;
    bool chunked = false, other = false, behind = false;
    for (size_t at = 0; (item = mocket__span_list_next(value, &at)).ptr;) {
        behind |= chunked;
        chunked |= mocket__span_ieq(item, MOCKET_SPAN("chunked"));
        other |= !mocket__span_ieq(item, MOCKET_SPAN("chunked"));
    }
    return refuse(p, other && !behind ? 501 : 400); /* other codings are unknown here; the rest is malformed */
}

static int see_length(struct mocket_h1 *p, struct seen *seen, mocket_span value)
{
    int64_t len = mocket__span_decimal(value, INT64_MAX);
    if (seen->has_length || len < 0)
        return refuse(p, 400);
    seen->has_length = true;
    p->msg->body_len = len;
    return 0;
}

static bool is_host(struct mocket_h1 *p, mocket_span value)
{
    if (mocket__span_eq(value, (mocket_span){ p->host, p->host_len }))
        return true;
    if (!mocket__is_authority(value))
        return false;
    if (value.len <= sizeof p->host) {
        memcpy(p->host, value.ptr, value.len);
        p->host_len = (unsigned char)value.len;
    }
    return true;
}

static int see_host(struct mocket_h1 *p, struct seen *seen, mocket_span value)
{
    if (seen->has_host || !is_host(p, value))
        return refuse(p, 400);
    seen->has_host = true;
    seen->host = value;
    return 0;
}

/* RFC 9110, section 10.1.1: a list of expectations, perhaps empty. A client of HTTP/1.0 cannot wait for a 100. */
static int see_expect(struct mocket_h1 *p, mocket_span value)
{
    mocket_span item;
    for (size_t at = 0; (item = mocket__span_list_next(value, &at)).ptr;) {
        if (!mocket__span_ieq(item, MOCKET_SPAN("100-continue")))
            return refuse(p, 417);
        p->expect_continue = !(p->msg->flags & MOCKET_MESSAGE_HTTP10);
    }
    return 0;
}

static int see_field(struct mocket_h1 *p, struct seen *seen, enum mocket_field_kind kind, mocket_span value)
{
    switch (kind) {
    case MOCKET_FIELD_CONNECTION:
        see_connection(seen, value);
        return 0;
    case MOCKET_FIELD_UPGRADE:
        see_upgrade(seen, value);
        return 0;
    case MOCKET_FIELD_TRANSFER_ENCODING:
        return see_coding(p, seen, value);
    case MOCKET_FIELD_CONTENT_LENGTH:
        return see_length(p, seen, value);
    case MOCKET_FIELD_HOST:
        return see_host(p, seen, value);
    case MOCKET_FIELD_EXPECT:
        return see_expect(p, value);
    default:
        return 0;
    }
}

static bool is_passed_on(enum mocket_field_kind kind)
{
    return kind == MOCKET_FIELD_PLAIN || kind > MOCKET_FIELD_LAST_HOP;
}

/* ---- Fields that Connection names ---- */

/* Names of the rows that Connection could name, sorted: a value may hold thousands of options, and looking each of them
 * up takes a handful of comparisons. */
struct candidate {
    mocket_span name;
    bool named;
};

/* By length, then by letter. */
static int compare_names(const void *a, const void *b)
{
    mocket_span x = ((const struct candidate *)a)->name, y = ((const struct candidate *)b)->name;
    if (x.len != y.len)
        return x.len < y.len ? -1 : 1;
    for (size_t i = 0; i < x.len; i++) {
        unsigned char p = (unsigned char)mocket__lower(x.ptr[i]), q = (unsigned char)mocket__lower(y.ptr[i]);
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

struct candidates {
    struct candidate *rows;
    size_t count;
};

/* Of several rows of the same name always the same candidate. */
static struct candidate *find_candidate(const struct candidates *c, mocket_span name)
{
    struct candidate key = { .name = name };
    return c->count > 0 ? bsearch(&key, c->rows, c->count, sizeof key, compare_names) : NULL;
}

/* Fields in which proxies report the client. A client must not remove them by naming them in Connection. */
static bool is_of_proxies(mocket_span name)
{
    return mocket__span_ieq(name, MOCKET_SPAN("forwarded")) || mocket__span_ieq(name, MOCKET_SPAN("x-forwarded-for")) ||
           mocket__span_ieq(name, MOCKET_SPAN("x-forwarded-proto"));
}

static bool may_be_named(mocket_span name)
{
    enum mocket_field_kind kind = mocket__field_kind(name);
    return kind == MOCKET_FIELD_PLAIN || kind == MOCKET_FIELD_DATE;
}

/* Lists the rows that Connection may remove. Fields that frame the message, name its target or report its client are
 * not among them. Returns 0, or -1 when out of memory. */
static int list_candidates(struct mocket_h1 *p, struct candidates *c)
{
    const struct mocket_fields *f = &p->msg->fields;
    c->rows = mocket__arena_alloc(p->arena, (f->count + 1) * sizeof *c->rows);
    if (!c->rows)
        return refuse(p, 503);
    for (size_t i = 0; i < f->count; i++)
        if (may_be_named(f->rows[i].name) && !is_of_proxies(f->rows[i].name))
            c->rows[c->count++] = (struct candidate){ .name = f->rows[i].name };
    qsort(c->rows, c->count, sizeof *c->rows, compare_names);
    return 0;
}

static void mark_named(const struct candidates *c, mocket_span value)
{
    mocket_span item;
    for (size_t at = 0; (item = mocket__span_list_next(value, &at)).ptr;) {
        struct candidate *found = find_candidate(c, item);
        if (found)
            found->named = true;
    }
}

/* Drops the rows that a Connection row names. dropped: rows behind the request's, the Connection rows among them. */
static int drop_named(struct mocket_h1 *p, size_t dropped)
{
    struct mocket_fields *f = &p->msg->fields;
    struct candidates c = { 0 };
    size_t kept = 0;
    if (list_candidates(p, &c) < 0)
        return -1;
    for (size_t i = f->count; i < f->count + dropped; i++)
        if (mocket__field_kind(f->rows[i].name) == MOCKET_FIELD_CONNECTION)
            mark_named(&c, f->rows[i].value);
    for (size_t i = 0; i < f->count; i++) {
        const struct candidate *found = find_candidate(&c, f->rows[i].name);
        if (!found || !found->named)
            f->rows[kept++] = f->rows[i];
    }
    f->count = kept;
    return 0;
}

/* Rows that are not passed on change places with those that are, and then stand behind them. */
static int check_rows(struct mocket_h1 *p, struct seen *seen)
{
    struct mocket_fields *f = &p->msg->fields;
    size_t kept = 0, count = f->count;
    for (size_t i = 0; i < count; i++) {
        struct mocket_field row = f->rows[i];
        enum mocket_field_kind kind = mocket__field_kind(row.name);
        if (kind != MOCKET_FIELD_PLAIN && see_field(p, seen, kind, row.value) < 0)
            return -1;
        if (!is_passed_on(kind))
            continue;
        if (i > kept) {
            f->rows[i] = f->rows[kept];
            f->rows[kept] = row;
        }
        kept++;
    }
    f->count = kept;
    return seen->names_fields ? drop_named(p, count - kept) : 0;
}

/* ---- Target ------------------------------------------------------------------------------------------------------ */

static bool is_absolute_without_path(mocket_span target, mocket_span authority)
{
    return authority.ptr + authority.len == target.ptr + target.len;
}

/* Reduces the absolute form; the authority in it replaces Host. */
static int reduce_absolute(struct mocket_message *msg, struct mocket_arena *a)
{
    mocket_span authority, origin, raw = msg->target;
    if (!mocket__target_absolute(a, raw, &authority, &origin))
        return -1;
    msg->target = origin;
    if (msg->method == MOCKET_METHOD_OPTIONS && is_absolute_without_path(raw, authority))
        msg->target = MOCKET_SPAN("*"); /* RFC 9112, section 3.2.4 */
    msg->authority = authority;
    size_t at = 0;
    const struct mocket_field *host = mocket__fields_next(&msg->fields, MOCKET_SPAN("host"), &at);
    if (host)
        msg->fields.rows[host - msg->fields.rows].value = authority;
    return 0;
}

static int check_target(struct mocket_h1 *p)
{
    struct mocket_message *msg = p->msg;
    mocket_span target = msg->target;
    if (msg->method == MOCKET_METHOD_CONNECT) { /* answered 405 by the dispatcher, whatever it names */
        if (target.len == 0 || !mocket__is_authority(target))
            return refuse(p, 400);
        msg->authority = target;
        return 0;
    }
    if (target.len > 0 && target.ptr[0] == '/')
        return 0;
    if (mocket__span_eq(target, MOCKET_SPAN("*")))
        return msg->method == MOCKET_METHOD_OPTIONS ? 0 : refuse(p, 400);
    return reduce_absolute(msg, p->arena) < 0 ? refuse(p, 400) : 0;
}

/* ---- End of head ------------------------------------------------------------------------------------------------- */

static void decide_connection(struct mocket_h1 *p, const struct seen *seen)
{
    bool http10 = p->msg->flags & MOCKET_MESSAGE_HTTP10;
    p->keep_alive = !seen->close && (!http10 || seen->keep_alive) && p->msg->method != MOCKET_METHOD_CONNECT;
    if (seen->websocket && seen->upgrade_option && !http10 && p->msg->method == MOCKET_METHOD_GET)
        p->msg->flags |= MOCKET_MESSAGE_UPGRADE;
}

static int on_head(llhttp_t *l)
{
    struct mocket_h1 *p = l->data;
    struct mocket_message *msg = p->msg;
    struct seen seen = { 0 };
    l->upgrade = 0; /* the parser expects HTTP after this message */
    if (check_rows(p, &seen) < 0)
        return -1;
    if (seen.has_coding && seen.has_length)
        return refuse(p, 400);
    if (!seen.has_host && !(msg->flags & MOCKET_MESSAGE_HTTP10))
        return refuse(p, 400);
    msg->authority = seen.host;
    if (check_target(p) < 0)
        return -1;
    p->chunked = seen.has_coding;
    l->content_length = (uint64_t)msg->body_len;
    if (p->chunked) {
        msg->body_len = -1;
        mocket__h1_chunk_init(&p->chunk, p->limits.head_len);
    }
    decide_connection(p, &seen);
    return 0;
}

/* ---- The callbacks ----------------------------------------------------------------------------------------------- */

#define CALLBACK_ARGS llhttp__internal_t *l, const unsigned char *p, const unsigned char *endp
#define IGNORED(name)                                                                                                  \
    int llhttp__##name(CALLBACK_ARGS)                                                                                  \
    {                                                                                                                  \
        (void)l, (void)p, (void)endp;                                                                                  \
        return 0;                                                                                                      \
    }
IGNORED(on_message_begin)
IGNORED(on_reset)
IGNORED(on_method)
IGNORED(on_method_complete)
IGNORED(on_url_complete)
IGNORED(on_version)
IGNORED(on_version_complete)
IGNORED(on_status)
IGNORED(on_status_complete)
IGNORED(on_header_value_complete)
IGNORED(on_chunk_extension_name)
IGNORED(on_chunk_extension_name_complete)
IGNORED(on_chunk_extension_value)
IGNORED(on_chunk_extension_value_complete)
IGNORED(on_chunk_header)
IGNORED(on_chunk_complete)
IGNORED(on_body)
IGNORED(before_headers_complete)
IGNORED(after_message_complete)

int llhttp__on_url(CALLBACK_ARGS)
{
    return add_target(l, (const char *)p, (size_t)(endp - p));
}

int llhttp__on_header_field(CALLBACK_ARGS)
{
    return add_name(l, (const char *)p, (size_t)(endp - p));
}

/* The automaton has recognised a name. It must not act on it. */
int llhttp__on_header_field_complete(CALLBACK_ARGS)
{
    enum { ORDINARY };
    (void)p, (void)endp;
    l->header_state = ORDINARY;
    return 0;
}

int llhttp__on_header_value(CALLBACK_ARGS)
{
    return add_value(l, (const char *)p, (size_t)(endp - p));
}

int llhttp__on_headers_complete(CALLBACK_ARGS)
{
    (void)p, (void)endp;
    return on_head(l);
}

/* How the body is framed, in the automaton's numbers. */
int llhttp__after_headers_complete(CALLBACK_ARGS)
{
    enum { NO_BODY, UPGRADED, CHUNKS, COUNTED };
    const struct mocket_h1 *parser = l->data;
    (void)p, (void)endp;
    if (parser->chunked)
        return CHUNKS;
    return l->content_length > 0 ? COUNTED : NO_BODY;
}

int llhttp__on_message_complete(CALLBACK_ARGS)
{
    struct mocket_h1 *parser = l->data;
    (void)p, (void)endp;
    parser->body_done = true;
    return HPE_PAUSED; /* what follows belongs to the next request */
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

/* Checks an unfinished head: is it too long already, or is it not HTTP at all (TLS, for instance)? */
static ptrdiff_t unfinished(const struct mocket_h1 *p, mocket_span in)
{
    size_t len = in.len - p->blank;
    bool first_line = p->scanned == p->blank;
    if (first_line && len > 0 && in.ptr[p->blank] != '\r' &&
        mocket__token_len((mocket_span){ in.ptr + p->blank, 1 }) == 0)
        return -400;
    if (first_line && len > METHOD_LEN_MAX + p->limits.target_len + VERSION_LEN + 2)
        return memchr(in.ptr + p->blank, ' ', METHOD_LEN_MAX + 1) ? -414 : -400;
    return in.len > p->limits.head_len ? -431 : 0;
}

/* A line without its LF: it must end in CR, hold no other, and not begin as a folded one. */
static bool is_plain_line(const char *line, size_t len)
{
    return len > 0 && line[0] != ' ' && line[0] != '\t' && memchr(line, '\r', len) == line + len - 1;
}

/* Length of the head, empty lines before it included; 0: more; below zero: refuse. */
static ptrdiff_t find_end(struct mocket_h1 *p, mocket_span in)
{
    const char *lf;
    while (p->scanned < in.len && (lf = memchr(in.ptr + p->scanned, '\n', in.len - p->scanned)) != NULL) {
        const char *line = in.ptr + p->scanned;
        size_t len = (size_t)(lf - line);
        if (!is_plain_line(line, len))
            return -400;
        bool first = p->scanned == p->blank;
        if (first)
            p->line = len - 1;
        p->scanned += len + 1;
        if (p->scanned > p->limits.head_len && !first)
            return -431;
        if (len == 1 && !first)
            return (ptrdiff_t)p->scanned;
        if (len == 1)
            p->blank = p->scanned;
    }
    return unfinished(p, in);
}

/* ---- The request line -------------------------------------------------------------------------------------------- */

/* "HTTP/1.1": 0, or a status to refuse with. */
static int version_status(mocket_span version, unsigned *flags)
{
    if (mocket__span_eq(version, MOCKET_SPAN("HTTP/1.1")))
        return 0;
    if (version.len < 8 || memcmp(version.ptr, "HTTP/", 5) != 0)
        return 400;
    const char *v = version.ptr + 5;
    if (version.len != 8 || v[0] < '0' || v[0] > '9' || v[1] != '.' || v[2] < '0' || v[2] > '9')
        return 400;
    if (v[0] != '1')
        return 505;
    if (v[2] == '0')
        *flags |= MOCKET_MESSAGE_HTTP10;
    return 0;
}

/* Splits and checks the line as a whole. llhttp checks the bytes of the target. */
static int request_line(struct mocket_h1 *p, mocket_span head)
{
    struct mocket_message *msg = p->msg;
    mocket_span line = { head.ptr, p->line };
    size_t first = mocket__token_len(line);
    size_t second = mocket__span_find(line, ' ', first + 1);
    if (first == 0 || line.ptr[first] != ' ' || second >= line.len || second == first + 1)
        return 400;
    msg->method_text = mocket__span_slice(line, 0, first);
    int status = version_status(mocket__span_slice(line, second + 1, line.len), &msg->flags);
    if (status != 0)
        return status;
    return second - first - 1 > p->limits.target_len ? 414 : 0;
}

/* ---- The promises of the header ---------------------------------------------------------------------------------- */

void mocket__h1_init(struct mocket_h1 *p, const struct mocket_h1_limits *limits)
{
    memset(p, 0, sizeof *p);
    p->limits = *limits;
    if (p->limits.head_len == 0)
        p->limits.head_len = DEFAULT_HEAD_LEN;
    if (p->limits.target_len == 0)
        p->limits.target_len = MOCKET_TARGET_MAX;
    if (p->limits.field_count == 0)
        p->limits.field_count = DEFAULT_FIELD_COUNT;
    mocket__h1_reset(p);
}

void mocket__h1_reset(struct mocket_h1 *p)
{
    llhttp__internal_init(&p->llhttp);
    p->llhttp.type = HTTP_REQUEST;
    p->llhttp.data = p;
    p->llhttp.lenient_flags = LENIENT_VERSION; /* 1.2 and above are read as 1.1 (RFC 9110, section 2.5) */
    p->scanned = p->blank = 0;
    p->keep_alive = p->expect_continue = p->chunked = p->body_done = false;
    p->refuse = 0;
    p->msg = NULL;
    p->arena = NULL;
}

/* Runs llhttp over a head and turns its result into a status. */
static int run_head(struct mocket_h1 *p, mocket_span head)
{
    int code = llhttp__internal_execute(&p->llhttp, head.ptr, head.ptr + head.len);
    if (p->refuse != 0)
        return p->refuse;
    if (code == HPE_OK || (code == HPE_PAUSED && p->body_done))
        return 0;
    bool unknown = code == HPE_INVALID_METHOD || (!p->msg->target.ptr && code != HPE_INVALID_URL) ||
                   (code == HPE_INVALID_CONSTANT && p->msg->fields.count == 0);
    return unknown ? 501 : 400;
}

ptrdiff_t mocket__h1_head(struct mocket_h1 *p, struct mocket_message *msg, struct mocket_arena *arena, mocket_span in)
{
    MOCKET_CHECK(p->scanned <= in.len); /* bytes of a head stay until it is whole */
    ptrdiff_t end = find_end(p, in);
    if (end <= 0)
        return end;
    mocket_span head = mocket__span_slice(in, p->blank, (size_t)end);
    memset(msg, 0, sizeof *msg);
    p->msg = msg;
    p->arena = arena;
    int status = request_line(p, head);
    if (status == 0) {
        msg->method = mocket__method_of(msg->method_text);
        status = run_head(p, head);
    }
    p->msg = NULL;
    if (status == 0)
        MOCKET_CHECK_CALL(mocket__h1_check(msg, in));
    return status != 0 ? -status : end;
}

static ptrdiff_t counted_body(struct mocket_h1 *p, mocket_span in, mocket_span *data)
{
    uint64_t left = p->llhttp.content_length;
    size_t len = in.len < left ? in.len : (size_t)left;
    p->llhttp.content_length = left - len;
    p->body_done = left == len;
    *data = (mocket_span){ in.ptr, len };
    return (ptrdiff_t)len;
}

static ptrdiff_t chunked_body(struct mocket_h1 *p, mocket_span in, mocket_span *data)
{
    ptrdiff_t used = mocket__h1_chunk(&p->chunk, in, data);
    p->body_done = p->chunk.done;
    return used < 0 ? -400 : used;
}

ptrdiff_t mocket__h1_body(struct mocket_h1 *p, mocket_span in, mocket_span *data)
{
    *data = (mocket_span){ in.ptr, 0 };
    if (p->body_done || in.len == 0)
        return 0;
    return p->chunked ? chunked_body(p, in, data) : counted_body(p, in, data);
}

static bool is_view(mocket_span view, mocket_span in)
{
    return view.len == 0 || (view.ptr >= in.ptr && view.ptr + view.len <= in.ptr + in.len);
}

void mocket__h1_check(const struct mocket_message *msg, mocket_span in)
{
    assert(is_view(msg->method_text, in));
    /* "/" and "*" may be ours; so is "/?x" of "http://host?x" */
    mocket_span query = mocket__span_slice(msg->target, 1, msg->target.len);
    assert(query.len == 0 || query.ptr[0] == '?' || is_view(msg->target, in));
    for (size_t i = 0; i < msg->fields.count; i++)
        assert(msg->fields.rows[i].name.len > 0 && is_view(msg->fields.rows[i].name, in) &&
               is_view(msg->fields.rows[i].value, in));
}
