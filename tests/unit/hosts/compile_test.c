/* Compiling in a child: what it hands back, and what becomes of a child that fails or takes too long. */
#include "tests/unit/unit.h"

#include <sys/wait.h>

#include "hosts/c/engine/compile.h"

#define PROGRAM MOCKET_BINARY_DIR "/mocket"

/* (module (func (export "f"))) */
static const mocket_span plain = UNIT_ROW("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0\x0a\4\1\2\0\x0b");

static struct engine *engine;

static int open_engine(void **state)
{
    (void)state;
    struct mocket_buf why = { 0 };
    return engine_open(&(struct engine_opts){ .instances = 2, .least = 1, .memory_bytes = 1 << 20 }, &engine, &why);
}

static int close_engine(void **state)
{
    (void)state;
    engine_close(engine);
    return 0;
}

static bool has_children(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0;
}

/* Compiles, and looks for a text in the reason when that fails. */
static int run(const struct compile_opts *opts, mocket_span wasm, struct compile_result *result, const char *text)
{
    struct mocket_buf why = { 0 };
    size_t before = unit_open_files();
    int rc = compile_run(opts, engine, wasm, result, &why);
    assert_int_equal(unit_open_files(), before);
    assert_false(has_children());
    if (rc < 0 && !(why.len > 0 && memmem(why.ptr, why.len, text, strlen(text))))
        fail_msg("%.*s: not \"%s\"", (int)why.len, why.ptr ? why.ptr : "", text);
    mocket__buf_release(&why);
    return rc;
}

static void test_result_is_code(void **state)
{
    (void)state;
    struct compile_result result;
    struct engine_module *module;
    struct mocket_buf why = { 0 };
    assert_int_equal(run(&(struct compile_opts){ .program = PROGRAM }, plain, &result, ""), 0);
    assert_int_equal(engine_module_load(engine, result.code, &module, &why), 0);
    assert_int_equal(engine_module_exports(module).count, 1);
    engine_module_close(module);
    compile_release(&result);
    compile_release(&result); /* twice is fine */
}

static void test_invalid_module(void **state)
{
    (void)state;
    struct compile_result result;
    mocket_span cut = { plain.ptr, plain.len - 1 };
    assert_int_equal(run(&(struct compile_opts){ .program = PROGRAM }, cut, &result, "unexpected end"), MOCKET_EINVAL);
    assert_null(result.code.ptr);
}

static void test_programs_that_do_something_else(void **state)
{
    (void)state;
    static const struct {
        const char *program, *text;
    } rows[] = {
        { "/nowhere/mocket", "could not be started: /nowhere/mocket: No such file" },
        { "/bin/true", "returned no sealed file" },
        { "/bin/false", "the compiler failed" },
    };
    struct compile_result result;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(run(&(struct compile_opts){ .program = rows[i].program }, plain, &result, rows[i].text) < 0);
}

/* (module (func ...)) with so many loops in each other: compile time is quadratic in their depth. */
static void add_loops(struct mocket_buf *wasm, size_t depth)
{
    struct mocket_buf body = { 0 };
    mocket__buf_add(&body, "\0", 1);
    for (size_t i = 0; i < depth; i++)
        mocket__buf_add(&body, "\3\x40", 2);
    for (size_t i = 0; i < depth; i++)
        mocket__buf_add(&body, "\x0c\0\x0b", 3);
    mocket__buf_add(&body, "\x0b", 1);
    unsigned long len = body.len;
    const char size[] = { (char)(len | 0x80), (char)(len >> 7 | 0x80), (char)(len >> 14 & 0x7f) };
    len += 4;
    const char section[] = { 0x0a, (char)(len | 0x80), (char)(len >> 7 | 0x80), (char)(len >> 14 & 0x7f), 1 };
    mocket__buf_add(wasm, "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0", 18);
    mocket__buf_add(wasm, section, sizeof section);
    mocket__buf_add(wasm, size, sizeof size);
    mocket__buf_span(wasm, mocket__buf_view(&body));
    mocket__buf_release(&body);
}

static int slow_calls;

static void count_slow(void *data)
{
    assert_ptr_equal(data, &slow_calls);
    slow_calls++;
}

static void test_limit_of_time(void **state)
{
    (void)state;
    struct mocket_buf wasm = { 0 };
    struct compile_result result;
    struct compile_opts opts = { .program = PROGRAM, .cpu_ms = 2000, .slow = count_slow, .data = &slow_calls };
    add_loops(&wasm, 20000);
    assert_int_equal(run(&opts, mocket__buf_view(&wasm), &result, "--compile-timeout"), MOCKET_ELIMIT);
    assert_int_equal(slow_calls, 1);
    mocket__buf_release(&wasm);
}

static void test_limit_of_memory(void **state)
{
    (void)state;
    struct compile_result result;
    struct compile_opts opts = { .program = PROGRAM, .memory_bytes = 1 << 20 };
    int rc = run(&opts, plain, &result, "");
    assert_true(rc == MOCKET_ELIMIT || rc == MOCKET_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_is_code),
        cmocka_unit_test(test_invalid_module),
        cmocka_unit_test(test_programs_that_do_something_else),
        cmocka_unit_test(test_limit_of_time),
        cmocka_unit_test(test_limit_of_memory),
    };
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
