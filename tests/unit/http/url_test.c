#include "src/http/url.h"
#include "unit.h"

static void test_split(void **state)
{
    (void)state;
    static const struct {
        mocket_span target, path, query;
    } rows[] = {
        { UNIT_ROW("/a?b=c"), UNIT_ROW("/a"), UNIT_ROW("b=c") },
        { UNIT_ROW("/a"), UNIT_ROW("/a"), UNIT_ROW("") },
        { UNIT_ROW("/a?"), UNIT_ROW("/a"), UNIT_ROW("") },
        { UNIT_ROW("/a?b?c=d"), UNIT_ROW("/a"), UNIT_ROW("b?c=d") },
        { UNIT_ROW("/a?b#c?d"), UNIT_ROW("/a"), UNIT_ROW("b") },
        { UNIT_ROW("/a?#"), UNIT_ROW("/a"), UNIT_ROW("") },
        { UNIT_ROW("/a#b?c"), UNIT_ROW("/a#b"), UNIT_ROW("c") },
        { UNIT_ROW("?"), UNIT_ROW(""), UNIT_ROW("") },
        { UNIT_ROW("*"), UNIT_ROW("*"), UNIT_ROW("") },
        { UNIT_ROW(""), UNIT_ROW(""), UNIT_ROW("") },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].target);
        mocket_span path, query;
        mocket__target_split(g.span, &path, &query);
        unit_same(path, rows[i].path, i);
        unit_same(query, rows[i].query, i);
        assert_non_null(query.ptr);
        unit_unguard(&g);
    }
}

static void test_absolute(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    static const struct {
        mocket_span target, authority, origin;
    } rows[] = {
        { UNIT_ROW("http://h/p?q"), UNIT_ROW("h"), UNIT_ROW("/p?q") },
        { UNIT_ROW("HTTPS://h:8443/"), UNIT_ROW("h:8443"), UNIT_ROW("/") },
        { UNIT_ROW("http://h"), UNIT_ROW("h"), UNIT_ROW("/") },
        { UNIT_ROW("http://[::1]:80/x"), UNIT_ROW("[::1]:80"), UNIT_ROW("/x") },
        { UNIT_ROW("http://h//x"), UNIT_ROW("h"), UNIT_ROW("//x") },
        { UNIT_ROW("http://h?q"), UNIT_ROW("h"), UNIT_ROW("/?q") },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct unit_guard g = unit_guarded(rows[i].target);
        mocket_span authority, origin;
        unit_equal(mocket__target_absolute(&a, g.span, &authority, &origin), true, i);
        unit_same(authority, rows[i].authority, i);
        unit_same(origin, rows[i].origin, i);
        unit_unguard(&g);
    }
    static const mocket_span bad[] = {
        UNIT_ROW(""),           UNIT_ROW("/"),           UNIT_ROW("*"),         UNIT_ROW("http:/h"),
        UNIT_ROW("http://"),    UNIT_ROW("http:///p"),   UNIT_ROW("ftp://h/"),  UNIT_ROW("http://u@h/"),
        UNIT_ROW("http://:80"), UNIT_ROW("http://h:x/"), UNIT_ROW("http://?q"), UNIT_ROW("//h/p"),
        UNIT_ROW("http://h\0"), UNIT_ROW("http://h /"),  UNIT_ROW("http"),      UNIT_ROW("https:/"),
        UNIT_ROW("http://h#f"),
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct unit_guard g = unit_guarded(bad[i]);
        mocket_span authority, origin;
        unit_equal(mocket__target_absolute(&a, g.span, &authority, &origin), false, i);
        unit_unguard(&g);
    }
    mocket__arena_release(&a);
}

static void test_authority(void **state)
{
    (void)state;
    static const mocket_span good[] = {
        UNIT_ROW(""),
        UNIT_ROW("localhost"),
        UNIT_ROW("example.org:8080"),
        UNIT_ROW("h:"),
        UNIT_ROW("h:0"),
        UNIT_ROW("h:65535"),
        UNIT_ROW("127.0.0.1:80"),
        UNIT_ROW("a_b-c.d~e"),
        UNIT_ROW("%41b"),
        UNIT_ROW("[::]"),
        UNIT_ROW("[::1]:80"),
        UNIT_ROW("[1:2:3:4:5:6:7:8]"),
        UNIT_ROW("[1::8]"),
        UNIT_ROW("[1:2:3:4:5:6:7::]"),
        UNIT_ROW("[::2:3:4:5:6:7:8]"),
        UNIT_ROW("[::ffff:127.0.0.1]"),
        UNIT_ROW("[1:2:3:4:5:6:255.0.10.99]"),
        UNIT_ROW("[FE80::AbCd]"),
    };
    static const mocket_span bad[] = {
        UNIT_ROW(":80"),
        UNIT_ROW("u@h"),
        UNIT_ROW("h:65536"),
        UNIT_ROW("h:8a"),
        UNIT_ROW("h:80:80"),
        UNIT_ROW("h/"),
        UNIT_ROW("h?"),
        UNIT_ROW("h#"),
        UNIT_ROW("h h"),
        UNIT_ROW("h, h"),
        UNIT_ROW("h\\x"),
        UNIT_ROW("%4"),
        UNIT_ROW("%zz"),
        UNIT_ROW("h\xC3\xBC"),
        UNIT_ROW("h\0"),
        UNIT_ROW("["),
        UNIT_ROW("[]"),
        UNIT_ROW("[:]"),
        UNIT_ROW("[:::]"),
        UNIT_ROW("[::1"),
        UNIT_ROW("[::1]x"),
        UNIT_ROW("[::1]80"),
        UNIT_ROW("[::1]:x"),
        UNIT_ROW("[1:2:3:4:5:6:7]"),
        UNIT_ROW("[1:2:3:4:5:6:7:8:9]"),
        UNIT_ROW("[1:2:3:4:5:6:7:8::]"),
        UNIT_ROW("[1::2::3]"),
        UNIT_ROW("[12345::]"),
        UNIT_ROW("[g::]"),
        UNIT_ROW("[::1%25eth0]"),
        UNIT_ROW("[::256.0.0.1]"),
        UNIT_ROW("[::01.0.0.1]"),
        UNIT_ROW("[::1.2.3]"),
        UNIT_ROW("[127.0.0.1::]"),
        UNIT_ROW("[v1.x]"),
    };
    for (size_t i = 0; i < UNIT_COUNT(good) + UNIT_COUNT(bad); i++) {
        bool want = i < UNIT_COUNT(good);
        struct unit_guard g = unit_guarded(want ? good[i] : bad[i - UNIT_COUNT(good)]);
        unit_equal(mocket__is_authority(g.span), want, i);
        unit_unguard(&g);
    }
}

static void test_host_bytes(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool plain = letter || (c && strchr("0123456789-._~!$&'()*+,;=", c));
        unit_equal(mocket__is_authority((mocket_span){ &byte, 1 }), plain, (size_t)c);
    }
}

static const struct {
    mocket_span text, url, form;
} decoded[] = {
    { UNIT_ROW(""), UNIT_ROW(""), UNIT_ROW("") },
    { UNIT_ROW("a+b"), UNIT_ROW("a+b"), UNIT_ROW("a b") },
    { UNIT_ROW("%2B%2b"), UNIT_ROW("++"), UNIT_ROW("++") },
    { UNIT_ROW("100%"), UNIT_ROW("100%"), UNIT_ROW("100%") },
    { UNIT_ROW("%4"), UNIT_ROW("%4"), UNIT_ROW("%4") },
    { UNIT_ROW("%zz%4g%%41"), UNIT_ROW("%zz%4g%A"), UNIT_ROW("%zz%4g%A") },
    { UNIT_ROW("%c3%BC"), UNIT_ROW("\xC3\xBC"), UNIT_ROW("\xC3\xBC") },
    { UNIT_ROW("a%ff"), UNIT_ROW(""), UNIT_ROW("") },
    { UNIT_ROW("a\xFF"), UNIT_ROW(""), UNIT_ROW("") },
    { UNIT_ROW("%00"), UNIT_ROW("\0"), UNIT_ROW("\0") },
    { UNIT_ROW("%25%34%31"), UNIT_ROW("%41"), UNIT_ROW("%41") },
};

static void test_decode(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    for (size_t i = 0; i < UNIT_COUNT(decoded); i++) {
        struct unit_guard g = unit_guarded(decoded[i].text);
        unit_same(mocket__url_decode(&a, g.span, MOCKET_DECODE_URL), decoded[i].url, i);
        mocket_span form = mocket__url_decode(&a, g.span, MOCKET_DECODE_FORM);
        unit_same(form, decoded[i].form, i);
        assert_int_equal(form.ptr[form.len], 0);
        unit_unguard(&g);
    }
    assert_string_equal(mocket__url_decode(&a, (mocket_span){ NULL, 0 }, MOCKET_DECODE_URL).ptr, "");
    mocket__arena_release(&a);
}

static void test_encode(void **state)
{
    (void)state;
    struct mocket_buf b = { 0 };
    struct unit_guard g = unit_guarded(MOCKET_SPAN("AZaz09-_.~ /?%\xC3\xBC\0"));
    mocket__url_encode(&b, g.span);
    unit_same(mocket__buf_view(&b), MOCKET_SPAN("AZaz09-_.~%20%2F%3F%25%C3%BC%00"), 0);
    unit_unguard(&g);
    mocket__buf_release(&b);
}

static const struct {
    mocket_span path;
    int rc;
    mocket_span want;
} canonical[] = {
    { UNIT_ROW("/"), 0, UNIT_ROW("/") },
    { UNIT_ROW(""), 0, UNIT_ROW("/") },
    { UNIT_ROW("//"), 0, UNIT_ROW("/") },
    { UNIT_ROW("/a/b"), 0, UNIT_ROW("/a/b") },
    { UNIT_ROW("a/b"), 0, UNIT_ROW("/a/b") },
    { UNIT_ROW("//a///b//"), 0, UNIT_ROW("/a/b") },
    { UNIT_ROW("/%70rivate/f"), 0, UNIT_ROW("/private/f") },
    { UNIT_ROW("/x/../private/f"), 0, UNIT_ROW("/private/f") },
    { UNIT_ROW("/x/%2e%2E/private"), 0, UNIT_ROW("/private") },
    { UNIT_ROW("/x/.%2e/y"), 0, UNIT_ROW("/y") },
    { UNIT_ROW("/../../a"), 0, UNIT_ROW("/a") },
    { UNIT_ROW("/a/.."), 0, UNIT_ROW("/") },
    { UNIT_ROW("/a/../"), 0, UNIT_ROW("/") },
    { UNIT_ROW("/a/."), 0, UNIT_ROW("/a") },
    { UNIT_ROW("/./a/./b/."), 0, UNIT_ROW("/a/b") },
    { UNIT_ROW("/a/b/../../../c"), 0, UNIT_ROW("/c") },
    { UNIT_ROW("/a//../b"), 0, UNIT_ROW("/b") },
    { UNIT_ROW("/.a/..b/..."), 0, UNIT_ROW("/.a/..b/...") },
    { UNIT_ROW("/a%20b%c3%bc"), 0, UNIT_ROW("/a%20b%C3%BC") },
    { UNIT_ROW("/\xC3\xBC b"), 0, UNIT_ROW("/%C3%BC%20b") },
    { UNIT_ROW("/%7E%41%2d%5f"), 0, UNIT_ROW("/~A-_") },
    { UNIT_ROW("/%2525"), 0, UNIT_ROW("/%2525") },
    { UNIT_ROW("/%%37%30rivate"), 0, UNIT_ROW("/%2570rivate") },
    { UNIT_ROW("/%zz%4"), 0, UNIT_ROW("/%25zz%254") },
    { UNIT_ROW("/a;b=c,d@e:f!$&'()*+"), 0, UNIT_ROW("/a;b=c,d@e:f!$&'()*+") },
    { UNIT_ROW("*"), 0, UNIT_ROW("/*") },
    { UNIT_ROW("/a%2fb"), MOCKET_EINVAL, UNIT_ROW("") },
    { UNIT_ROW("/a%5Cb"), MOCKET_EINVAL, UNIT_ROW("") },
    { UNIT_ROW("/a%00"), MOCKET_EINVAL, UNIT_ROW("") },
    { UNIT_ROW("/a\\b"), MOCKET_EINVAL, UNIT_ROW("") },
    { UNIT_ROW("/a\0b"), MOCKET_EINVAL, UNIT_ROW("") },
    { UNIT_ROW("/%2f/../a"), MOCKET_EINVAL, UNIT_ROW("") },
};

static void test_canonical(void **state)
{
    (void)state;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    for (size_t i = 0; i < UNIT_COUNT(canonical); i++) {
        struct unit_guard g = unit_guarded(canonical[i].path);
        mocket_span once = { NULL, 0 }, twice;
        unit_equal(mocket__path_canonical(&a, g.span, &once), canonical[i].rc, i);
        if (canonical[i].rc == 0) {
            unit_same(once, canonical[i].want, i);
            unit_equal(mocket__path_canonical(&a, once, &twice), 0, i);
            unit_same(twice, once, i);
        }
        unit_unguard(&g);
    }
    mocket__arena_release(&a);
}

static void test_mend(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[1] = { (char)c }, escaped[4];
        struct unit_guard g = unit_guarded((mocket_span){ text, 1 });
        struct mocket_buf b = { 0 };
        unit_equal(mocket__url_mend(&b, g.span), c > ' ' && c < 0x7F, (size_t)c);
        snprintf(escaped, sizeof escaped, "%%%02X", c);
        bool mended = c && strchr("\"<>\\^`{|}", c);
        if (c > ' ' && c < 0x7F)
            unit_same(mocket__buf_view(&b), mended ? mocket__span(escaped) : g.span, (size_t)c);
        mocket__buf_release(&b);
        unit_unguard(&g);
    }
}

static int use_memory(void *context)
{
    (void)context;
    struct mocket_arena a;
    struct mocket_buf b = { 0 };
    mocket_span path;
    unit_arena(&a);
    bool text = mocket__url_decode(&a, MOCKET_SPAN("%41"), MOCKET_DECODE_URL).ptr != NULL;
    int rc = mocket__path_canonical(&a, MOCKET_SPAN("/a/../b"), &path);
    mocket__url_encode(&b, MOCKET_SPAN("a b"));
    int status = mocket__buf_status(&b);
    mocket__buf_release(&b);
    mocket__arena_release(&a);
    return !text ? MOCKET_ENOMEM : rc < 0 ? rc : status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(use_memory, NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),      cmocka_unit_test(test_absolute),  cmocka_unit_test(test_authority),
        cmocka_unit_test(test_host_bytes), cmocka_unit_test(test_decode),    cmocka_unit_test(test_encode),
        cmocka_unit_test(test_canonical),  cmocka_unit_test(test_no_memory), cmocka_unit_test(test_mend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
