/* The head of a client's request. */
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "fastly.h"

enum { FIRST = 512, MOST = 65536 };

/* The method, or the URI: `which` is 'm' or 'u'. ptr NULL: no memory, or longer than MOST. */
static mocket_span read_text(uint32_t request, char which, struct mocket_arena *arena)
{
    for (size_t cap = FIRST; cap <= MOST; cap *= 2) {
        char *to = mocket__arena_alloc(arena, cap);
        size_t done = 0;
        if (!to)
            break;
        int status =
            which == 'm' ? fastly_method_get(request, to, cap, &done) : fastly_uri_get(request, to, cap, &done);
        if (status == FASTLY_OK)
            return (mocket_span){ to, done };
        if (status != FASTLY_BUFLEN)
            break;
    }
    return (mocket_span){ NULL, 0 };
}

/* https://host/path?query: the platform knows absolute forms only. */
static void split(struct mocket_message *msg, mocket_span uri)
{
    size_t colon = mocket__span_find(uri, ':', 0);
    if (uri.len == 0 || uri.ptr[0] == '/' || colon + 3 > uri.len || memcmp(uri.ptr + colon, "://", 3) != 0) {
        msg->target = uri.len > 0 ? uri : MOCKET_SPAN("/");
        return;
    }
    size_t slash = mocket__span_find(uri, '/', colon + 3), mark = mocket__span_find(uri, '?', colon + 3);
    size_t end = slash < mark ? slash : mark;
    msg->authority = mocket__span_slice(uri, colon + 3, end);
    msg->target = mocket__span_slice(uri, end, uri.len);
    if (mocket__span_ieq(mocket__span_slice(uri, 0, colon), MOCKET_SPAN("https")))
        msg->flags |= MOCKET_MESSAGE_TLS;
}

/* A target begins with a slash: https://host?query -> /?query */
static int complete_target(struct adapter_exchange *x)
{
    struct mocket_message *msg = &x->message;
    if (msg->target.len > 0 && msg->target.ptr[0] != '?')
        return 0;
    char *to = mocket__arena_alloc(&x->arena, msg->target.len + 1);
    if (!to)
        return MOCKET_ENOMEM;
    to[0] = '/';
    if (msg->target.len > 0)
        memcpy(to + 1, msg->target.ptr, msg->target.len);
    msg->target = (mocket_span){ to, msg->target.len + 1 };
    return 0;
}

/* ---- The client's address ---- */

static char *put_hex(char *at, unsigned n)
{
    static const char digits[] = "0123456789abcdef";
    for (int shift = 12; shift >= 0; shift -= 4)
        if (n >> shift || shift == 0)
            *at++ = digits[n >> shift & 15];
    return at;
}

/* The longest run of zeroes, at least two: RFC 5952, section 4.2. */
static int longest_run(const unsigned *words, int *len)
{
    int best = -1;
    *len = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && words[i + n] == 0)
            n++;
        if (n > *len) {
            best = i;
            *len = n;
        }
    }
    return best;
}

static size_t write_v6(char *text, const unsigned char *octets)
{
    unsigned words[8];
    int run, run_len;
    char *at = text;
    for (int i = 0; i < 8; i++)
        words[i] = (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
    run = longest_run(words, &run_len);
    for (int i = 0; i < 8; i++) {
        if (i == run) {
            *at++ = ':';
            *at = ':';
            i += run_len - 1;
            at += i == 7;
            continue;
        }
        if (i > 0)
            *at++ = ':';
        at = put_hex(at, words[i]);
    }
    return (size_t)(at - text);
}

static size_t write_v4(char *text, const unsigned char *octets)
{
    char *at = text;
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = mocket__decimal(at, octets[i]);
    }
    return (size_t)(at - text);
}

static mocket_span read_peer(uint32_t request, struct mocket_arena *arena)
{
    enum { LONGEST = 48 };
    unsigned char octets[16];
    size_t done = 0;
    if (fastly_client_address(request, octets, &done) != FASTLY_OK || (done != 4 && done != 16))
        return MOCKET_SPAN("");
    char *text = mocket__arena_alloc(arena, LONGEST);
    if (!text)
        return MOCKET_SPAN("");
    return (mocket_span){ text, done == 4 ? write_v4(text, octets) : write_v6(text, octets) };
}

/* ---- The whole ---- */

int fastly_request_read(struct adapter_exchange *x)
{
    struct fastly_request *f = x->port;
    struct mocket_message *msg = &x->message;
    uint32_t version = 0;
    uint64_t len = 0;
    msg->flags = MOCKET_MESSAGE_NORMALISED;
    msg->method_text = read_text(f->request, 'm', &x->arena);
    mocket_span uri = read_text(f->request, 'u', &x->arena);
    if (!msg->method_text.ptr || !uri.ptr)
        return MOCKET_ENOMEM;
    split(msg, uri);
    if (fastly_version_get(f->request, &version) == FASTLY_OK && version <= FASTLY_H3)
        msg->flags |= version >= FASTLY_H2       ? MOCKET_MESSAGE_HTTP2
                      : version == FASTLY_HTTP10 ? MOCKET_MESSAGE_HTTP10
                                                 : 0;
    int status = fastly_body_len(f->body, &len);
    msg->body_len = status == FASTLY_OK && len <= INT64_MAX ? (int64_t)len : -1;
    x->fields_later = true;
    return complete_target(x);
}

int port_fields(struct adapter_exchange *x)
{
    struct fastly_request *f = x->port;
    x->message.peer = read_peer(f->request, &x->arena);
    return fastly_fields_read(FASTLY_REQUEST, f->request, &x->message.fields, &x->arena);
}

ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap)
{
    struct fastly_request *f = x->port;
    return fastly_read(f->body, to, cap);
}

void port_close(struct adapter_exchange *x)
{
    struct fastly_request *f = x->port;
    if (f->answer != FASTLY_INVALID)
        fastly_body_abandon(f->answer);
    fastly_body_close(f->body);
    fastly_request_close(f->request);
    f->answer = f->body = f->request = FASTLY_INVALID;
}
