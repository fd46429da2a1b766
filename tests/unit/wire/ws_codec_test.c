#include "src/wire/ws_codec.h"
#include "unit.h"

/* Masked with the key 0, so that a table can be read. */
#define M "\0\0\0\0"

/* What came out, as text: "T:payload;" for a text, B, C:code reason, I (ping), O (pong), and "!code" at the end. */
struct outcome {
    struct mocket_buf text;
    struct mocket_ws_machines machines;
    int64_t max_message;
    const char *want;
    size_t row;
};

static void tell(struct mocket_buf *to, const struct mocket_ws_message *m)
{
    static const char letters[] = { [MOCKET_WS_OP_TEXT] = 'T',
                                    [MOCKET_WS_OP_BINARY] = 'B',
                                    [MOCKET_WS_OP_CLOSE] = 'C',
                                    [MOCKET_WS_OP_PING] = 'I',
                                    [MOCKET_WS_OP_PONG] = 'O' };
    mocket__buf_add(to, &letters[m->opcode], 1);
    mocket__buf_text(to, ":");
    if (m->opcode == MOCKET_WS_OP_CLOSE)
        mocket__buf_decimal(to, (uint64_t)m->code);
    if (m->opcode >= MOCKET_WS_OP_CLOSE)
        mocket__buf_add(to, m->control, m->len);
    else
        mocket__buf_span(to, mocket__buf_view(&m->bytes));
    mocket__buf_text(to, ";");
}

/* Reads what is there of the bytes up to `to`. 0, or the code it failed with; 1: a close frame, behind which nothing
 * is read. */
static int read_until(struct mocket_ws_codec *c, mocket_span all, size_t *at, size_t to, struct mocket_buf *text)
{
    struct mocket_ws_message m;
    for (;;) {
        struct unit_guard g = unit_guarded(mocket__span_slice(all, *at, to));
        size_t used;
        int got = mocket__ws_read(c, g.span, &used, &m);
        unit_unguard(&g);
        assert_true(used <= to - *at);
        *at += used;
        if (got <= 0)
            return -got;
        assert_int_equal(got, m.opcode);
        tell(text, &m);
        if (m.bytes.ptr != NULL)
            assert_int_equal(m.bytes.ptr[m.bytes.len], 0);
        mocket__buf_release(&m.bytes);
        if (got == MOCKET_WS_OP_CLOSE)
            return 1;
        assert_true(c->machine == NULL || c->fragmented); /* between messages it holds nothing */
    }
}

static void decode(void *context, const mocket_span *pieces, size_t count)
{
    struct outcome *o = context;
    struct mocket_ws_codec c;
    mocket_span all = { count > 0 ? pieces[0].ptr : "", 0 };
    size_t at = 0;
    int code = 0;
    mocket__buf_reset(&o->text);
    mocket__ws_init(&c, &o->machines, o->max_message);
    for (size_t i = 0; i < count && code == 0; i++) {
        all.len += pieces[i].len;
        code = read_until(&c, all, &at, all.len, &o->text);
    }
    mocket__ws_release(&c);
    if (code > 1) {
        mocket__buf_text(&o->text, "!");
        mocket__buf_decimal(&o->text, (uint64_t)code);
    }
    unit_same(mocket__buf_view(&o->text), mocket__span(o->want), o->row);
}

static const struct row {
    mocket_span in;
    const char *want;
} rows[] = {
    { UNIT_ROW(""), "" },
    { UNIT_ROW("\x81\x80" M), "T:;" },
    { UNIT_ROW("\x81\x82" M "hi"), "T:hi;" },
    { UNIT_ROW("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "T:Hello;" }, /* RFC 6455, section 5.7 */
    { UNIT_ROW("\x82\x82" M "hi\x81\x81" M "x"), "B:hi;T:x;" },
    { UNIT_ROW("\x89\x80" M "\x8a\x81" M "p\x89\x82" M "ab"), "I:;O:p;I:ab;" },
    /* fragments, and what may stand between them */
    { UNIT_ROW("\x01\x81" M "a\x00\x81" M "b\x80\x81" M "c"), "T:abc;" },
    { UNIT_ROW("\x02\x80" M "\x80\x80" M "\x81\x81" M "x"), "B:;T:x;" },
    { UNIT_ROW("\x01\x81" M "a\x89\x81" M "p\x8a\x80" M "\x80\x81" M "b"), "I:p;O:;T:ab;" },
    { UNIT_ROW("\x01\x81" M "a\x88\x82" M "\x03\xe8"), "C:1000;" },
    { UNIT_ROW("\x01\x81" M "\xe2\x00\x81" M "\x82\x80\x81" M "\xac"), "T:\xe2\x82\xac;" },
    /* close */
    { UNIT_ROW("\x88\x80" M "what ever"), "C:1005;" },
    { UNIT_ROW("\x88\x82" M "\x03\xe8"), "C:1000;" },
    { UNIT_ROW("\x88\x87" M "\x0f\xa0gr\xc3\xbc\xc3"), "!1007" },
    { UNIT_ROW("\x88\x86" M "\x0f\xa0gr\xc3\xbc"), "C:4000gr\xc3\xbc;" },
    { UNIT_ROW("\x88\x82\x37\xfa\x21\x3d\x34\x0c"), "C:1014;" },
    { UNIT_ROW("\x88\x83" M "\x03\xf4"
               "!"),
      "C:1012!;" },
    { UNIT_ROW("\x88\x82" M "\x03\xf7"), "!1002" },
    { UNIT_ROW("\xc8\x82" M "\x03\xf4"), "!1002" },
    { UNIT_ROW("\x88\x81" M "\x03"), "!1002" },
    { UNIT_ROW("\x88\x82" M "\x03\xed"), "!1002" },
    { UNIT_ROW("\x88\x82" M "\x03\xee"), "!1002" },
    { UNIT_ROW("\x88\x82" M "\x03\xe7"), "!1002" },
    { UNIT_ROW("\x88\x82" M "\x13\x88"), "!1002" },
    /* what no client may send */
    { UNIT_ROW("\x81\x02hi"), "!1002" },
    { UNIT_ROW("\x89\x00"), "!1002" },
    { UNIT_ROW("\xc1\x81" M "x"), "!1002" },
    { UNIT_ROW("\xa1\x81" M "x"), "!1002" },
    { UNIT_ROW("\x91\x81" M "x"), "!1002" },
    { UNIT_ROW("\xc9\x80" M), "!1002" },
    { UNIT_ROW("\x83\x80" M), "!1002" },
    { UNIT_ROW("\x87\x81" M "x"), "!1002" },
    { UNIT_ROW("\x8b\x80" M), "!1002" },
    { UNIT_ROW("\x8f\x80" M), "!1002" },
    { UNIT_ROW("\x80\x81" M "x"), "!1002" },
    { UNIT_ROW("\x00\x81" M "x"), "!1002" },
    { UNIT_ROW("\x01\x81" M "x\x81\x81" M "y"), "!1002" },
    { UNIT_ROW("\x01\x80" M "\x82\x81" M "y"), "!1002" },
    { UNIT_ROW("\x09\x80" M), "!1002" },
    { UNIT_ROW("\x89\xfe\x00\x7e" M), "!1002" },
    { UNIT_ROW("\x88\xff\0\0\0\0\0\0\0\x7e" M), "!1002" },
    /* lengths that are not the shortest, and one that is none */
    { UNIT_ROW("\x81\xfe\x00\x05" M "x"), "!1002" },
    { UNIT_ROW("\x81\xff\0\0\0\0\0\0\0\x05" M "x"), "!1002" },
    { UNIT_ROW("\x81\xff\x80\0\0\0\0\0\0\0" M "x"), "!1002" },
    /* text */
    { UNIT_ROW("\x81\x81" M "\xff"), "!1007" },
    { UNIT_ROW("\x81\x82" M "a\xc3"), "!1007" },
    { UNIT_ROW("\x01\x82" M "a\xc3\x80\x81" M "a"), "!1007" },
    { UNIT_ROW("\x81\x83" M "\xed\xa0\x80"), "!1007" },
    { UNIT_ROW("\x82\x83" M "\xed\xa0\x80"), "B:\xed\xa0\x80;" },
    { UNIT_ROW("\x81\x81" M "a\x81\x81" M "\xff\x81\x81" M "b"), "T:a;!1007" },
    /* the limit of 20 here */
    { UNIT_ROW("\x81\x94" M "01234567890123456789"), "T:01234567890123456789;" },
    { UNIT_ROW("\x81\x95" M "01234567890123456789"), "!1009" },
    { UNIT_ROW("\x01\x94" M "01234567890123456789\x80\x81" M), "!1009" },
    { UNIT_ROW("\x01\x94" M "01234567890123456789\x89\x81" M "p\x80\x80" M), "I:p;T:01234567890123456789;" },
    { UNIT_ROW("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" M), "!1009" },
    { UNIT_ROW("\x89\x9e" M "012345678901234567890123456789"), "I:012345678901234567890123456789;" },
};

static void test_rows(void **state)
{
    struct outcome o = { .max_message = 20 };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        o.want = rows[i].want;
        o.row = i;
        unit_each_split(rows[i].in, decode, &o);
    }
    mocket__ws_machines_release(&o.machines);
    mocket__buf_release(&o.text);
}

/* A frame of ours, masked as a client would, is what it was. */
static void test_lengths(void **state)
{
    static const size_t lens[] = { 0, 1, 125, 126, 127, 65535, 65536, 70000 };
    static const size_t heads[] = { 2, 2, 2, 4, 4, 4, 10, 10 };
    struct mocket_ws_machines machines = { 0 };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(lens); i++) {
        char *wire = malloc(lens[i] + 14);
        size_t head = mocket__ws_write_head(wire, MOCKET_WS_OP_BINARY, lens[i]), used;
        unit_equal((long long)head, (long long)heads[i], i);
        wire[1] = (char)(wire[1] | 0x80);
        memset(wire + head, 0, 4);
        for (size_t at = 0; at < lens[i]; at++)
            wire[head + 4 + at] = (char)(at * 7);
        struct mocket_ws_codec c;
        struct mocket_ws_message m;
        mocket__ws_init(&c, &machines, -1);
        int got = mocket__ws_read(&c, (mocket_span){ wire, head + 4 + lens[i] }, &used, &m);
        assert_int_equal(got, MOCKET_WS_OP_BINARY);
        unit_same(mocket__buf_view(&m.bytes), (mocket_span){ wire + head + 4, lens[i] }, i);
        assert_int_equal(used, head + 4 + lens[i]);
        mocket__buf_release(&m.bytes);
        mocket__ws_release(&c);
        free(wire);
    }
    mocket__ws_machines_release(&machines);
}

/* Long frames of binary messages are unmasked by other code than the rest: with masks, at every split, in parts, and
 * with every mistake. */
#define X26 "abcdefghijklmnopqrstuvwxyz"
#define X130 X26 X26 X26 X26 X26

struct wire {
    char bytes[1024];
    size_t len;
};

/* A frame of X130, with a length in 16 bits. */
static void add_long(struct wire *w, int first, const char mask[5])
{
    char *to = w->bytes + w->len;
    memcpy(to, (const char[]){ (char)first, (char)0xfe, 0, (char)130 }, 4);
    memcpy(to + 4, mask, 4);
    for (size_t i = 0; i < 130; i++)
        to[8 + i] = (char)(X130[i] ^ mask[i % 4]);
    w->len += 8 + 130;
}

static void add_bytes(struct wire *w, mocket_span bytes)
{
    memcpy(w->bytes + w->len, bytes.ptr, bytes.len);
    w->len += bytes.len;
}

static void test_long_binary(void **state)
{
    static const struct {
        size_t count;
        int first[3]; /* bytes of the long frames */
        mocket_span between, behind;
        const char *want;
    } longs[] = {
        { 1, { 0x82 }, UNIT_ROW(""), UNIT_ROW(""), "B:" X130 ";" },
        { 2, { 0x82, 0x82 }, UNIT_ROW("\x89\x81" M "p"), UNIT_ROW("\x81\x81" M "t"), "B:" X130 ";I:p;B:" X130 ";T:t;" },
        { 3, { 0x02, 0x00, 0x80 }, UNIT_ROW("\x89\x81" M "p"), UNIT_ROW(""), "I:p;I:p;B:" X130 X130 X130 ";" },
        { 2, { 0x02, 0x80 }, UNIT_ROW("\x00\x81" M "-"), UNIT_ROW(""), "B:" X130 "-" X130 ";" },
        { 1, { 0x02 }, UNIT_ROW(""), UNIT_ROW("\x80\x80" M), "B:" X130 ";" },
        { 1, { 0xc2 }, UNIT_ROW(""), UNIT_ROW(""), "!1002" },
        { 2, { 0x02, 0x90 }, UNIT_ROW(""), UNIT_ROW(""), "!1002" },
        { 1, { 0x80 }, UNIT_ROW(""), UNIT_ROW(""), "!1002" },
        { 2, { 0x82, 0x80 }, UNIT_ROW(""), UNIT_ROW(""), "B:" X130 ";!1002" },
        { 2, { 0x02, 0x82 }, UNIT_ROW(""), UNIT_ROW(""), "!1002" },
        { 2, { 0x02, 0x81 }, UNIT_ROW(""), UNIT_ROW(""), "!1002" },
        { 1, { 0x02 }, UNIT_ROW(""), UNIT_ROW("\x80\xfe\x00\x7d" M), "!1002" }, /* not the shortest */
        { 1, { 0x02 }, UNIT_ROW(""), UNIT_ROW("\x80\xff\0\0\0\0\0\0\0\xff" M), "!1002" },
        { 1, { 0x02 }, UNIT_ROW(""), UNIT_ROW("\x80\xff\x80\0\0\0\0\0\0\0" M), "!1002" },
        { 1, { 0x02 }, UNIT_ROW(""), UNIT_ROW("\x80\x7e\x00\x80y"), "!1002" }, /* no mask */
        { 3, { 0x02, 0x00, 0x00 }, UNIT_ROW(""), UNIT_ROW("\x80\xfe\x00\xff" M), "!1009" },
    };
    static const char *const masks[] = { "\x12\x34\xab\xcd", "\xff\x01\x80\x7f", "\x05\x06\x07\x08" };
    struct outcome o = { .max_message = 600 };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(longs); i++) {
        struct wire w = { .len = 0 };
        for (size_t n = 0; n < longs[i].count; n++) {
            if (n > 0)
                add_bytes(&w, longs[i].between);
            add_long(&w, longs[i].first[n], masks[n]);
        }
        add_bytes(&w, longs[i].behind);
        o.want = longs[i].want;
        o.row = i;
        unit_each_split((mocket_span){ w.bytes, w.len }, decode, &o);
    }
    mocket__ws_machines_release(&o.machines);
    mocket__buf_release(&o.text);
}

/* The head alone allocates nothing of the payload. */
static void test_announced(void **state)
{
    struct mocket_ws_machines machines = { 0 };
    struct mocket_ws_codec c;
    struct mocket_ws_message m;
    size_t used;
    (void)state;
    mocket__ws_init(&c, &machines, -1);
    assert_int_equal(mocket__ws_read(&c, MOCKET_SPAN("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" M "abc"), &used, &m),
                     0);
    assert_int_equal(used, 17);
    assert_int_equal(c.payload.len, 3);
    assert_true(c.payload.cap <= 256);
    mocket__ws_release(&c);
    mocket__ws_machines_release(&machines);
}

static int read_some(void *context)
{
    struct mocket_ws_machines machines = { 0 };
    struct mocket_ws_codec c;
    struct mocket_ws_message m;
    mocket_span in = MOCKET_SPAN("\x01\x82" M "ab\x89\x81" M "p\x80\x82" M "cd");
    size_t used;
    int got;
    (void)context;
    mocket__ws_init(&c, &machines, -1);
    while ((got = mocket__ws_read(&c, in, &used, &m)) > 0) {
        in = mocket__span_slice(in, used, in.len);
        mocket__buf_release(&m.bytes);
    }
    mocket__ws_release(&c);
    mocket__ws_machines_release(&machines);
    return got == -MOCKET_WS_CODE_FAILED ? MOCKET_ENOMEM : got;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(read_some, NULL) >= 2);
}

/* A hundred sockets in the middle of messages have a machine each; afterwards none has. */
static void test_many(void **state)
{
    struct mocket_ws_machines machines = { 0 };
    struct mocket_ws_codec codecs[100];
    struct mocket_ws_message m;
    size_t used;
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < UNIT_COUNT(codecs); i++) {
            mocket__ws_init(&codecs[i], &machines, -1);
            assert_int_equal(mocket__ws_read(&codecs[i], MOCKET_SPAN("\x01\x82" M "ab\x80\x82" M "c"), &used, &m), 0);
            assert_non_null(codecs[i].machine);
        }
        for (size_t i = 0; i < UNIT_COUNT(codecs); i++) {
            assert_int_equal(mocket__ws_read(&codecs[i], MOCKET_SPAN("d"), &used, &m), MOCKET_WS_OP_TEXT);
            unit_same(mocket__buf_view(&m.bytes), MOCKET_SPAN("abcd"), i);
            mocket__buf_release(&m.bytes);
            assert_null(codecs[i].machine);
        }
    }
    assert_true(machines.idle_count > 0 && machines.idle_count < 100);
    mocket__ws_machines_release(&machines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_lengths), cmocka_unit_test(test_announced),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_many),    cmocka_unit_test(test_long_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
