/* The engine seam with a module written by hand: instances, calls both ways, traps, deadlines, limits, types. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "hosts/c/engine/engine.h"

/* (module
 *   (import "host" "note" (func (param i32) (result i32)))
 *   (memory (export "memory") 1)
 *   (func (export "call") (param i32) (result i32) (call 0 (local.get 0)))
 *   (func (export "crash") unreachable)
 *   (func (export "loop") (loop (br 0)))
 *   (func $deep (export "deep") (call $deep))
 *   (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
 *   (func (export "vector") (param v128))
 *   (func (export "any") (result anyref) (ref.null any)) */
#define HEAD "\0asm\1\0\0\0"
#define TYPES "\1\x11\4\x60\1\x7f\1\x7f\x60\0\0\x60\1\x7b\0\x60\0\1\x6e"
#define IMPORTS "\2\x0d\1\4host\4note\0\0"
#define FUNCTIONS "\3\x08\7\0\1\1\1\0\2\3"
#define MEMORIES "\5\3\1\0\1"
#define EXPORTS "\7\x3d\x08\6memory\2\0\4call\0\1\5crash\0\2\4loop\0\3\4deep\0\4\4grow\0\5\6vector\0\6\3any\0\7"
#define CALL_CODE "\6\0\x20\0\x10\0\x0b"
#define CRASH_CODE "\3\0\0\x0b"
#define LOOP_CODE "\7\0\3\x40\x0c\0\x0b\x0b"
#define DEEP_CODE "\4\0\x10\4\x0b"
#define GROW_CODE "\6\0\x20\0\x40\0\x0b"
#define VECTOR_CODE "\2\0\x0b"
#define ANY_CODE "\4\0\xd0\x6e\x0b"
#define CODE "\x0a\x28\7" CALL_CODE CRASH_CODE LOOP_CODE DEEP_CODE GROW_CODE VECTOR_CODE ANY_CODE
static const char module_bytes[] = HEAD TYPES IMPORTS FUNCTIONS MEMORIES EXPORTS CODE;
static const mocket_span module_span = { module_bytes, sizeof module_bytes - 1 };

enum { CALL, CRASH, LOOP, DEEP, GROW };
static const char *const names[] = { "call", "crash", "loop", "deep", "grow" };

struct fixture {
    struct engine *engine;
    struct engine_module *module;
    struct engine_instance *instance;
    struct mocket_buf why;
    int noted;
};

/* 13 refuses, anything else is doubled. */
static const char *note(void *data, union engine_slot *slots)
{
    struct fixture *f = data;
    f->noted = slots[0].i32;
    if (f->noted == 13)
        return "that number";
    slots[0].i32 = 2 * f->noted;
    return NULL;
}

static const struct engine_import note_row = { "host", "note", "i:i", note };

/* The first engine of a process installs its signal handlers, once; cmocka replaces them around each test. */
static void keep_handlers(void)
{
    static const int numbers[] = { SIGILL, SIGSEGV, SIGFPE };
    static struct sigaction engines[UNIT_COUNT(numbers)];
    static bool known;
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        sigaction(numbers[i], known ? &engines[i] : NULL, known ? NULL : &engines[i]);
    known = true;
}

static void open_all(struct fixture *f, struct engine_opts opts)
{
    const struct engine_import *rows[] = { &note_row };
    *f = (struct fixture){ 0 };
    assert_int_equal(engine_open(&opts, &f->engine, &f->why), 0);
    keep_handlers();
    assert_int_equal(engine_module_open(f->engine, module_span, &f->module, &f->why), 0);
    assert_int_equal(engine_module_link(f->module, &(struct engine_link){ rows, names, UNIT_COUNT(names) }, &f->why),
                     0);
    assert_int_equal(engine_instance_open(f->module, &(struct engine_start){ .data = f }, &f->instance, &f->why), 0);
}

static void close_all(struct fixture *f)
{
    engine_instance_close(f->instance);
    engine_module_close(f->module);
    engine_close(f->engine);
    mocket__buf_release(&f->why);
}

static const struct engine_opts small = { .instances = 4, .least = 1, .memory_bytes = 1 << 20 };

static bool said(const struct fixture *f, const char *text)
{
    return f->why.len && memmem(f->why.ptr, f->why.len, text, strlen(text));
}

static void tells_imports_and_exports(void **state)
{
    (void)state;
    static const struct engine_symbol want[] = {
        { .name = { "memory", 6 }, .kind = ENGINE_MEMORY, .type = "32" },
        { .name = { "call", 4 }, .kind = ENGINE_FUNCTION, .type = "i:i" },
        { .name = { "crash", 5 }, .kind = ENGINE_FUNCTION, .type = ":" },
        { .name = { "loop", 4 }, .kind = ENGINE_FUNCTION, .type = ":" },
        { .name = { "deep", 4 }, .kind = ENGINE_FUNCTION, .type = ":" },
        { .name = { "grow", 4 }, .kind = ENGINE_FUNCTION, .type = "i:i" },
        { .name = { "vector", 6 }, .kind = ENGINE_FUNCTION, .type = "v:" },
        { .name = { "any", 3 }, .kind = ENGINE_FUNCTION, .type = ":x" },
    };
    struct fixture f;
    open_all(&f, small);
    struct engine_symbols imports = engine_module_imports(f.module), exports = engine_module_exports(f.module);
    assert_int_equal(imports.count, 1);
    assert_string_equal(imports.rows[0].module.ptr, "host");
    assert_string_equal(imports.rows[0].type, "i:i");
    assert_int_equal(exports.count, UNIT_COUNT(want));
    for (size_t i = 0; i < exports.count; i++) {
        unit_same(exports.rows[i].name, want[i].name, i);
        unit_equal(exports.rows[i].kind, want[i].kind, i);
        assert_string_equal(exports.rows[i].type, want[i].type);
    }
    close_all(&f);
}

static void calls_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    open_all(&f, small);
    union engine_slot slot = { .i32 = 21 };
    assert_int_equal(engine_call(f.instance, CALL, &slot, 1, &f.why), ENGINE_RETURNED);
    assert_int_equal(f.noted, 21);
    assert_int_equal(slot.i32, 42);
    close_all(&f);
}

static void tells_why_it_trapped(void **state)
{
    (void)state;
    static const struct {
        int export, argument;
        const char *text;
    } rows[] = { { CRASH, 0, "unreachable" }, { DEEP, 0, "call stack exhausted" }, { CALL, 13, "that number" } };
    struct fixture f;
    open_all(&f, small);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        union engine_slot slot = { .i32 = rows[i].argument };
        unit_equal(engine_call(f.instance, (size_t)rows[i].export, &slot, 1, &f.why), ENGINE_TRAPPED, i);
        unit_equal(said(&f, rows[i].text), true, i);
        unit_equal(said(&f, "\n    at function "), true, i);
        mocket__buf_reset(&f.why);
    }
    close_all(&f);
}

static void *tick(void *arg)
{
    struct fixture *f = arg;
    for (int i = 0; i < 20; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = ENGINE_TICK_MS * 1000000 }, NULL);
        engine_tick(f->engine);
    }
    return NULL;
}

static void ends_what_runs_too_long(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t ticker;
    open_all(&f, small);
    engine_deadline(f.instance, 50);
    assert_int_equal(pthread_create(&ticker, NULL, tick, &f), 0);
    assert_int_equal(engine_call(f.instance, LOOP, NULL, 0, &f.why), ENGINE_EXPIRED);
    pthread_join(ticker, NULL);
    close_all(&f);
}

/* A call in slices stops at ticks and goes on; direct calls of the same instance are none the worse for it. */
static void runs_in_slices(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t ticker;
    union engine_slot slot = { .i32 = 4 };
    open_all(&f, small);
    assert_false(engine_module_waits(f.module));
    assert_true(engine_call_begin(f.instance, CALL, &slot));
    assert_int_equal(engine_resume(f.instance, &f.why), ENGINE_RETURNED);
    assert_int_equal(engine_result(f.instance), 8);
    engine_deadline(f.instance, 0);
    assert_int_equal(engine_call(f.instance, CALL, &slot, 1, &f.why), ENGINE_RETURNED);
    assert_int_equal(slot.i32, 8);
    assert_int_equal(pthread_create(&ticker, NULL, tick, &f), 0);
    assert_true(engine_call_begin(f.instance, LOOP, NULL));
    for (int i = 0; i < 3; i++)
        assert_int_equal(engine_resume(f.instance, &f.why), ENGINE_SLICED);
    engine_interrupt(f.instance);
    assert_int_equal(engine_resume(f.instance, &f.why), ENGINE_EXPIRED);
    assert_true(said(&f, "\n    at function "));
    pthread_join(ticker, NULL);
    close_all(&f);
}

/* What is under way is unwound, and a new instance finds room. */
static void drops_what_is_under_way(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t ticker;
    open_all(&f, (struct engine_opts){ .instances = 1, .least = 1, .memory_bytes = 1 << 20 });
    assert_int_equal(pthread_create(&ticker, NULL, tick, &f), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(engine_call_begin(f.instance, LOOP, NULL));
        assert_int_equal(engine_resume(f.instance, &f.why), ENGINE_SLICED);
        engine_instance_close(f.instance);
        assert_int_equal(engine_instance_begin(f.module, &f, &f.instance), 0);
        assert_int_equal(engine_resume(f.instance, &f.why), ENGINE_RETURNED);
    }
    pthread_join(ticker, NULL);
    close_all(&f);
}

static void holds_the_memory_limit(void **state)
{
    (void)state;
    struct fixture f;
    open_all(&f, small); /* 16 pages, one of which is there */
    union engine_slot slot = { .i32 = 15 };
    assert_int_equal(engine_call(f.instance, GROW, &slot, 1, &f.why), ENGINE_RETURNED);
    assert_int_equal(slot.i32, 1);
    assert_int_equal(engine_memory(f.instance).size, 1 << 20);
    slot.i32 = 1;
    assert_int_equal(engine_call(f.instance, GROW, &slot, 1, &f.why), ENGINE_RETURNED);
    assert_int_equal(slot.i32, -1);
    close_all(&f);
}

static void has_room_for_so_many_instances(void **state)
{
    (void)state;
    struct fixture f;
    struct engine_instance *more[4];
    open_all(&f, small);
    for (int i = 0; i < 3; i++)
        assert_int_equal(engine_instance_open(f.module, &(struct engine_start){ .data = &f }, &more[i], &f.why), 0);
    assert_int_equal(engine_instance_open(f.module, &(struct engine_start){ .data = &f }, &more[3], &f.why),
                     MOCKET_ELIMIT);
    assert_null(more[3]);
    engine_instance_close(more[2]);
    assert_int_equal(engine_instance_open(f.module, &(struct engine_start){ .data = &f }, &more[2], &f.why), 0);
    for (int i = 0; i < 3; i++)
        engine_instance_close(more[i]);
    close_all(&f);
}

/* A fresh instance never sees what another one wrote in the same place. */
static void gives_clean_memory(void **state)
{
    (void)state;
    struct fixture f;
    open_all(&f, (struct engine_opts){ .instances = 1, .least = 1, .memory_bytes = 1 << 20 });
    for (int round = 0; round < 50; round++) {
        union engine_slot slot = { .i32 = round % 8 };
        assert_int_equal(engine_call(f.instance, GROW, &slot, 1, &f.why), ENGINE_RETURNED);
        struct engine_memory memory = engine_memory(f.instance);
        for (size_t i = 0; i < memory.size; i += 512)
            assert_int_equal(memory.base[i], 0);
        memset(memory.base, 0xa5, memory.size);
        engine_instance_close(f.instance);
        assert_int_equal(engine_instance_open(f.module, &(struct engine_start){ .data = &f }, &f.instance, &f.why), 0);
    }
    close_all(&f);
}

/* Whatever is in a file: an answer, never a crash. */
static void refuses_broken_modules(void **state)
{
    (void)state;
    struct fixture f;
    open_all(&f, small);
    char bytes[sizeof module_bytes];
    for (size_t at = 0; at < module_span.len; at++) {
        struct engine_module *module = NULL;
        if (at != 8) /* a module that ends behind its head is an empty one */
            assert_true(engine_module_open(f.engine, (mocket_span){ module_bytes, at }, &module, &f.why) < 0 || module);
        engine_module_close(module);
        module = NULL;
        memcpy(bytes, module_bytes, sizeof bytes);
        bytes[at] = (char)(bytes[at] ^ 0x55);
        assert_true(engine_module_open(f.engine, (mocket_span){ bytes, module_span.len }, &module, &f.why) < 0 ||
                    module);
        engine_module_close(module);
    }
    close_all(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_imports_and_exports),
        cmocka_unit_test(calls_both_ways),
        cmocka_unit_test(tells_why_it_trapped),
        cmocka_unit_test(ends_what_runs_too_long),
        cmocka_unit_test(holds_the_memory_limit),
        cmocka_unit_test(has_room_for_so_many_instances),
        cmocka_unit_test(gives_clean_memory),
        cmocka_unit_test(refuses_broken_modules),
        cmocka_unit_test(runs_in_slices),
        cmocka_unit_test(drops_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
