/* Structural limits of modules: each at its value and one beyond, behind instructions of every shape, and cut. */
#include "tests/unit/unit.h"

#include "hosts/c/guest/bounds.h"
#include "src/base/buf.h"

enum { CUSTOM, IMPORT = 2, FUNCTION, GLOBAL = 6, EXPORT, ELEMENT = 9, CODE, DATA };

static void add_number(struct mocket_buf *b, uint64_t n)
{
    do {
        char byte = (char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
        mocket__buf_add(b, &byte, 1);
    } while (n >>= 7);
}

static void add_fill(struct mocket_buf *b, char byte, size_t count)
{
    char *room = mocket__buf_room(b, count + 1);
    assert_non_null(room);
    memset(room, byte, count);
    b->len += count;
}

static void add_section(struct mocket_buf *b, uint32_t id, const struct mocket_buf *content)
{
    add_number(b, id);
    add_number(b, content->len);
    mocket__buf_add(b, content->ptr, content->len);
}

static void begin(struct mocket_buf *b)
{
    mocket__buf_reset(b);
    mocket__buf_add(b, "\0asm\1\0\0\0", 8);
}

/* The verdict on the module, which ends at a page that must not be touched; text: what a refusal says. */
static int check(const struct mocket_buf *wasm, const char *text)
{
    struct mocket_buf why = { 0 };
    struct unit_guard g = unit_guarded(mocket__buf_view(wasm));
    int rc = guest_bounds_check(g.span, &why);
    unit_unguard(&g);
    assert_int_equal(rc == MOCKET_ELIMIT, why.len > 0);
    if (rc == MOCKET_ELIMIT && text && !memmem(why.ptr, why.len, text, strlen(text)))
        fail_msg("%.*s: not \"%s\"", (int)why.len, why.ptr, text);
    mocket__buf_release(&why);
    return rc;
}

/* A module with one section, whose content is the number, and then bytes. */
static void make(struct mocket_buf *wasm, uint32_t id, uint64_t number, size_t fill)
{
    struct mocket_buf content = { 0 };
    add_number(&content, number);
    add_fill(&content, 0, fill);
    begin(wasm);
    add_section(wasm, id, &content);
    mocket__buf_release(&content);
}

/* A module with one function, of these instructions and the end of the function behind them. */
static void make_function(struct mocket_buf *wasm, const struct mocket_buf *instructions)
{
    struct mocket_buf code = { 0 };
    add_number(&code, 1);
    add_number(&code, instructions->len + 2);
    mocket__buf_add(&code, "\0", 1); /* no locals */
    mocket__buf_span(&code, mocket__buf_view(instructions));
    mocket__buf_add(&code, "\x0b", 1);
    begin(wasm);
    add_section(wasm, CODE, &code);
    mocket__buf_release(&code);
}

static void test_counts(void **state)
{
    (void)state;
    static const struct {
        uint32_t id;
        enum guest_bound bound;
        const char *text;
    } rows[] = {
        { IMPORT, GUEST_BOUND_IMPORTS, "10001 imports, the limit is 10000" },
        { FUNCTION, GUEST_BOUND_FUNCTIONS, "250001 functions, the limit is 250000" },
        { EXPORT, GUEST_BOUND_EXPORTS, "10001 exports, the limit is 10000" },
        { CODE, GUEST_BOUND_FUNCTIONS, "250001 functions, the limit is 250000" },
    };
    struct mocket_buf wasm = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make(&wasm, rows[i].id, (uint64_t)guest_bound_of(rows[i].bound), 0);
        assert_int_equal(check(&wasm, NULL), 0);
        make(&wasm, rows[i].id, (uint64_t)guest_bound_of(rows[i].bound) + 1, 0);
        assert_int_equal(check(&wasm, rows[i].text), MOCKET_ELIMIT);
    }
    mocket__buf_release(&wasm);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        uint32_t id;
        enum guest_bound bound;
        const char *text;
    } rows[] = { { GLOBAL, GUEST_BOUND_GLOBALS, "bytes of globals" },
                 { ELEMENT, GUEST_BOUND_ELEMENTS, "bytes of table elements" } };
    struct mocket_buf wasm = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t most = (size_t)guest_bound_of(rows[i].bound);
        make(&wasm, rows[i].id, 0, most - 1); /* the number is a byte of the section */
        assert_int_equal(check(&wasm, NULL), 0);
        make(&wasm, rows[i].id, 0, most);
        assert_int_equal(check(&wasm, rows[i].text), MOCKET_ELIMIT);
    }
    make(&wasm, DATA, 0, (size_t)guest_bound_of(GUEST_BOUND_FILE));
    assert_int_equal(check(&wasm, "of a larger file only the beginning is read"), MOCKET_ELIMIT);
    mocket__buf_release(&wasm);
}

static void test_body(void **state)
{
    (void)state;
    struct mocket_buf wasm = { 0 }, nops = { 0 };
    size_t most = (size_t)guest_bound_of(GUEST_BOUND_BODY);
    add_fill(&nops, 1, most - 2);
    make_function(&wasm, &nops);
    assert_int_equal(check(&wasm, NULL), 0);
    add_fill(&nops, 1, 1);
    make_function(&wasm, &nops);
    assert_int_equal(check(&wasm, "(function 0 of the code section)"), MOCKET_ELIMIT);
    mocket__buf_release(&nops);
    mocket__buf_release(&wasm);
}

/* A name section behind a custom section of another kind: the name of the module (0), or of function 300 (1). */
static void make_name(struct mocket_buf *wasm, uint32_t kind, mocket_span section, size_t len)
{
    struct mocket_buf names = { 0 }, content = { 0 };
    if (kind == 1)
        mocket__buf_add(&names, "\2\7\1a\xac\2", 6); /* two names; "a" is the one of function 7 */
    add_number(&names, len);
    add_fill(&names, 'n', len);
    add_number(&content, section.len);
    mocket__buf_span(&content, section);
    add_number(&content, 9); /* a part that is not known */
    add_number(&content, 0);
    add_section(&content, kind, &names);
    begin(wasm);
    mocket__buf_add(wasm, "\0\3\2ab", 5);
    add_section(wasm, CUSTOM, &content);
    mocket__buf_release(&names);
    mocket__buf_release(&content);
}

static void test_names(void **state)
{
    (void)state;
    struct mocket_buf wasm = { 0 };
    size_t most = (size_t)guest_bound_of(GUEST_BOUND_NAME);
    for (uint32_t kind = 0; kind < 2; kind++) {
        make_name(&wasm, kind, MOCKET_SPAN("name"), most);
        assert_int_equal(check(&wasm, NULL), 0);
        make_name(&wasm, kind, MOCKET_SPAN("name"), most + 1);
        assert_int_equal(check(&wasm, "65537 bytes in a name of the name section, the limit is 65536"), MOCKET_ELIMIT);
        make_name(&wasm, kind, MOCKET_SPAN("nama"), most + 1);
        assert_int_equal(check(&wasm, NULL), 0);
    }
    make_name(&wasm, 2, MOCKET_SPAN("name"), most + 1); /* names of locals, which are not kept */
    assert_int_equal(check(&wasm, NULL), 0);
    mocket__buf_release(&wasm);
}

/* So many blocks of a kind in each other, behind some instructions. */
static int nest(mocket_span before, char block, size_t depth, const char *text)
{
    struct mocket_buf wasm = { 0 }, code = { 0 };
    mocket__buf_span(&code, before);
    for (size_t i = 0; i < depth; i++) {
        const char open[] = { block, 0x40 };
        mocket__buf_add(&code, open, sizeof open);
    }
    add_fill(&code, 0x0b, depth);
    make_function(&wasm, &code);
    int rc = check(&wasm, text);
    mocket__buf_release(&code);
    mocket__buf_release(&wasm);
    return rc;
}

static void test_nesting(void **state)
{
    (void)state;
    static const mocket_span nothing = { "", 0 };
    enum { BLOCK = 2, LOOP, IF };
    size_t blocks = (size_t)guest_bound_of(GUEST_BOUND_BLOCKS), loops = (size_t)guest_bound_of(GUEST_BOUND_LOOPS);
    assert_int_equal(nest(nothing, BLOCK, blocks, NULL), 0);
    assert_int_equal(nest(nothing, BLOCK, blocks + 1, "10001 blocks nested"), MOCKET_ELIMIT);
    assert_int_equal(nest(nothing, IF, blocks + 1, "10001 blocks nested"), MOCKET_ELIMIT);
    assert_int_equal(nest(nothing, LOOP, loops, NULL), 0);
    assert_int_equal(nest(nothing, LOOP, loops + 1, "1001 loops nested"), MOCKET_ELIMIT);
    /* loops that are closed count no more */
    struct mocket_buf pairs = { 0 };
    for (size_t i = 0; i < 2 * loops; i++)
        mocket__buf_add(&pairs, "\3\x40\x0b", 3);
    assert_int_equal(nest(mocket__buf_view(&pairs), LOOP, loops, NULL), 0);
    mocket__buf_release(&pairs);
}

/* An instruction of each shape. Loops behind it are counted only when its length was right. */
static void test_instructions(void **state)
{
    (void)state;
    static const mocket_span rows[] = {
        UNIT_ROW("\x41\x03"),                                /* i32.const 3, which is also a loop */
        UNIT_ROW("\x42\x83\x83\x03"),                        /* i64.const */
        UNIT_ROW("\x43\x03\x03\x03\x03"),                    /* f32.const */
        UNIT_ROW("\x44\3\3\3\3\3\3\3\3"),                    /* f64.const */
        UNIT_ROW("\x20\x03"),                                /* local.get */
        UNIT_ROW("\x28\2\3"),                                /* i32.load */
        UNIT_ROW("\x28\x42\3\3"),                            /* of a second memory */
        UNIT_ROW("\x3f\3"),                                  /* memory.size */
        UNIT_ROW("\x0e\2\3\3\3"),                            /* br_table */
        UNIT_ROW("\x11\3\3"),                                /* call_indirect */
        UNIT_ROW("\x10\3"),                                  /* call */
        UNIT_ROW("\x1c\1\x7f"),                              /* select with a type */
        UNIT_ROW("\x1c\1\x63\3"),                            /* with a reference type */
        UNIT_ROW("\xd0\x6e\xd2\3\xd5\3\xd6\3"),              /* ref.null, ref.func, br_on_null, br_on_non_null */
        UNIT_ROW("\xfb\2\3\3"),                              /* struct.get */
        UNIT_ROW("\xfb\6\3"),                                /* array.new */
        UNIT_ROW("\xfb\x14\x6e"),                            /* ref.test */
        UNIT_ROW("\xfb\x18\3\3\x6e\x6e"),                    /* br_on_cast */
        UNIT_ROW("\xfc\3\xfc\x8\3\3\xfc\xb\3"),              /* a saturating truncation, memory.init, memory.fill */
        UNIT_ROW("\xfd\xc\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3"), /* v128.const */
        UNIT_ROW("\xfd\x15\3\xfd\x54\2\3\3"),                /* extract_lane, load8_lane */
        UNIT_ROW("\xfd\xae\1"),                              /* i32x4.add, a number of two bytes */
        UNIT_ROW("\xfe\x10\2\3\xfe\3\3"),                    /* i32.atomic.load, atomic.fence */
        UNIT_ROW("\x1f\x40\2\0\3\3\2\3\x0b"),                /* try_table with two catches, and its end */
        UNIT_ROW("\x08\3"),                                  /* throw */
    };
    size_t loops = (size_t)guest_bound_of(GUEST_BOUND_LOOPS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_equal(nest(rows[i], 3, loops, NULL), 0, i);
        unit_equal(nest(rows[i], 3, loops + 1, "loops nested"), MOCKET_ELIMIT, i);
    }
}

/* Cut at each byte: nothing behind the end is read, and nothing is refused that the engine would not refuse. */
static void test_cut(void **state)
{
    (void)state;
    struct mocket_buf wasm = { 0 }, code = { 0 };
    mocket__buf_text(&code, "\x41\x83\x02\x1a\x02\x40\x03\x7f\x41\x2a\x0b\x1a\x0b");
    make_function(&wasm, &code);
    size_t whole = wasm.len;
    for (size_t len = 0; len <= whole; len++) {
        wasm.len = len;
        assert_int_equal(check(&wasm, NULL), 0);
    }
    mocket__buf_release(&code);
    mocket__buf_release(&wasm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts), cmocka_unit_test(test_sizes),   cmocka_unit_test(test_body),
        cmocka_unit_test(test_names),  cmocka_unit_test(test_nesting), cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
