/* The engine seam with a module written by hand: instances, calls both ways, traps, deadlines, limits, types. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
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

static void open_module(struct fixture *f, struct engine_opts opts, mocket_span bytes, struct engine_link link)
{
    *f = (struct fixture){ 0 };
    assert_int_equal(engine_open(&opts, &f->engine, &f->why), 0);
    keep_handlers();
    assert_int_equal(engine_module_open(f->engine, bytes, &f->module, &f->why), 0);
    assert_int_equal(engine_module_link(f->module, &link, &f->why), 0);
    assert_int_equal(engine_instance_open(f->module, &(struct engine_start){ .data = f }, &f->instance, &f->why), 0);
}

static void open_all(struct fixture *f, struct engine_opts opts)
{
    const struct engine_import *rows[] = { &note_row };
    open_module(f, opts, module_span, (struct engine_link){ rows, names, UNIT_COUNT(names), NULL });
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

/* The module of all tests, with a name for `crash`. */
static struct mocket_buf with_name(mocket_span name)
{
    struct mocket_buf wasm = { 0 };
    size_t rest = name.len + 4, all = rest + 8; /* each number in two bytes */
    const unsigned char size[] = { 0, (unsigned char)(all | 0x80), (unsigned char)(all >> 7) };
    const unsigned char names_of_functions[] = { 1, (unsigned char)(rest | 0x80), (unsigned char)(rest >> 7) };
    const unsigned char one[] = { 1, 2, (unsigned char)(name.len | 0x80), (unsigned char)(name.len >> 7) };
    mocket__buf_span(&wasm, module_span);
    mocket__buf_add(&wasm, size, sizeof size);
    mocket__buf_text(&wasm, "\4name");
    mocket__buf_add(&wasm, names_of_functions, sizeof names_of_functions);
    mocket__buf_add(&wasm, one, sizeof one);
    mocket__buf_span(&wasm, name);
    return wasm;
}

/* What is told when `crash` with this name traps. The caller closes it. */
static void crash_named(struct fixture *f, mocket_span name)
{
    const struct engine_import *rows[] = { &note_row };
    struct mocket_buf wasm = with_name(name);
    open_module(f, small, mocket__buf_view(&wasm), (struct engine_link){ rows, names, UNIT_COUNT(names), NULL });
    assert_int_equal(engine_call(f->instance, CRASH, NULL, 0, &f->why), ENGINE_TRAPPED);
    mocket__buf_release(&wasm);
}

static const char crashed[] = "wasm `unreachable` instruction executed\n    at ";

/* A name is the guest's: it cannot begin a line, give another reason, or be as long as it likes. */
static void tells_names_in_one_line(void **state)
{
    (void)state;
    static char wide[4096];
    memset(wide, 'w', sizeof wide);
    static const struct {
        mocket_span name;
        const char *text;
    } rows[] = {
        { UNIT_ROW("plain"), "plain (0x" },
        { UNIT_ROW("a\nmocket: forged"), "a?mocket: forged (0x" },
        { UNIT_ROW("a\n\nCaused by:\n    forged"), "a??Caused by:?    forged (0x" },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct fixture f;
        crash_named(&f, rows[i].name);
        size_t len = sizeof crashed - 1, text_len = strlen(rows[i].text);
        assert_true(f.why.len > len + text_len);
        unit_same((mocket_span){ f.why.ptr, len }, mocket__span(crashed), i);
        unit_same((mocket_span){ f.why.ptr + len, text_len }, mocket__span(rows[i].text), i);
        close_all(&f);
    }
    struct fixture f;
    crash_named(&f, (mocket_span){ wide, sizeof wide });
    assert_true(said(&f, "www... (0x"));
    assert_true(f.why.len < sizeof crashed + 600);
    close_all(&f);
}

/* A mangled name in C++'s form that stands for 2^24 times its types: nobody writes it out. */
static void never_demangles(void **state)
{
    (void)state;
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct mocket_buf name = { 0 };
    struct rusage before, after;
    struct fixture f;
    mocket__buf_text(&name, "_Z1f1AIiiE");
    for (int i = 0; i < 24; i++) { /* each type has the one before it twice; 36 and more have two digits */
        char twice[32], one[8];
        int last = 2 * i;
        snprintf(one, sizeof one, last < 36 ? "S%c_" : "S1%c_", digits[last % 36]);
        snprintf(twice, sizeof twice, "1AI%s%sE", one, one);
        mocket__buf_text(&name, twice);
    }
    getrusage(RUSAGE_SELF, &before);
    crash_named(&f, mocket__buf_view(&name));
    getrusage(RUSAGE_SELF, &after);
    assert_true(said(&f, "    at _Z1f1AIiiE1AIS0_S0_E"));
    assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 64 << 10);
    close_all(&f);
    mocket__buf_release(&name);
}

static void loads_what_it_saved_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct mocket_buf saved = { 0 };
    struct engine_module *again = NULL;
    open_all(&f, small);
    assert_int_equal(engine_module_save(f.module, &saved), 0);
    assert_int_equal(engine_module_load(f.engine, mocket__buf_view(&saved), &again, &f.why), 0);
    engine_module_close(again);
    for (size_t len = 0; len < 16;
         len++) { /* each at the end of a page; no table, or one of a size that is too large */
        struct unit_guard g = unit_guarded((mocket_span){ "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0", len });
        unit_equal(engine_module_load(f.engine, g.span, &again, &f.why), MOCKET_EINVAL, len);
        unit_unguard(&g);
        unit_equal(said(&f, "the compiled module is not complete"), true, len);
        mocket__buf_reset(&f.why);
    }
    mocket__buf_release(&saved);
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
    assert_int_equal(engine_memory_of(f.instance).size, 1 << 20);
    slot.i32 = 1;
    assert_int_equal(engine_call(f.instance, GROW, &slot, 1, &f.why), ENGINE_RETURNED);
    assert_int_equal(slot.i32, -1);
    close_all(&f);
}

/* (module
 *   (type $bytes (array (mut i8)))
 *   (memory (export "memory") 1)
 *   (global $kept (mut (ref null $bytes)) (ref.null $bytes))
 *   (func (export "keep") (param i32) (global.set $kept (array.new_default $bytes (local.get 0))))
 *   (func (export "waste") (param i32)
 *     (loop (drop (array.new_default $bytes (i32.const 1000)))
 *       (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
 *   (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))) */
static const char heap_bytes[] = HEAD
    "\1\x0d\3\x5e\x78\1\x60\1\x7f\0\x60\1\x7f\1\x7f"
    "\3\4\3\1\1\2" MEMORIES
    "\6\7\1\x63\0\1\xd0\0\x0b"
    "\7\x20\4\6memory\2\0\4keep\0\0\5waste\0\1\4grow\0\2"
    "\x0a\x28\3\x9\0\x20\0\xfb\7\0\x24\0\x0b"
    "\x15\0\3\x40\x41\xe8\7\xfb\7\0\x1a\x20\0\x41\1\x6b\x22\0\x0d\0\x0b\x0b"
    "\6\0\x20\0\x40\0\x0b";
enum { KEEP, WASTE, GROW_BESIDE };
static const char *const heap_names[] = { "keep", "waste", "grow" };

static enum engine_outcome call_with(struct fixture *f, size_t export, int32_t *number)
{
    union engine_slot slot = { .i32 = *number };
    enum engine_outcome outcome = engine_call(f->instance, export, &slot, 1, &f->why);
    *number = slot.i32;
    return outcome;
}

static int32_t grow_beside(struct fixture *f, int32_t pages)
{
    assert_int_equal(call_with(f, GROW_BESIDE, &pages), ENGINE_RETURNED);
    return pages;
}

/* With an object in the heap. Skipped where the engine does not tell of heaps. */
static void open_heap(struct fixture *f, uint64_t memory_bytes)
{
    int32_t size = 10;
    open_module(f, (struct engine_opts){ .instances = 2, .least = 2, .memory_bytes = memory_bytes },
                (mocket_span){ heap_bytes, sizeof heap_bytes - 1 },
                (struct engine_link){ NULL, heap_names, UNIT_COUNT(heap_names), NULL });
    assert_int_equal(call_with(f, KEEP, &size), ENGINE_RETURNED);
    assert_int_equal(engine_use_of(f->instance).memory, 1 << 16);
    if (engine_use_of(f->instance).heap > 0)
        return;
    close_all(f);
    skip();
}

static void holds_the_limit_for_heap_and_memory_together(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 4 << 20);
    int32_t size = 1 << 20; /* more than half of the heap it begins with, which has two halves */
    assert_int_equal(engine_use_of(f.instance).heap, 1 << 20);
    assert_int_equal(call_with(&f, KEEP, &size), ENGINE_RETURNED);
    uint64_t heap = engine_use_of(f.instance).heap;
    assert_in_range(heap, 2 << 20, (4 << 20) - (1 << 16));
    int32_t left = (int32_t)(((4 << 20) - heap) / (1 << 16)) - 1;
    assert_int_equal(grow_beside(&f, left + 1), -1);
    assert_int_equal(grow_beside(&f, 1 << 16), -1);
    assert_int_equal(grow_beside(&f, left), 1);
    assert_int_equal(grow_beside(&f, 1), -1);
    size = 3 << 20;
    assert_int_equal(call_with(&f, KEEP, &size), ENGINE_TRAPPED);
    assert_int_equal(engine_use_of(f.instance).memory + engine_use_of(f.instance).heap, 4 << 20);
    close_all(&f);
}

/* The other way round: what the memory has taken the heap cannot have. */
static void memory_counts_before_the_heap(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 4 << 20);
    assert_int_equal(grow_beside(&f, 40), 1);
    int32_t size = 1 << 20;
    assert_int_equal(call_with(&f, KEEP, &size), ENGINE_TRAPPED);
    assert_int_equal(engine_use_of(f.instance).heap, 1 << 20);
    close_all(&f);
}

static void tells_collections(void **state)
{
    (void)state;
    struct fixture f;
    open_heap(&f, 4 << 20);
    assert_false(engine_collected(f.instance));
    int32_t few = 10;
    assert_int_equal(call_with(&f, WASTE, &few), ENGINE_RETURNED);
    assert_false(engine_collected(f.instance));
    for (int round = 0; round < 100; round++) {
        int32_t many = 5000;
        assert_int_equal(call_with(&f, WASTE, &many), ENGINE_RETURNED);
        assert_true(engine_collected(f.instance));
        assert_false(engine_collected(f.instance));
    }
    assert_int_equal(engine_use_of(f.instance).heap, 1 << 20);
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
        struct engine_memory memory = engine_memory_of(f.instance);
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
        cmocka_unit_test(tells_names_in_one_line),
        cmocka_unit_test(never_demangles),
        cmocka_unit_test(loads_what_it_saved_alone),
        cmocka_unit_test(ends_what_runs_too_long),
        cmocka_unit_test(holds_the_memory_limit),
        cmocka_unit_test(holds_the_limit_for_heap_and_memory_together),
        cmocka_unit_test(memory_counts_before_the_heap),
        cmocka_unit_test(tells_collections),
        cmocka_unit_test(has_room_for_so_many_instances),
        cmocka_unit_test(gives_clean_memory),
        cmocka_unit_test(refuses_broken_modules),
        cmocka_unit_test(runs_in_slices),
        cmocka_unit_test(drops_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
