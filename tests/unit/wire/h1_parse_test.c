/* Every row is fed whole, in two, in three, and byte by byte; the outcome must be the same. */
#include "src/base/buf.h"
#include "src/wire/h1_parse.h"
#include "unit.h"

struct outcome {
    int status; /* of a refusal; 0: whole */
    bool more;  /* it never ended */
    size_t used;
    struct mocket_buf text;
};

static const struct mocket_h1_limits small = { .head_len = 600, .target_len = 64, .field_count = 8 };

static void describe(struct mocket_buf *b, const struct mocket_message *msg, const struct mocket_h1 *p)
{
    mocket__buf_span(b, msg->method_text);
    mocket__buf_text(b, " ");
    mocket__buf_span(b, msg->target);
    mocket__buf_text(b, " @");
    mocket__buf_span(b, msg->authority);
    for (size_t i = 0; i < msg->fields.count; i++) {
        mocket__buf_text(b, "|");
        mocket__buf_span(b, msg->fields.rows[i].name);
        mocket__buf_text(b, "=");
        mocket__buf_span(b, msg->fields.rows[i].value);
    }
    mocket__buf_text(b, p->keep_alive ? "" : " close");
    mocket__buf_text(b, p->expect_continue ? " expect" : "");
    mocket__buf_text(b, p->chunked ? " chunked" : "");
    mocket__buf_text(b, msg->flags & MOCKET_MESSAGE_HTTP10 ? " 1.0" : "");
    mocket__buf_text(b, msg->flags & MOCKET_MESSAGE_UPGRADE ? " upgrade" : "");
    mocket__buf_text(b, msg->method == MOCKET_METHOD_OTHER ? " other" : "");
}

static int feed_body(struct mocket_h1 *p, struct outcome *o, mocket_span in)
{
    while (in.len > 0 && !p->body_done) {
        mocket_span data;
        ptrdiff_t used = mocket__h1_body(p, in, &data);
        if (used < 0)
            return (int)-used;
        if (data.len > 0) {
            assert_true(data.ptr >= in.ptr && data.ptr + data.len <= in.ptr + used);
            mocket__buf_span(&o->text, data);
        }
        o->used += (size_t)used;
        in = mocket__span_slice(in, (size_t)used, in.len);
    }
    return 0;
}

static void parse(struct outcome *o, const mocket_span *pieces, size_t count)
{
    struct mocket_h1 p;
    struct mocket_message msg;
    struct mocket_arena a;
    bool has_head = false;
    mocket__h1_init(&p, &small);
    unit_arena(&a);
    for (size_t i = 0; i < count && o->status == 0 && !(has_head && p.body_done); i++) {
        mocket_span seen = { pieces[0].ptr, (size_t)(pieces[i].ptr + pieces[i].len - pieces[0].ptr) };
        mocket_span rest = pieces[i];
        if (!has_head) {
            ptrdiff_t used = mocket__h1_head(&p, &msg, &a, seen);
            o->status = used < 0 ? (int)-used : 0;
            if (used <= 0)
                continue;
            has_head = true;
            describe(&o->text, &msg, &p);
            mocket__buf_text(&o->text, " <");
            o->used = (size_t)used;
            rest = mocket__span_slice(seen, (size_t)used, seen.len);
        }
        o->status = feed_body(&p, o, rest);
    }
    mocket__buf_text(&o->text, ">");
    o->more = o->status == 0 && !(has_head && p.body_done);
    mocket__arena_release(&a);
}

/* ---- what is read ---- */

#define GET "GET / HTTP/1.1\r\nHost: h\r\n"
#define POST "POST / HTTP/1.1\r\nHost: h\r\n"

static const struct {
    mocket_span in;
    const char *want;
    size_t left; /* bytes behind the message */
} good[] = {
    { UNIT_ROW(GET "\r\n"), "GET / @h|Host=h <>", 0 },
    { UNIT_ROW(GET "\r\nGET /next"), "GET / @h|Host=h <>", 9 },
    { UNIT_ROW("\r\n\r\n" GET "\r\n"), "GET / @h|Host=h <>", 0 },
    { UNIT_ROW(GET "a:1\r\nA: \t2 \t\r\nb:\r\n\r\n"), "GET / @h|Host=h|a=1|A=2|b= <>", 0 },
    { UNIT_ROW("GET /a?b=c#d HTTP/1.1\r\nHost: h:80\r\n\r\n"), "GET /a?b=c#d @h:80|Host=h:80 <>", 0 },
    { UNIT_ROW("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "GET / @|Host= <>", 0 },
    { UNIT_ROW("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), "GET / @h|Host=h <>", 0 },
    { UNIT_ROW("GET / HTTP/1.0\r\n\r\n"), "GET / @ close 1.0 <>", 0 },
    { UNIT_ROW("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), "GET / @ 1.0 <>", 0 },
    { UNIT_ROW("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx"),
      "POST / @|Content-Length=1 close 1.0 <x>", 0 },
    { UNIT_ROW(GET "Connection: close\r\n\r\n"), "GET / @h|Host=h close <>", 0 },
    { UNIT_ROW(GET "Connection: x, close\r\nX: 1\r\ny: 2\r\n\r\n"), "GET / @h|Host=h|y=2 close <>", 0 },
    { UNIT_ROW(GET "X: 1\r\nConnection: x\r\nConnection: host\r\n\r\n"), "GET / @h|Host=h <>", 0 },
    { UNIT_ROW(GET "Keep-Alive: 1\r\nTE: trailers\r\nTrailer: x\r\nProxy-Connection: x\r\n\r\n"), "GET / @h|Host=h <>",
      0 },
    { UNIT_ROW(GET "Connection: upgrade\r\nUpgrade: h2c, websocket\r\n\r\n"), "GET / @h|Host=h upgrade <>", 0 },
    { UNIT_ROW(GET "Upgrade: websocket\r\n\r\n"), "GET / @h|Host=h <>", 0 },
    { UNIT_ROW(GET "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n"),
      "GET / @h|Host=h <>", 0 },
    { UNIT_ROW("GET http://a:1/b?c HTTP/1.1\r\nHost: h\r\n\r\n"), "GET /b?c @a:1|Host=a:1 <>", 0 },
    { UNIT_ROW("GET http://a HTTP/1.1\r\nHost: h\r\n\r\n"), "GET / @a|Host=a <>", 0 },
    { UNIT_ROW("GET http://a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"), "GET /?b=c @a|Host=a <>", 0 },
    { UNIT_ROW("OPTIONS http://a HTTP/1.1\r\nHost: h\r\n\r\n"), "OPTIONS * @a|Host=a <>", 0 },
    { UNIT_ROW("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "OPTIONS * @h|Host=h <>", 0 },
    { UNIT_ROW("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nxx"), "CONNECT a:443 @a:443|Host=a:443 close <>", 2 },
    { UNIT_ROW("PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n"), "PROPFIND / @h|Host=h other <>", 0 },
    { UNIT_ROW("M-SEARCH / HTTP/1.1\r\nHost: h\r\n\r\n"), "M-SEARCH / @h|Host=h other <>", 0 },
    { UNIT_ROW("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n"), "PATCH / @h|Host=h <>", 0 },
    { UNIT_ROW(GET "v: \xff\xe4\r\n\r\n"), "GET / @h|Host=h|v=\xff\xe4 <>", 0 },
    { UNIT_ROW(POST "Content-Length: 5\r\n\r\nhelloGET"), "POST / @h|Host=h|Content-Length=5 <hello>", 3 },
    { UNIT_ROW(POST "Content-Length: 5 \t \r\n\r\nhelloGET"), "POST / @h|Host=h|Content-Length=5 <hello>", 3 },
    { UNIT_ROW(POST "Content-Length:\t005\t\r\n\r\nhelloGET"), "POST / @h|Host=h|Content-Length=005 <hello>", 3 },
    { UNIT_ROW(POST "Transfer-Encoding:\tchunked \t\r\n\r\n1\r\na\r\n0\r\n\r\nGET"), "POST / @h|Host=h chunked <a>",
      3 },
    { UNIT_ROW(GET "Connection:\tclose\t, \t\r\n\r\n"), "GET / @h|Host=h close <>", 0 },
    { UNIT_ROW(GET "Connection: ,,x,,X,a\r\nx: 1\r\nxx: 2\r\nA: 3\r\na: 4\r\nX: 5\r\n\r\n"), "GET / @h|Host=h|xx=2 <>",
      0 },
    { UNIT_ROW(GET "b: 1\r\nConnection: content-length, host, c, b\r\nc: 2\r\nB: 3\r\nd: 4\r\n\r\n"),
      "GET / @h|Host=h|d=4 <>", 0 },
    { UNIT_ROW(GET "Connection: nothing\r\n\r\n"), "GET / @h|Host=h <>", 0 },
    { UNIT_ROW(POST "Expect:\r\nContent-Length: 1\r\n\r\nx"), "POST / @h|Host=h|Content-Length=1 <x>", 0 },
    { UNIT_ROW(POST "Expect: , ,\r\nContent-Length: 1\r\n\r\nx"), "POST / @h|Host=h|Content-Length=1 <x>", 0 },
    { UNIT_ROW(POST "Expect: ,100-Continue ,100-continue\r\nContent-Length: 1\r\n\r\nx"),
      "POST / @h|Host=h|Content-Length=1 expect <x>", 0 },
    { UNIT_ROW(POST "Expect: 100-continue\r\nExpect:\r\nContent-Length: 1\r\n\r\nx"),
      "POST / @h|Host=h|Content-Length=1 expect <x>", 0 },
    { UNIT_ROW(POST "Content-Length: 0\r\n\r\nGET"), "POST / @h|Host=h|Content-Length=0 <>", 3 },
    { UNIT_ROW(POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx"),
      "POST / @h|Host=h|Content-Length=1 expect <x>", 0 },
    { UNIT_ROW(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET"), "POST / @h|Host=h chunked <>", 3 },
    { UNIT_ROW(POST "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
      "POST / @h|Host=h chunked <abc0123456789>", 0 },
    { UNIT_ROW(POST "Transfer-Encoding: chunked\r\n\r\n3;a;c=\"d\"\r\na\nb\r\n0\r\nT: v\r\nU:\r\n\r\nG"),
      "POST / @h|Host=h chunked <a\nb>", 1 },
    { UNIT_ROW(POST "Transfer-Encoding: chunked\r\n\r\n3;a=b;c=d\r\nabc\r\n0;e=\"\\\";\"\r\n\r\n"),
      "POST / @h|Host=h chunked <abc>", 0 },
    { UNIT_ROW("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"), "GET / @h|Host=h|Content-Length=2 <hi>",
      0 },
};

struct expectation {
    const char *want;
    int status;
    bool more;
    size_t used, row;
};

static void check(void *context, const mocket_span *pieces, size_t count)
{
    const struct expectation *e = context;
    struct outcome o = { 0 };
    if (count == 0)
        return;
    parse(&o, pieces, count);
    unit_equal(o.status, e->status, e->row);
    unit_equal(o.more, e->more, e->row);
    if (e->want != NULL) {
        unit_same(mocket__buf_view(&o.text), mocket__span(e->want), e->row);
        unit_equal((long long)o.used, (long long)e->used, e->row);
    }
    mocket__buf_release(&o.text);
}

static void check_guarded(mocket_span in, struct expectation *e)
{
    struct unit_guard g = unit_guarded(in);
    unit_each_split(g.span, check, e);
    unit_unguard(&g);
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(good); i++) {
        struct expectation e = { .want = good[i].want, .used = good[i].in.len - good[i].left, .row = i };
        check_guarded(good[i].in, &e);
    }
}

/* ---- what is refused ---- */

#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
    mocket_span in;
    int status;
} bad[] = {
    /* H-01 */
    { UNIT_ROW(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 3, 3\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: +3\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: -3\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length:\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 0x3\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 1 2\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 9223372036854775808\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 99999999999999999999999\r\n\r\n"), 400 },
    /* H-02 */
    { UNIT_ROW(POST "Transfer-Encoding: gzip\r\n\r\n"), 501 },
    { UNIT_ROW(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501 },
    { UNIT_ROW(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Transfer-Encoding:\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Transfer-Encoding: xchunked\r\n\r\n"), 501 },
    { UNIT_ROW("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    /* H-03 */
    { UNIT_ROW(CHUNKED "g\r\n"), 400 },
    { UNIT_ROW(CHUNKED "-1\r\n"), 400 },
    { UNIT_ROW(CHUNKED " 1\r\na\r\n"), 400 },
    { UNIT_ROW(CHUNKED "\r\n"), 400 },
    { UNIT_ROW(CHUNKED "1\na\r\n"), 400 },
    { UNIT_ROW(CHUNKED "1\r\nab\r\n"), 400 },
    { UNIT_ROW(CHUNKED "1\r\na\n0\r\n"), 400 },
    { UNIT_ROW(CHUNKED "11111111111111111\r\n"), 400 },
    { UNIT_ROW(CHUNKED "1;a\rb\r\na\r\n"), 400 },
    { UNIT_ROW(CHUNKED "0\r\nbad trailer\r\n\r\n"), 400 },
    { UNIT_ROW(CHUNKED "0\r\na: b\n\r\n"), 400 },
    { UNIT_ROW(CHUNKED "0\r\na: b\r\n c\r\n\r\n"), 400 },
    { UNIT_ROW(CHUNKED "0\r\n\n"), 400 },
    /* H-04 */
    { UNIT_ROW("GET / HTTP/1.1\r\n\r\n"), 400 },
    { UNIT_ROW(GET "Host: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400 },
    { UNIT_ROW("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
    { UNIT_ROW("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET ftp://h/x HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 5 5\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 5,\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 5 , 5\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: \t \r\n\r\n"), 400 },
    { UNIT_ROW(POST "Content-Length: 5\v\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Transfer-Encoding: \t\r\n\r\n"), 400 },
    { UNIT_ROW(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"), 501 },
    /* H-05 */
    { UNIT_ROW(GET "a : b\r\n\r\n"), 400 },
    { UNIT_ROW(GET " a: b\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\r\n c\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\r\n\tc\r\n\r\n"), 400 },
    { UNIT_ROW(GET ": b\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a(b): c\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a\x80: c\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\0c\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\x01\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\x7f\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\rc: d\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\r\r\n\r\n"), 400 },
    { UNIT_ROW(GET "a: b\n\r\n"), 400 },
    { UNIT_ROW(GET "\n"), 400 },
    { UNIT_ROW("GET / HTTP/1.1\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    /* H-06 */
    { UNIT_ROW("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET /  HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / HTTP/1.1 \r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET /\t HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET /\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET x HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505 },
    { UNIT_ROW("GET / HTTP/0.9\r\nHost: h\r\n\r\n"), 505 },
    { UNIT_ROW("GET / HTTP/1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / HTTP/11.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / http/1.1\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / RTSP/1.0\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("GET / ICE/1.0\r\nHost: h\r\n\r\n"), 400 },
    { UNIT_ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
    { UNIT_ROW("\x16\x03\x01\x02"), 400 },
    { UNIT_ROW("CONNECT /x HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    /* R-06 */
    { UNIT_ROW("FOO / HTTP/1.1\r\nHost: h\r\n\r\n"), 501 },
    { UNIT_ROW("get / HTTP/1.1\r\nHost: h\r\n\r\n"), 501 },
    { UNIT_ROW("GETS / HTTP/1.1\r\nHost: h\r\n\r\n"), 501 },
    { UNIT_ROW("GE / HTTP/1.1\r\nHost: h\r\n\r\n"), 501 },
    { UNIT_ROW("DESCRIBE / HTTP/1.1\r\nHost: h\r\n\r\n"), 501 },
    { UNIT_ROW("G@T / HTTP/1.1\r\nHost: h\r\n\r\n"), 400 },
    /* H-07 */
    { UNIT_ROW(GET "a:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\ng:1\r\nh:1\r\n\r\n"), 431 },
    { UNIT_ROW("GET /0123456789012345678901234567890123456789012345678901234567890123 HTTP/1.1\r\nHost: h\r\n\r\n"),
      414 },
    { UNIT_ROW(GET "Expect: something\r\n\r\n"), 417 },
    { UNIT_ROW(GET "Expect: 100-continue, something\r\n\r\n"), 417 },
    { UNIT_ROW(GET "Expect: x=\", 100-continue\"\r\n\r\n"), 417 },
    { UNIT_ROW(GET "Expect: 100-continue\r\nExpect: 200-ok\r\n\r\n"), 417 },
    { UNIT_ROW(GET "Expect: 100-continue;q=1\r\n\r\n"), 417 },
    { UNIT_ROW("GET / HTTP/1.0\r\nExpect: something\r\n\r\n"), 417 },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct expectation e = { .status = bad[i].status, .row = i };
        check_guarded(bad[i].in, &e);
    }
}

/* ---- what is not complete ---- */

static void test_more(void **state)
{
    static const mocket_span rows[] = {
        UNIT_ROW("G"),
        UNIT_ROW("\r"),
        UNIT_ROW("\r\n"),
        UNIT_ROW(GET),
        UNIT_ROW(GET "\r"),
        UNIT_ROW(GET "a: b\r\n"),
        UNIT_ROW(POST "Content-Length: 5\r\n\r\nhell"),
        UNIT_ROW(CHUNKED),
        UNIT_ROW(CHUNKED "1\r\na"),
        UNIT_ROW(CHUNKED "0\r\n"),
        UNIT_ROW(CHUNKED "0\r\na: b\r\n"),
        UNIT_ROW(CHUNKED "0\r\n\r"),
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct expectation e = { .more = true, .row = i };
        check_guarded(rows[i], &e);
    }
}

/* ---- bounds ---- */

/* Feeds prefix, then filler again and again; the status it ends with. */
static int feed_forever(const char *prefix, const char *filler, size_t most)
{
    struct mocket_h1 p;
    struct mocket_message msg;
    struct mocket_arena a;
    struct mocket_buf in = { 0 };
    bool has_head = false;
    ptrdiff_t used = 0;
    mocket__h1_init(&p, &small);
    mocket__arena_init(&a, 0);
    mocket__buf_text(&in, prefix);
    while (used >= 0 && in.len < most) {
        mocket_span data;
        used = has_head ? mocket__h1_body(&p, mocket__buf_view(&in), &data)
                        : mocket__h1_head(&p, &msg, &a, mocket__buf_view(&in));
        if (used > 0) {
            has_head = true;
            most -= (size_t)used;
            mocket__buf_consume(&in, (size_t)used);
        }
        if (in.len == 0 || !has_head)
            mocket__buf_text(&in, filler);
    }
    mocket__buf_release(&in);
    mocket__arena_release(&a);
    return used < 0 ? (int)-used : 0;
}

static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(feed_forever("GET /", "a", 5000), 414);
    assert_int_equal(feed_forever("", "A", 5000), 400);
    assert_int_equal(feed_forever(GET, "a: b\r\n", 5000), 431);
    assert_int_equal(feed_forever(GET "a: ", "b", 5000), 431);
    assert_int_equal(feed_forever("", "\r\n", 5000), 431);
    assert_int_equal(feed_forever(CHUNKED "1;", "a", 5000), 400);
    assert_int_equal(feed_forever(CHUNKED "0", "0", 5000), 400);
    assert_int_equal(feed_forever(CHUNKED "0\r\n", "a: b\r\n", 5000), 400);
    assert_int_equal(feed_forever(CHUNKED, "1;abcdefghijklmnopqrstuvwxyz\r\na\r\n", 20000), 400);
    assert_int_equal(feed_forever(CHUNKED, "1\r\na\r\n", 200000), 0); /* small chunks are no crime */
    assert_int_equal(feed_forever(CHUNKED, "0000000A\r\n0123456789\r\n", 200000), 0);
}

static int use_memory(void *context)
{
    static const char text[] = GET "a: 1\r\nConnection: a\r\n\r\n";
    struct mocket_h1 p;
    struct mocket_message msg;
    struct mocket_arena a;
    (void)context;
    mocket__h1_init(&p, &small);
    unit_arena(&a);
    ptrdiff_t used = mocket__h1_head(&p, &msg, &a, (mocket_span){ text, sizeof(text) - 1 });
    mocket__arena_release(&a);
    return used == -503 ? MOCKET_ENOMEM : used > 0 ? 0 : (int)used;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(use_memory, NULL) > 0);
}

/* One parser serves request after request. */
static void test_reuse(void **state)
{
    struct mocket_h1 p;
    struct mocket_message msg;
    struct mocket_arena a;
    (void)state;
    mocket__h1_init(&p, &small);
    mocket__arena_init(&a, 0);
    mocket_span in = MOCKET_SPAN(CHUNKED "1\r\na\r\n0\r\n\r\n" GET "Connection: close\r\n\r\n" GET "\r\n");
    for (int i = 0; i < 3; i++) {
        mocket_span data;
        ptrdiff_t used = mocket__h1_head(&p, &msg, &a, in);
        assert_true(used > 0);
        in = mocket__span_slice(in, (size_t)used, in.len);
        while (!p.body_done)
            in = mocket__span_slice(in, (size_t)mocket__h1_body(&p, in, &data), in.len);
        assert_int_equal(p.keep_alive, i != 1);
        assert_int_equal(msg.body_len, i == 0 ? -1 : 0);
        mocket__h1_reset(&p);
    }
    assert_int_equal(in.len, 0);
    mocket__arena_release(&a);
}

/* A parser remembers a valid Host, and still refuses any other. */
static void test_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool good;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: one\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: one\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: o@e\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: one@\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: one\r\nHost: one\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: a-name-of-more-than-forty-bytes.example:8080\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: a-name-of-more-than-forty-bytes.example:808@\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: a-name-of-31-bytes.example:8080\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: a-name-of-31-bytes.example:808@\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: a-name-of-31-bytes.example:8080@\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: a-name-of-31-bytes.example:8080\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: a-name-of-32-bytes..example:8080\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: a-name-of-32-bytes..example:808@\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: a-name-of-32-bytes..example:8080\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost:\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: one\r\n\r\n", true },
    };
    struct mocket_h1 p;
    struct mocket_message msg;
    struct mocket_arena a;
    mocket__h1_init(&p, &small);
    mocket__arena_init(&a, 0);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        unit_equal(mocket__h1_head(&p, &msg, &a, mocket__span(rows[i].head)) > 0, rows[i].good, i);
        mocket__h1_reset(&p);
    }
    mocket__arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),       cmocka_unit_test(test_more),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_no_memory), cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
