/* A start section that becomes an export, and comes back byte for byte. */
#include "tests/unit/unit.h"

#include "src/base/span.h"
#include "src/wasm/start.h"

#define PREAMBLE "\0asm\1\0\0\0"
#define TYPES "\1\x08\2\x60\0\0\x60\0\1\x7f" /* 0 (), 1 () -> i32 */
#define FUNCTIONS "\3\3\2\0\1"
#define EXPORTS "\7\6\1\2go\0\0"
#define CODE "\x0a\x09\2\2\0\x0b\4\0\x41\0\x0b"
#define CUSTOM "\0\3\2hi"
/* The same, with numbers that are longer than necessary. */
#define LONG_EXPORTS "\7\x88\0\x81\x80\0\2go\0\0"
#define LONG_START "\x08\x82\0\x80\0"

static void export_start(mocket_span app, struct mocket_buf *out)
{
    assert_true(mocket__wasm_has_start(app));
    mocket__wasm_start_export(app, out);
    assert_int_equal(mocket__buf_status(out), 0);
    assert_false(mocket__wasm_has_start(mocket__buf_view(out)));
}

static void expect_round_trip(mocket_span app)
{
    struct mocket_buf made = { 0 }, back = { 0 }, why = { 0 };
    struct mocket_wasm_module module;
    export_start(app, &made);
    assert_int_equal(mocket__wasm_module_read(&module, mocket__buf_view(&made), NULL, &why), 0);
    assert_int_equal(mocket__wasm_export_index(module.wasm, MOCKET_SPAN(MOCKET_WASM_START_EXPORT)), 0);
    assert_int_equal(mocket__wasm_export_index(module.wasm, MOCKET_SPAN("go")), 0);
    assert_int_equal(mocket__wasm_start_check(&module, &why), MOCKET_EINVAL); /* the name is reserved */
    mocket__wasm_module_release(&module);
    assert_true(mocket__wasm_start_restore(mocket__buf_view(&made), &back));
    unit_same(mocket__buf_view(&back), app, 0);
    mocket__buf_release(&why);
    mocket__buf_release(&back);
    mocket__buf_release(&made);
}

static void test_round_trip(void **state)
{
    (void)state;
    expect_round_trip(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\1\0" CODE));
    expect_round_trip(MOCKET_SPAN(PREAMBLE CUSTOM TYPES FUNCTIONS CUSTOM EXPORTS CUSTOM "\x08\1\0" CUSTOM CODE CUSTOM));
    expect_round_trip(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS LONG_EXPORTS LONG_START CODE));
}

/* Cut or changed anywhere: restored or not, never a byte beyond the end, and never out of a byte that is not there. */
static void test_hostile(void **state)
{
    (void)state;
    struct mocket_buf made = { 0 };
    export_start(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\1\0" CODE), &made);
    for (size_t len = 0; len < made.len; len++) {
        struct unit_guard g = unit_guarded((mocket_span){ made.ptr, len });
        struct mocket_buf out = { 0 };
        mocket__wasm_start_restore(g.span, &out);
        mocket__buf_release(&out);
        unit_unguard(&g);
    }
    for (size_t at = 0; at < made.len; at++)
        for (int value = 0; value < 256; value++) {
            struct unit_guard g = unit_guarded(mocket__buf_view(&made));
            struct mocket_buf out = { 0 };
            ((char *)(uintptr_t)g.span.ptr)[at] = (char)value;
            mocket__wasm_start_restore(g.span, &out);
            mocket__buf_release(&out);
            unit_unguard(&g);
        }
    mocket__buf_release(&made);
}

/* The custom section has a whole module with a start section, and the head of a section of which the rest becomes the
 * content: that module is not in this one. */
static void test_foreign(void **state)
{
    (void)state;
    mocket_span evil =
        MOCKET_SPAN(PREAMBLE "\0\x36\x0c" MOCKET_WASM_START_SECTION "\x27" TYPES FUNCTIONS EXPORTS "\x08\1\0" CODE
                             "\0\x1d"
                             "\0" TYPES FUNCTIONS
                             "\7\x1b\1\x17"
                             "a name of 23 characters\0\0" CODE);
    struct mocket_buf out = { 0 };
    assert_false(mocket__wasm_start_restore(evil, &out));
    mocket__buf_release(&out);
}

static void expect_refused(mocket_span app, const char *wanted)
{
    struct mocket_buf why = { 0 };
    struct mocket_wasm_module module;
    assert_int_equal(mocket__wasm_module_read(&module, app, NULL, &why), 0);
    assert_int_equal(mocket__wasm_start_check(&module, &why), MOCKET_EINVAL);
    mocket__buf_add(&why, "", 1);
    if (!strstr(why.ptr, wanted))
        fail_msg("%s is not in: %s", wanted, why.ptr);
    mocket__wasm_module_release(&module);
    mocket__buf_release(&why);
}

static void test_checks(void **state)
{
    (void)state;
    expect_refused(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\1\1" CODE), "of the type :i, it must be :");
    expect_refused(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\1\2" CODE), "of the type ?");
    expect_refused(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\0" CODE), "cannot be read");
    expect_refused(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\2\0\0" CODE), "cannot be read");
    expect_refused(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS "\7\x18\1\x14" MOCKET_WASM_START_EXPORT "\0\0" CODE),
                   "reserved name");
    expect_refused(MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS "\5\3\1\0\1\7\x1d\2\2go\0\0\x14" MOCKET_WASM_START_EXPORT
                                                        "\2\0\x08\1\0" CODE),
                   "reserved name");
    expect_refused(MOCKET_SPAN(PREAMBLE "\0\x0d\x0c" MOCKET_WASM_START_SECTION TYPES FUNCTIONS EXPORTS "\x08\1\0" CODE),
                   "custom section `mocket.start` has a reserved name");
}

/* Memory that ends: the status says so. */
static void test_memory(void **state)
{
    (void)state;
    mocket_span app = MOCKET_SPAN(PREAMBLE TYPES FUNCTIONS EXPORTS "\x08\1\0" CODE);
    for (size_t most = 1; most < app.len; most++) {
        struct mocket_buf out = { .max_len = most };
        mocket__wasm_start_export(app, &out);
        assert_int_not_equal(mocket__buf_status(&out), 0);
        mocket__buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_hostile), cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_checks),     cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
