/* The mark of a bundle: written and read again, in a module and a component, cut at every byte, and malformed. */
#include "tests/unit/unit.h"

#include "src/base/span.h"
#include "src/wasm/mark.h"
#include "src/wasm/sections.h"
#include "src/wasm/write.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MODULE MOCKET_SPAN("\0asm\1\0\0\0")
#define COMPONENT MOCKET_SPAN("\0asm\x0d\0\1\0")

static bool read_guarded(const struct mocket_buf *file)
{
    struct mocket_wasm_mark mark;
    struct unit_guard g = unit_guarded(mocket__buf_view(file));
    bool found = mocket__wasm_mark_read(g.span, &mark);
    unit_unguard(&g);
    return found;
}

static void test_round_trip(void **state)
{
    (void)state;
    const mocket_span beginnings[] = { MODULE, COMPONENT };
    const struct mocket_wasm_mark written = { MOCKET_SPAN("wasi-http@0.3"), 1, 23, MOCKET_SPAN(HASH), 300000 };
    for (int i = 0; i < 2; i++) {
        struct mocket_buf file = { 0 };
        struct mocket_wasm_mark mark;
        mocket__buf_span(&file, beginnings[i]);
        mocket__buf_span(&file, MOCKET_SPAN("\0\4\3abc")); /* another custom section in front */
        mocket__wasm_mark_write(&file, &written);
        assert_int_equal(mocket__buf_status(&file), 0);
        assert_true(mocket__wasm_mark_read(mocket__buf_view(&file), &mark));
        assert_true(mocket__span_eq(mark.target, written.target));
        assert_true(mocket__span_eq(mark.app_hash, written.app_hash));
        assert_int_equal(mark.abi, 1);
        assert_int_equal(mark.abi_minor, 23);
        assert_int_equal(mark.app_bytes, 300000);
        for (size_t len = file.len; len-- > 0;) {
            struct mocket_buf cut = file;
            cut.len = len;
            assert_false(read_guarded(&cut));
        }
        mocket__buf_release(&file);
    }
}

/* Reads a module whose mark has this text. */
static bool read_text(const char *text)
{
    struct mocket_buf file = { 0 }, content = { 0 };
    mocket__buf_span(&file, MODULE);
    mocket__wasm_write_name(&content, MOCKET_SPAN(MOCKET_WASM_MARK_SECTION));
    mocket__buf_text(&content, text);
    mocket__wasm_write_section(&file, MOCKET_WASM_SECTION_CUSTOM, &content);
    bool found = read_guarded(&file);
    mocket__buf_release(&content);
    mocket__buf_release(&file);
    return found;
}

static void test_text(void **state)
{
    (void)state;
#define HASH_LINE "app-sha256: " HASH "\n"
    assert_true(read_text("target: cgi\nabi: 1.0\n" HASH_LINE "app-bytes: 1\n"));
    assert_true(read_text("target: cgi\nabi: 1.0\n" HASH_LINE "app-bytes: 1"));
    assert_true(read_text("new: line\ntarget: cgi\nabi: 1.0\n" HASH_LINE "app-bytes: 1\nother: line\n"));
    assert_false(read_text(""));
    assert_false(read_text("target: cgi\nabi: 1.0\n" HASH_LINE));
    assert_false(read_text("target: cgi\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("abi: 1.0\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: cgi\nabi: 1.0\napp-bytes: 1\n"));
    assert_false(read_text("target: \nabi: 1.0\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: c\x1bgi\nabi: 1.0\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: abcdefghijklmnopqrstuvwxyzabcdefg\nabi: 1.0\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: cgi\nabi: 1\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: cgi\nabi: 1.-1\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: cgi\nabi: 4294967296.0\n" HASH_LINE "app-bytes: 1\n"));
    assert_false(read_text("target: cgi\nabi: 1.0\napp-sha256: 0123\napp-bytes: 1\n"));
    assert_false(read_text("target: cgi\nabi: 1.0\n" HASH_LINE "app-bytes: -1\n"));
    assert_false(read_text("target: cgi\nabi: 1.0\n" HASH_LINE "app-bytes:1\n"));
}

static void test_forms(void **state)
{
    (void)state;
    assert_int_equal(mocket__wasm_form(MODULE), MOCKET_WASM_MODULE);
    assert_int_equal(mocket__wasm_form(COMPONENT), MOCKET_WASM_COMPONENT);
    assert_int_equal(mocket__wasm_form(MOCKET_SPAN("\0asm\1\0\0")), MOCKET_WASM_OTHER);
    assert_int_equal(mocket__wasm_form(MOCKET_SPAN("\0asm\2\0\0\0")), MOCKET_WASM_OTHER);
    assert_true(mocket__wasm_sections(COMPONENT).bad);
    assert_true(mocket__wasm_component_sections(MODULE).bad);
    assert_true(mocket__wasm_sections((mocket_span){ NULL, 0 }).bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
