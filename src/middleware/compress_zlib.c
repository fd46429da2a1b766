/* Compresses answers with zlib before they are sent.
 *
 * * A whole answer is compressed at once and has a Content-Length. A stream is compressed piece by piece. Every answer
 *   that depends on Accept-Encoding has Vary, compressed or not. A strong ETag would name other bytes than those that
 *   are sent, so it becomes a weak one, which still works with If-None-Match.
 *
 * * HEAD, 304 and 206 have the fields that the 200 to the same request would have (RFC 9110, sections 9.3.2, 15.3.7,
 *   15.4.5). Otherwise a cache would have two tags for the same content, or would lose Vary. */
#include "compress.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PIECE_BYTES 8192 /* read from a stream at a time */

/* The codings, the one we like better first. window: what deflateInit2 has to be told besides the window's bits. */
static const struct coding {
    const char *name;
    int window;
} codings[] = { { "gzip", 16 }, { "deflate", 0 } };

/* ---- Is it worth it? ---- */

static const char *const default_types[] = {
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
    "+json",
    "+xml",
    "application/wasm",
    "application/yaml",
    "font/ttf",
    "font/otf",
    "image/bmp",
    "application/rtf",
    "application/vnd.ms-fontobject",
    "application/toml",
    NULL,
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

/* A pattern is a whole type, a beginning such as "text/", or an end such as "+json". */
static bool type_fits(const char *pattern, const char *type, size_t type_len)
{
    size_t len = strlen(pattern);
    if (len > type_len || len == 0)
        return false;
    if (pattern[0] == '+')
        return same(pattern, type + type_len - len, len);
    return same(pattern, type, len) && (len == type_len || pattern[len - 1] == '/');
}

static bool is_type(const struct mocket_compress_opts *o, const char *type)
{
    static const char events[] = "text/event-stream";
    size_t len = type ? strcspn(type, "; \t") : 0;
    const char *const *patterns = o->types ? o->types : default_types;
    if (!o->types && len == sizeof events - 1 && same(type, events, len))
        return false;
    for (; *patterns; patterns++)
        if (type_fits(*patterns, type, len))
            return true;
    return false;
}

/* Returns whether a list such as Cache-Control contains this word. */
static bool lists(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (; list && *list; list += strcspn(list, ",") + (list[strcspn(list, ",")] == ',')) {
        const char *item = list + strspn(list, " \t");
        size_t item_len = strcspn(item, ", \t;=");
        if (item_len == len && same(item, word, len))
            return true;
    }
    return false;
}

static bool is_head(mocket_event *e)
{
    return strcmp(mocket_method(e), "HEAD") == 0;
}

/* -1: it is not there, or not a number. */
static int64_t number(const char *text)
{
    return text && *text >= '0' && *text <= '9' ? strtoll(text, NULL, 10) : -1;
}

/* The length of what a 200 to this request would send before it is compressed; -1: unknown. */
static int64_t len_of(mocket_event *e)
{
    int64_t declared = number(mocket_response_header(e, "Content-Length"));
    int status = mocket_response_status(e);
    if (status == 206) {
        const char *range = mocket_response_header(e, "Content-Range"), *slash = range ? strchr(range, '/') : NULL;
        return number(slash ? slash + 1 : NULL);
    }
    return status == 304 || (is_head(e) && declared >= 0) ? declared : mocket_response_len(e);
}

static bool is_worth(mocket_event *e, const struct mocket_compress_opts *o)
{
    int status = mocket_response_status(e);
    int64_t len = len_of(e);
    if (status == 0 || status == 204 || status == 205 || (len >= 0 && len < o->min_bytes))
        return false;
    if (mocket_response_header(e, "Content-Encoding") || (status != 206 && mocket_response_header(e, "Content-Range")))
        return false;
    return is_type(o, mocket_response_header(e, "Content-Type")) &&
           !lists(mocket_response_header(e, "Cache-Control"), "no-transform");
}

/* NULL: none, or identity rather. */
static const struct coding *choose(mocket_event *e)
{
    const struct coding *best = NULL;
    int best_q = 0;
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        int q = mocket_accepts_encoding(e, codings[i].name);
        if (q > best_q) {
            best = &codings[i];
            best_q = q;
        }
    }
    return best_q >= mocket_accepts_encoding(e, "identity") ? best : NULL;
}

/* ---- Compressing ---- */

/* len -1: unknown. A short answer needs neither the large window nor the large tables. */
static int begin(z_stream *z, const struct mocket_compress_opts *o, const struct coding *coding, int64_t len)
{
    int bits = MAX_WBITS;
    while (len >= 0 && bits > 9 && len <= (int64_t)1 << (bits - 1))
        bits--;
    int memory = bits - 7 > 1 ? bits - 7 : 1;
    int rc = deflateInit2(z, o->level, Z_DEFLATED, bits + coding->window, memory, Z_DEFAULT_STRATEGY);
    return rc == Z_OK ? 0 : rc == Z_MEM_ERROR ? MOCKET_ENOMEM : MOCKET_EIO;
}

/* The strong tag that is set as a weak one; NULL: there is none. */
static const char *weak_tag(mocket_event *e)
{
    const char *etag = mocket_response_header(e, "ETag");
    return etag && etag[0] == '"' ? mocket_format(e, "W/%s", etag) : NULL;
}

static void weaken(mocket_event *e)
{
    const char *weak = weak_tag(e);
    if (weak)
        mocket_header_set(e, "ETag", weak);
}

static void set_headers(mocket_event *e, const struct coding *coding)
{
    mocket_header_set(e, "Content-Encoding", coding->name);
    mocket_header_set(e, "Content-Length", NULL);
    mocket_header_set(e, "Accept-Ranges", NULL);
    weaken(e);
}

/* Deflates body into out, which is as long. Bytes written; 0: that would not be shorter; below zero: no memory. */
static ptrdiff_t deflate_whole(z_stream *z, mocket_span body, char *out)
{
    z->next_in = (z_const Bytef *)body.ptr;
    z->avail_in = (uInt)body.len;
    z->next_out = (Bytef *)out;
    z->avail_out = (uInt)body.len;
    int rc = deflate(z, Z_FINISH);
    return rc == Z_STREAM_END ? (ptrdiff_t)(body.len - z->avail_out) : 0;
}

static int compress_whole(mocket_event *e, const struct mocket_compress_opts *o, const struct coding *coding)
{
    mocket_span body;
    z_stream z = { 0 };
    if (!mocket_response_body(e, &body) || body.len > UINT32_MAX / 2)
        return 0;
    char *out = mocket_mem(e, body.len);
    int rc = out ? begin(&z, o, coding, (int64_t)body.len) : MOCKET_ENOMEM;
    if (rc < 0)
        return rc;
    ptrdiff_t len = deflate_whole(&z, body, out);
    deflateEnd(&z);
    if (len <= 0)
        return (int)len;
    set_headers(e, coding);
    return mocket_bytes(e, (mocket_span){ out, (size_t)len }, mocket_response_header(e, "Content-Type"));
}

/* ---- Streams ---- */

struct stream {
    z_stream z;
    mocket_source *inner;
    int flush;     /* what deflate is told until it has written all of it */
    bool flushing; /* it has not yet */
    bool done;
    unsigned char piece[PIECE_BYTES];
};

/* Reads and compresses the next piece. A short piece is everything that has arrived: it is flushed instead of waiting
 * for more. */
static int fill(struct stream *s)
{
    ptrdiff_t n = mocket_read(s->inner, s->piece, sizeof s->piece);
    if (n < 0)
        return (int)n;
    s->z.next_in = s->piece;
    s->z.avail_in = (uInt)n;
    s->flush = n == 0 ? Z_FINISH : (size_t)n < sizeof s->piece ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    return 0;
}

static ptrdiff_t stream_read(void *data, void *buf, size_t cap)
{
    struct stream *s = data;
    uInt room = cap < UINT32_MAX / 2 ? (uInt)cap : UINT32_MAX / 2;
    s->z.next_out = buf;
    s->z.avail_out = room;
    while (s->z.avail_out == room && !s->done) {
        if (s->z.avail_in == 0 && !s->flushing && s->flush != Z_FINISH) {
            int rc = fill(s);
            if (rc < 0)
                return rc;
        }
        int rc = deflate(&s->z, s->flush);
        s->done = rc == Z_STREAM_END;
        s->flushing = s->z.avail_out == 0;
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return MOCKET_EIO;
    }
    return (ptrdiff_t)(room - s->z.avail_out);
}

static void stream_close(void *data)
{
    struct stream *s = data;
    deflateEnd(&s->z);
    mocket_source_close(s->inner);
}

static int compress_stream(mocket_event *e, const struct mocket_compress_opts *o, const struct coding *coding)
{
    struct stream *s = mocket_mem(e, sizeof *s);
    int64_t len = mocket_response_len(e);
    int rc = s ? begin(&s->z, o, coding, len) : MOCKET_ENOMEM;
    if (rc < 0)
        return rc;
    s->inner = mocket_response_take_stream(e);
    set_headers(e, coding);
    mocket_source *compressed = mocket_source_new(e, stream_read, stream_close, s);
    return compressed ? mocket_stream(e, compressed) : MOCKET_ENOMEM;
}

/* ---- Without the content ---- */

static ptrdiff_t read_nothing(void *data, void *buf, size_t cap)
{
    (void)data, (void)buf, (void)cap;
    return 0;
}

/* A stream that was announced with its length is not here. Compressed it has no length: a stream of unknown length
 * takes its place. */
static int compress_announced(mocket_event *e, const struct coding *coding)
{
    mocket_source *nothing = mocket_source_new(e, read_nothing, NULL, NULL);
    set_headers(e, coding);
    return nothing ? mocket_stream(e, nothing) : MOCKET_ENOMEM;
}

static int compress_head(mocket_event *e, const struct mocket_compress_opts *o, const struct coding *coding)
{
    mocket_span body;
    bool whole = mocket_response_body(e, &body);
    if (whole && body.len > 0)
        return compress_whole(e, o, coding);
    if (whole)
        return compress_announced(e, coding);
    set_headers(e, coding); /* the stream is not sent */
    return 0;
}

/* For a 304 of a handler that does not say what it would have sent: the tag gets the form of the client's tag. */
static void keep_form(mocket_event *e)
{
    const char *had = mocket_header(e, "If-None-Match"), *weak = weak_tag(e);
    if (had && weak && strstr(had, weak))
        weaken(e);
}

/* ---- The middleware ---- */

static int compress_handler(mocket_event *e)
{
    const struct mocket_compress_opts *o = mocket_data(e);
    int rc = mocket_next(e), status = mocket_response_status(e);
    bool unknown = status == 304 && !mocket_response_header(e, "Content-Type");
    if (rc != 0 || mocket_response_committed(e) || (!unknown && !is_worth(e, o)))
        return rc;
    mocket_vary(e, "Accept-Encoding");
    const struct coding *coding = choose(e);
    mocket_span body;
    if (!coding)
        return 0;
    if (unknown)
        keep_form(e);
    else if (status == 206 || status == 304)
        weaken(e);
    else if (is_head(e))
        return compress_head(e, o, coding);
    else
        return mocket_response_body(e, &body) ? compress_whole(e, o, coding) : compress_stream(e, o, coding);
    return 0;
}

void mocket__compress_use(mocket_app *app, const char *scope, struct mocket_compress_opts *opts)
{
    mocket_use(app, scope, compress_handler, opts);
}
