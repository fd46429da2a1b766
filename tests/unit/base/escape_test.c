/* Text of others in a log: every boundary of what is escaped, every room, and nothing lost. */
#include "tests/unit/unit.h"

#include "src/base/escape.h"

static void check(mocket_span in, mocket_span want, size_t row)
{
    char text[256];
    struct mocket_escaped done = mocket__escape(text, sizeof text, in);
    unit_same((mocket_span){ text, done.len }, want, row);
    unit_equal((long long)done.used, (long long)in.len, row);
}

static void writes_what_can_be_read(void **state)
{
    (void)state;
    static const struct {
        mocket_span in, out;
    } rows[] = {
        { UNIT_ROW(""), UNIT_ROW("") },
        { UNIT_ROW("plain \"text\"~"), UNIT_ROW("plain \"text\"~") },
        { UNIT_ROW("a\tb"), UNIT_ROW("a\tb") },
        { UNIT_ROW("\0\x08\n\r\x1f \x7f"), UNIT_ROW("\\x00\\x08\\x0a\\x0d\\x1f \\x7f") },
        { UNIT_ROW("\x1b[2J"), UNIT_ROW("\\x1b[2J") },
        { UNIT_ROW("\\x1b[2J"), UNIT_ROW("\\\\x1b[2J") },
        { UNIT_ROW("\\\\"), UNIT_ROW("\\\\\\\\") },
        { UNIT_ROW("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x99"), UNIT_ROW("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x99") },
        { UNIT_ROW("\xff\xc3"), UNIT_ROW("\\xff\\xc3") },
        { UNIT_ROW("\xc3(\xe2\x82"), UNIT_ROW("\\xc3(\\xe2\\x82") },
        { UNIT_ROW("\xc0\xaf\xed\xa0\x80"), UNIT_ROW("\\xc0\\xaf\\xed\\xa0\\x80") },
        { UNIT_ROW("\xf4\x8f\xbf\xbd\xf4\x90\x80\x80"), UNIT_ROW("\xf4\x8f\xbf\xbd\\xf4\\x90\\x80\\x80") },
        { UNIT_ROW("a\xcc\x81"), UNIT_ROW("a\xcc\x81") },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        check(rows[i].in, rows[i].out, i);
}

static size_t encode(char to[4], uint32_t c)
{
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)((0xff00u >> len & 0xff) | c);
    return len;
}

static bool stays(uint32_t c)
{
    char bytes[4], text[16];
    mocket_span in = { bytes, encode(bytes, c) };
    struct mocket_escaped done = mocket__escape(text, sizeof text, in);
    assert_int_equal(done.used, in.len);
    return mocket__span_eq((mocket_span){ text, done.len }, in);
}

/* The first and the last of each range, and their neighbours. */
static void escapes_hidden_characters(void **state)
{
    (void)state;
    static const uint32_t ranges[][2] = {
        { 0x80, 0x9f },       { 0xad, 0xad },       { 0x600, 0x605 },     { 0x61c, 0x61c },     { 0x6dd, 0x6dd },
        { 0x70f, 0x70f },     { 0x890, 0x891 },     { 0x8e2, 0x8e2 },     { 0x180e, 0x180e },   { 0x200b, 0x200f },
        { 0x2028, 0x202e },   { 0x2060, 0x2064 },   { 0x2066, 0x206f },   { 0xfeff, 0xfeff },   { 0xfff9, 0xfffb },
        { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
        { 0xe0001, 0xe0001 }, { 0xe0020, 0xe007f },
    };
    for (size_t i = 0; i < UNIT_COUNT(ranges); i++) {
        assert_false(stays(ranges[i][0]));
        assert_false(stays(ranges[i][1]));
        assert_true(ranges[i][0] == 0x80 || stays(ranges[i][0] - 1));
        assert_true(stays(ranges[i][1] + 1));
    }
    assert_true(stays(0x10ffff));
}

static size_t unescape(char *to, mocket_span s)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        to[len] = s.ptr[i];
        if (s.ptr[i] == '\\' && s.ptr[++i] == 'x') {
            const char *high = strchr(digits, s.ptr[i + 1]), *low = strchr(digits, s.ptr[i + 2]);
            to[len] = (char)((high - digits) << 4 | (low - digits));
            i += 2;
        }
        len++;
    }
    return len;
}

/* Every pair of bytes can be told from the result. */
static void loses_nothing(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 0x10000; n++) {
        char in[3] = { (char)(n >> 8), (char)n, 'x' }, text[12], back[12];
        struct mocket_escaped done = mocket__escape(text, sizeof text, (mocket_span){ in, 3 });
        size_t len = unescape(back, (mocket_span){ text, done.len });
        unit_same((mocket_span){ back, len }, (mocket_span){ in, 3 }, n);
    }
}

/* Never beyond the room, and never a part of a character or an escape. */
static void keeps_to_its_room(void **state)
{
    (void)state;
    mocket_span in = MOCKET_SPAN("a\xc3\xbc\x1b\\\xf0\x9f\x8c\x99\xe2\x80\xa8z");
    static const size_t lens[] = { 0,  1,  1,  3,  3,  3,  3,  7,  7,  9,  9,  9,  9, 13,
                                   13, 13, 13, 17, 17, 17, 17, 21, 21, 21, 21, 25, 26 };
    struct unit_guard guard = unit_guarded(in);
    for (size_t room = 0; room < UNIT_COUNT(lens); room++) {
        char text[UNIT_COUNT(lens)];
        memset(text, '#', sizeof text);
        struct mocket_escaped done = mocket__escape(text, room, guard.span);
        for (size_t i = done.len; i < sizeof text; i++)
            assert_int_equal(text[i], '#');
        unit_equal((long long)done.len, (long long)lens[room], room);
        unit_equal(done.used == in.len, room == UNIT_COUNT(lens) - 1, room);
    }
    unit_unguard(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_can_be_read),
        cmocka_unit_test(escapes_hidden_characters),
        cmocka_unit_test(loses_nothing),
        cmocka_unit_test(keeps_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
