#include "src/base/buf.h"
#include "src/http/multipart.h"
#include "unit.h"

/* ---- What the parser tells, as one text: `[head]data.` for each part, `!` at the end, or `EINVAL`, `ETOOBIG` --- */

struct shown {
    mocket_span boundary;
    struct mocket_buf text;
};

/* Feeds the pieces as a caller must: what was not used is seen again, with the next piece behind it. */
static void show(void *context, const mocket_span *pieces, size_t count)
{
    struct shown *s = context;
    struct mocket_multipart_parser p;
    enum mocket_multipart_token token = MOCKET_MULTIPART_MORE;
    mocket_span in = { count ? pieces[0].ptr : "", 0 }, data;
    mocket__buf_reset(&s->text);
    assert_int_equal(mocket__multipart_init(&p, s->boundary), 0);
    for (size_t next = 0; token != MOCKET_MULTIPART_END;) {
        if (token == MOCKET_MULTIPART_MORE && next < count)
            in.len += pieces[next++].len;
        ptrdiff_t used = mocket__multipart_next(&p, in, next == count, &token, &data);
        if (used < 0) {
            mocket__buf_text(&s->text, used == MOCKET_ETOOBIG ? "ETOOBIG" : "EINVAL");
            return;
        }
        assert_true((size_t)used <= in.len);
        assert_true(token == MOCKET_MULTIPART_MORE || token == MOCKET_MULTIPART_END || used > 0);
        in = mocket__span_slice(in, (size_t)used, in.len);
        assert_true(token != MOCKET_MULTIPART_MORE || in.len < MOCKET_MULTIPART_KEEP_MAX);
        mocket__buf_text(&s->text, token == MOCKET_MULTIPART_PART ? "[" : "");
        mocket__buf_span(&s->text, data);
        mocket__buf_text(&s->text, token == MOCKET_MULTIPART_PART       ? "]"
                                   : token == MOCKET_MULTIPART_PART_END ? "."
                                   : token == MOCKET_MULTIPART_END      ? "!"
                                                                        : "");
    }
}

struct expectation {
    struct shown shown;
    mocket_span want;
    size_t row;
};

static void check(void *context, const mocket_span *pieces, size_t count)
{
    struct expectation *e = context;
    show(&e->shown, pieces, count);
    mocket_span got = mocket__buf_view(&e->shown.text);
    /* Data that was already handed out before the mistake was reached depends on the pieces; the mistake does not. */
    size_t tail = e->want.len < 2 || e->want.ptr[0] != 'E' ? got.len : e->want.len;
    unit_same(mocket__span_slice(got, got.len - tail, got.len), e->want, e->row);
}

static const struct {
    mocket_span body, want;
} rows[] = {
    { UNIT_ROW("--b\r\nA: 1\r\n\r\ndata\r\n--b--"), UNIT_ROW("[A: 1]data.!") },
    { UNIT_ROW("--b\r\nA: 1\r\nB: 2\r\n\r\ndata\r\n--b\r\n\r\nmore\r\n--b--\r\n"),
      UNIT_ROW("[A: 1\r\nB: 2]data.[]more.!") },
    { UNIT_ROW("--b--"), UNIT_ROW("!") },
    { UNIT_ROW("preamble\r\n--b\r\n\r\n\r\n--b-- \r\nepilogue\r\n--b\r\n"), UNIT_ROW("[].!") },
    { UNIT_ROW("\r\n--b\r\n\r\nx\r\n--b--"), UNIT_ROW("[]x.!") },
    { UNIT_ROW("\r\n\r\r\n--b\r\n\r\nx\r\n--b--"), UNIT_ROW("[]x.!") },
    { UNIT_ROW("--b \t \r\n\r\nx\r\n--b\t\r\n\r\ny\r\n--b--"), UNIT_ROW("[]x.[]y.!") },
    /* lines that only look like a delimiter */
    { UNIT_ROW("--b\r\n\r\n\r\n--bx\r\n--b-\r\n-b--\r\n--\r\n-\r\r\n\r\n--b--"),
      UNIT_ROW("[]\r\n--bx\r\n--b-\r\n-b--\r\n--\r\n-\r\r\n.!") },
    { UNIT_ROW("--b\r\n\r\n--b\r\n\r\n--b--"), UNIT_ROW("[]--b\r\n.!") },
    { UNIT_ROW("--b\r\n\r\n\n--b\n\r--b\r\n--b--"), UNIT_ROW("[]\n--b\n\r--b.!") },
    { UNIT_ROW("--b\r\n\r\n\r\n\r\n--b\r\r\n--b--"), UNIT_ROW("[]\r\n\r\n--b\r.!") },
    { UNIT_ROW("--b\r\n\r\n\0\xFF\r\n--b--"), UNIT_ROW("[]\0\xFF.!") },
    { UNIT_ROW("--bb\r\n--b\r\n\r\nx\r\n--b--"), UNIT_ROW("[]x.!") },
    { UNIT_ROW("--b\r\n\r\nx\r\n--b                                 \r\n\r\n--b--"),
      UNIT_ROW("[]x\r\n--b                                 \r\n.!") },
    /* cut short, or never begun */
    { UNIT_ROW(""), UNIT_ROW("EINVAL") },
    { UNIT_ROW("-"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b-"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b\r\n"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b\r\nA: 1\r\n"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b\r\nA: 1\r\n\r\ndata"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b\r\nA: 1\r\n\r\ndata\r\n--b"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b\r\nA: 1\r\n\r\ndata\r\n--b\r\n"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("--b\nA: 1\n\ndata\n--b--\n"), UNIT_ROW("EINVAL") },
    { UNIT_ROW("no delimiter at all"), UNIT_ROW("EINVAL") },
};

static void test_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].body);
        struct expectation e = { .shown = { .boundary = MOCKET_SPAN("b") }, .want = rows[i].want, .row = i };
        unit_each_split(g.span, check, &e);
        mocket__buf_release(&e.shown.text);
        unit_unguard(&g);
    }
}

/* Each prefix of a good body, against the guard page. */
static void test_every_end(void **state)
{
    (void)state;
    mocket_span body = MOCKET_SPAN("--b\r\nA: 1\r\n\r\nda\r\n--ta\r\n--b\r\n\r\n\r\n--b--");
    for (size_t len = 0; len < body.len; len++) {
        struct unit_guard g = unit_guarded(mocket__span_slice(body, 0, len));
        struct expectation e = { .shown = { .boundary = MOCKET_SPAN("b") }, .want = MOCKET_SPAN("EINVAL"), .row = len };
        check(&e, &g.span, 1);
        mocket__buf_release(&e.shown.text);
        unit_unguard(&g);
    }
}

/* ---- Limits ---------------------------------------------------------------------------------------------------- */

static void check_body(struct mocket_buf *body, const char *want, size_t row)
{
    struct expectation e = { .shown = { .boundary = MOCKET_SPAN("b") }, .want = mocket__span(want), .row = row };
    mocket_span whole = mocket__buf_view(body);
    mocket_span *bytes = calloc(whole.len, sizeof *bytes);
    for (size_t i = 0; i < whole.len; i++)
        bytes[i] = mocket__span_slice(whole, i, i + 1);
    show(&e.shown, &whole, 1);
    size_t len = e.shown.text.len;
    bool bad = len >= 7 && memcmp(e.shown.text.ptr + len - 7, "ETOOBIG", 7) == 0;
    unit_equal(bad, strcmp(want, "ETOOBIG") == 0, row);
    show(&e.shown, bytes, whole.len);
    len = e.shown.text.len;
    bad = len >= 7 && memcmp(e.shown.text.ptr + len - 7, "ETOOBIG", 7) == 0;
    unit_equal(bad, strcmp(want, "ETOOBIG") == 0, row);
    free(bytes);
    mocket__buf_release(&e.shown.text);
}

static void test_head_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more < 3; more++) {
        struct mocket_buf body = { 0 };
        mocket__buf_text(&body, "--b\r\nA: ");
        for (size_t i = 3; i < MOCKET_MULTIPART_HEAD_MAX + more; i++)
            mocket__buf_text(&body, "x");
        mocket__buf_text(&body, "\r\n\r\n\r\n--b--");
        check_body(&body, more ? "ETOOBIG" : "fine", more);
        mocket__buf_release(&body);
    }
}

static void test_part_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct mocket_buf body = { 0 };
        mocket__buf_text(&body, "--b");
        for (size_t i = 0; i < MOCKET_MULTIPART_PARTS_MAX + more; i++)
            mocket__buf_text(&body, "\r\n\r\nx\r\n--b");
        mocket__buf_text(&body, "--");
        check_body(&body, more ? "ETOOBIG" : "fine", more);
        mocket__buf_release(&body);
    }
}

static void test_boundaries(void **state)
{
    (void)state;
    struct mocket_multipart_parser p;
    char longest[MOCKET_BOUNDARY_MAX + 1];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(mocket__multipart_init(&p, (mocket_span){ longest, MOCKET_BOUNDARY_MAX }), 0);
    assert_int_equal(mocket__multipart_init(&p, (mocket_span){ longest, MOCKET_BOUNDARY_MAX + 1 }), MOCKET_EINVAL);
    assert_int_equal(mocket__multipart_init(&p, MOCKET_SPAN("")), MOCKET_EINVAL);
    assert_int_equal(mocket__multipart_init(&p, (mocket_span){ NULL, 0 }), MOCKET_EINVAL);
    assert_int_equal(mocket__multipart_init(&p, MOCKET_SPAN("a\rb")), MOCKET_EINVAL);
}

/* ---- Part headers ---------------------------------------------------------------------------------------------- */

#define CD "Content-Disposition: form-data"

static const struct {
    mocket_span head;
    int rc;
    const char *name, *filename, *type;
} heads[] = {
    { UNIT_ROW(""), 0, "", NULL, NULL },
    { UNIT_ROW(CD "; name=\"a\""), 0, "a", NULL, NULL },
    { UNIT_ROW(CD "; name=a"), 0, "a", NULL, NULL },
    { UNIT_ROW(CD "; name=\"\""), 0, "", NULL, NULL },
    { UNIT_ROW(CD), 0, "", NULL, NULL },
    { UNIT_ROW(CD "; name=\"a\"; filename=\"b;c.txt\"\r\nContent-Type: text/plain; charset=x"), 0, "a", "b;c.txt",
      "text/plain; charset=x" },
    { UNIT_ROW("content-type:image/png\r\nX: y\r\ncontent-disposition:Form-Data;filename=x;name=y"), 0, "y", "x",
      "image/png" },
    { UNIT_ROW(CD "; name=\"a\\\"b\"; filename=\"C:\\dir\\x\""), 0, "a\"b", "C:\\dir\\x", NULL },
    { UNIT_ROW(CD "; name=\"\xC3\xBC\"; filename=\"\""), 0, "\xC3\xBC", "", NULL },
    { UNIT_ROW(CD "; name=\"a\"; size=1"), 0, "a", NULL, NULL },
    /* folded lines */
    { UNIT_ROW(CD "; name=\"a\";\r\n filename=\"b\"\r\nContent-Type:\r\n\ttext/plain;\r\n \t charset=x"), 0, "a", "b",
      "text/plain; \t charset=x" },
    { UNIT_ROW("Content-Disposition\r\n : form-data; name=a"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD ";\r\n \r\n\t\r\n name=\"a\r\n b\""), 0, "a b", NULL, NULL },
    { UNIT_ROW("A: b\r\n folded: c\r\n" CD "; name=a"), 0, "a", NULL, NULL },
    { UNIT_ROW(" " CD "; name=a"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("\r\n " CD "; name=a"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A: b\r\n\rc"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A: b\n c"), MOCKET_EINVAL, NULL, NULL, NULL },
    /* backslashes: of programs that escape, of browsers that do not */
    { UNIT_ROW(CD "; name=\"a\\\\\"; filename=\"b\\\"; c\""), 0, "a\\", "b\"; c", NULL },
    { UNIT_ROW(CD "; name=\"a\"; filename=\"end\\\""), 0, "a", "end\\", NULL },
    { UNIT_ROW(CD "; name=\"a\\\"; filename=\"b\""), 0, "a\\", "b", NULL },
    { UNIT_ROW(CD "; name=\"a\\\"; filename=\"\\\\h\\b\\\""), 0, "a\\", "\\\\h\\b\\", NULL },
    { UNIT_ROW(CD "; name=\"\\\"; filename=\"\""), 0, "\\", "", NULL },
    { UNIT_ROW(CD "; name=\"a\\"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name=a; filename=\"b\\\"; name=c"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name=\"a\x01\""), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("X-Only: 1"), 0, "", NULL, NULL },
    { UNIT_ROW("Content-Disposition: attachment; name=a"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name=\"a"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name=a; name=b"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name=\"\xFF\""), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(CD "; name=a\r\n" CD "; name=b"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("Content-Type: a/b\r\nContent-Type: a/b"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("no colon"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW(": value"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A : b"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A: b\rc"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A: b\nc: d"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A: b\0"), MOCKET_EINVAL, NULL, NULL, NULL },
    { UNIT_ROW("A: b\r"), MOCKET_EINVAL, NULL, NULL, NULL },
};

static void same_text(mocket_span got, const char *want, size_t row)
{
    unit_equal(got.ptr != NULL, want != NULL, row);
    unit_same(got, mocket__span(want), row);
    assert_true(!got.ptr || got.ptr[got.len] == 0);
}

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(heads); i++) {
        struct mocket_arena a;
        struct mocket_upload upload;
        struct unit_guard g = unit_guarded(heads[i].head);
        mocket__arena_init(&a, 0);
        unit_equal(mocket__multipart_head(&a, g.span, &upload), heads[i].rc, i);
        unit_unguard(&g);
        if (heads[i].rc == 0) {
            same_text(upload.name, heads[i].name, i);
            same_text(upload.filename, heads[i].filename, i);
            same_text(upload.type, heads[i].type, i);
        }
        mocket__arena_release(&a);
    }
}

static int read_head(void *context)
{
    (void)context;
    struct mocket_arena a;
    struct mocket_upload upload;
    unit_arena(&a);
    int rc = mocket__multipart_head(&a, MOCKET_SPAN(CD ";\r\n name=a; filename=\"b\\\"\r\nContent-Type: c/d"), &upload);
    mocket__arena_release(&a);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(read_head, NULL), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_split), cmocka_unit_test(test_every_end),  cmocka_unit_test(test_head_limit),
        cmocka_unit_test(test_part_limit),  cmocka_unit_test(test_boundaries), cmocka_unit_test(test_heads),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
