/* Merging: the engine runs what was made of an app and an adapter written by hand; broken modules are refused. */
#include "tests/unit/unit.h"

#include "hosts/c/engine/engine.h"
#include "src/wasm/merge.h"
#include "src/wasm/write.h"

enum {
    TYPE = 1,
    IMPORT,
    FUNCTION,
    TABLE,
    MEMORY,
    GLOBAL,
    EXPORT,
    START,
    ELEMENT,
    CODE,
    DATA,
    DATA_COUNT,
    TAG,
    SECTIONS
};

/* Contents of sections, by id; NULL: there is none. */
struct parts {
    mocket_span sections[SECTIONS];
};

/* (module
 *   (type 0 (func)) (type 1 (func (param i32) (result i32))) (type 2 (func (param i32 i32 i32)))
 *   (rec (type 3 (struct (field (mut (ref null 4))) (field i8))) (type 4 (array (mut i32))))
 *   (import "mocket" "twice" (func 0 (type 1))) (import "host" "note" (func 1 (type 1)))
 *   (func 2 alloc) (func 3 handle) (func 4 start) (table 1 funcref) (memory 1 2) (tag 0 (type 0))
 *   (global 0 funcref (ref.func 2)) ...) */
static const struct parts app_parts = { {
    [TYPE] = UNIT_ROW("\4\x60\0\0\x60\1\x7f\1\x7f\x60\3\x7f\x7f\x7f\0\x4e\2\x5f\2\x63\4\1\x78\0\x5e\x7f\1"),
    [IMPORT] = UNIT_ROW("\2\6mocket\5twice\0\1\4host\4note\0\1"),
    [FUNCTION] = UNIT_ROW("\3\1\2\0"),
    [TABLE] = UNIT_ROW("\1\x70\0\2"),
    [MEMORY] = UNIT_ROW("\1\1\1\2"),
    [TAG] = UNIT_ROW("\1\0\0"),
    [GLOBAL] = UNIT_ROW("\1\x70\0\xd2\2\x0b"),
    [EXPORT] = UNIT_ROW("\3\6memory\2\0\x0cmocket_alloc\0\2\x0dmocket_handle\0\3"),
    [START] = UNIT_ROW("\4"),
    [ELEMENT] = UNIT_ROW("\2\0\x41\0\x0b\1\1\5\x70\1\xd2\3\x0b"), /* func 1 by number, func 3 by an expression */
    [DATA_COUNT] = UNIT_ROW("\1"),
    [CODE] = UNIT_ROW("\3"
                      "\6\0\x20\0\x40\0\x0b" /* memory.grow */
                      /* note(memory.size) by the table, struct.new 3, data.drop 0, a try_table that catches tag 0 */
                      "\x1c\0\x3f\0\x41\0\x11\1\0\x1a\xd0\4\x41\1\xfb\0\3\x1a\xfc\x09\0\x1f\x40\1\0\0\0\x0b\x0b"
                      "\x09\0\x41\x15\x10\0\x10\1\x1a\x0b"), /* note(twice(21)) */
    [DATA] = UNIT_ROW("\1\0\x41\0\x0b\3app"),
} };

/* The adapter: `twice` calls its helper by its own table; run(x) is
 *     handle(0, 0, 0), alloc(x) + traits() + gone(x) + a byte of its data, at 2 MiB less a page. */
static const struct parts adapter_parts = { {
    [TYPE] = UNIT_ROW("\3\x60\1\x7f\1\x7f\x60\0\1\x7f\x60\3\x7f\x7f\x7f\0"),
    [IMPORT] = UNIT_ROW("\4\3app\x0cmocket_alloc\0\0\3app\6traits\0\1\3app\x0bmocket_gone\0\0"
                        "\3app\x0dmocket_handle\0\2"),
    [FUNCTION] = UNIT_ROW("\3\0\0\0"),
    [TABLE] = UNIT_ROW("\1\x70\0\1"),
    [MEMORY] = UNIT_ROW("\1\0\x21"),
    [GLOBAL] = UNIT_ROW("\2\x7f\1\x41\0\x0b\x7f\0\x41\x80\x80\xfc\0\x0b"),
    [EXPORT] = UNIT_ROW("\3\x0cmocket.twice\0\4\3run\0\6\x0d__global_base\3\1"),
    [ELEMENT] = UNIT_ROW("\1\0\x41\0\x0b\1\5"),
    [CODE] =
        UNIT_ROW("\3"
                 "\x09\0\x20\0\x41\0\x11\0\0\x0b"
                 "\7\0\x20\0\x41\2\x6c\x0b"
                 "\x22\0\x41\0\x41\0\x41\0\x10\3\x20\0\x10\0\x10\1\x6a\x20\0\x10\2\x6a\x41\x80\x80\xfc\0\x2d\0\0\x6a"
                 "\x23\0\x6a\x0b"),
    [DATA] = UNIT_ROW("\1\0\x41\x80\x80\xfc\0\x0b\2\x64!"),
} };

static void build(struct mocket_buf *out, const struct parts *p)
{
    static const unsigned char order[] = { TYPE,   IMPORT, FUNCTION, TABLE,      MEMORY, TAG, GLOBAL,
                                           EXPORT, START,  ELEMENT,  DATA_COUNT, CODE,   DATA };
    mocket__buf_add(out, "\0asm\1\0\0\0", 8);
    for (size_t i = 0; i < sizeof order; i++) {
        mocket_span content = p->sections[order[i]];
        if (!content.ptr)
            continue;
        mocket__wasm_write_byte(out, order[i]);
        mocket__wasm_write_name(out, content);
    }
}

struct made {
    struct mocket_buf app, adapter, out, why;
    uint32_t traits;
};

static int merge(struct made *m)
{
    struct unit_guard app = unit_guarded(mocket__buf_view(&m->app));
    struct unit_guard adapter = unit_guarded(mocket__buf_view(&m->adapter));
    mocket__buf_release(&m->out);
    mocket__buf_release(&m->why);
    int rc = mocket__wasm_merge(&(struct mocket_wasm_merge){ app.span, adapter.span, MOCKET_SPAN("host"), m->traits },
                                &m->out, &m->why);
    unit_unguard(&app);
    unit_unguard(&adapter);
    return rc;
}

static void make(struct made *m, const struct parts *app, const struct parts *adapter)
{
    *m = (struct made){ .traits = 1000 };
    build(&m->app, app);
    build(&m->adapter, adapter);
}

static void release(struct made *m)
{
    mocket__buf_release(&m->app);
    mocket__buf_release(&m->adapter);
    mocket__buf_release(&m->out);
    mocket__buf_release(&m->why);
}

/* ---- What was made runs ---- */

struct noted {
    size_t count;
    int values[4];
};

static const char *note(void *data, union engine_slot *slots)
{
    struct noted *noted = data;
    if (noted->count < UNIT_COUNT(noted->values))
        noted->values[noted->count++] = slots[0].i32;
    return NULL;
}

/* Merges, and runs what was made. */
static void expect_runs(const struct parts *app)
{
    static const struct engine_import row = { "host", "note", "i:i", note };
    static const char *const names[] = { "run" };
    static const struct engine_import *const rows[] = { &row };
    struct made m;
    struct noted noted = { 0 };
    struct engine *engine;
    struct engine_module *module;
    struct engine_instance *instance;
    make(&m, app, &adapter_parts);
    int rc = merge(&m);
    if (rc < 0)
        fail_msg("%.*s", (int)m.why.len, m.why.ptr);
    const struct engine_opts opts = { .instances = 4, .least = 1, .memory_bytes = 4 << 20 };
    assert_int_equal(engine_open(&opts, &engine, &m.why), 0);
    if (engine_module_open(engine, mocket__buf_view(&m.out), &module, &m.why) < 0)
        fail_msg("%.*s", (int)m.why.len, m.why.ptr);
    assert_int_equal(engine_module_link(module, &(struct engine_link){ rows, names, 1, NULL }, &m.why), 0);
    assert_int_equal(engine_instance_open(module, &(struct engine_start){ .data = &noted }, &instance, &m.why), 0);
    assert_int_equal(noted.count, 1);
    assert_int_equal(noted.values[0], 42);
    static const int grown[][2] = { { 2, -1 }, { 1, 1 }, { 1, -1 }, { 0, 2 } }; /* pages, result: 1 of 2 at first */
    for (size_t i = 0; i < UNIT_COUNT(grown); i++) {
        union engine_slot slot = { .i32 = grown[i][0] };
        assert_int_equal(engine_call(instance, 0, &slot, 1, &m.why), ENGINE_RETURNED);
        unit_equal(slot.i32, grown[i][1] + 1000 + 'd', i);
    }
    assert_int_equal(noted.values[1], 1);
    assert_int_equal(noted.values[3], 2);
    engine_instance_close(instance);
    engine_module_close(module);
    engine_close(engine);
    release(&m);
}

static void test_runs(void **state)
{
    (void)state;
    expect_runs(&app_parts);
}

/* Code refers to a function, `handle`, that nothing but the app's export declares. */
static void test_reference(void **state)
{
    (void)state;
    struct parts parts = app_parts;
    parts.sections[ELEMENT] = (mocket_span)UNIT_ROW("\1\0\x41\0\x0b\1\1");
    parts.sections[CODE] = (mocket_span)UNIT_ROW(
        "\3"
        "\6\0\x20\0\x40\0\x0b"
        "\x0d\0\x3f\0\x41\0\x11\1\0\x1a\xd2\3\x1a\x0b"
        "\x09\0\x41\x15\x10\0\x10\1\x1a\x0b");
    expect_runs(&parts);
}

/* Where no index changes, every byte of the app is there: the end of one segment too, before the next one begins. */
static void test_unchanged(void **state)
{
    (void)state;
    static const mocket_span elements = UNIT_ROW("\0\x41\0\x0b\1\1\5\x70\1\xd2\3\x0b");
    struct parts parts = app_parts;
    struct made m;
    parts.sections[IMPORT] = (mocket_span)UNIT_ROW("\2\4host\5twice\0\1\4host\4note\0\1");
    make(&m, &parts, &adapter_parts);
    assert_int_equal(merge(&m), 0);
    assert_non_null(memmem(m.out.ptr, m.out.len, elements.ptr, elements.len));
    release(&m);
}

/* ---- What is refused ---- */

static const struct {
    uint32_t section;
    mocket_span content;
    const char *text;
    int code;
    bool adapter;
} refused[] = {
    { IMPORT, UNIT_ROW("\2\6mocket\5thice\0\1\4host\4note\0\1"), "imports mocket.thice, which this target does not", 0,
      0 },
    { IMPORT, UNIT_ROW("\2\6mocket\5twice\0\0\4host\4note\0\1"), "imports mocket.twice with another type", 0, 0 },
    { IMPORT, UNIT_ROW("\2\6mocket\5twice\0\1\4host\4note\0\x09"), "imports host.note with a type that is not", 0, 0 },
    { IMPORT, UNIT_ROW("\2\6mocket\5twice\0\1\4host\4note\3\x7f\0"), "imports host.note, which is not a function", 0,
      0 },
    { MEMORY, UNIT_ROW("\1\0\x20"), "its memory begins with 2048 KiB; this target has room for 1984 KiB", MOCKET_ELIMIT,
      0 },
    { MEMORY, UNIT_ROW("\1\3\1\1"), "its memory is shared", 0, 0 },
    { MEMORY, UNIT_ROW("\1\4\1"), "its memory is shared or has 64-bit", 0, 0 },
    { MEMORY, UNIT_ROW("\2\0\1\0\1"), "one memory of its own", 0, 0 },
    { MEMORY, UNIT_ROW("\1\1\2\1"), "malformed: the size of its memory", 0, 0 },
    { EXPORT, UNIT_ROW("\1\x0cmocket_alloc\0\3"), "its export `mocket_alloc` has another type", 0, 0 },
    { EXPORT, UNIT_ROW("\1\x0cmocket_alloc\0\1"), "its export `mocket_alloc` has another type", 0, 0 },
    { EXPORT, UNIT_ROW("\1\x0cmocket_alloc\0\x63"), "its export `mocket_alloc` has another type", 0, 0 },
    { FUNCTION, UNIT_ROW("\3\1\2\x06"), "an index in its function section names nothing", 0, 0 },
    { FUNCTION, UNIT_ROW("\2\1\2"), "not as many bodies", 0, 0 },
    { START, UNIT_ROW("\5"), "an index in its start section names nothing", 0, 0 },
    { START, UNIT_ROW(""), "its start section cannot be read", 0, 0 },
    { GLOBAL, UNIT_ROW("\1\x70\0\xd2\5\x0b"), "an index in its global section names nothing", 0, 0 },
    { GLOBAL, UNIT_ROW("\1\x7f\0\x23\1\x0b"), "an index in its global section names nothing", 0, 0 },
    { GLOBAL, UNIT_ROW("\1\x70\0\xd2\2\x0b\0"), "its global section cannot be read", 0, 0 },
    { TABLE, UNIT_ROW("\1\x70\4\2"), "its table section cannot be read", 0, 0 },
    { TABLE, UNIT_ROW("\1\x63\6\0\2"), "an index in its table section names nothing", 0, 0 },
    { TAG, UNIT_ROW("\1\0\6"), "an index in its tag section names nothing", 0, 0 },
    { ELEMENT, UNIT_ROW("\1\x08\x41\0\x0b\1\1"), "its element section cannot be read", 0, 0 },
    { ELEMENT, UNIT_ROW("\1\2\1\x41\0\x0b\0\1\1"), "an index in its element section names nothing", 0, 0 },
    { ELEMENT, UNIT_ROW("\1\0\x41\0\x0b\1\5"), "an index in its element section names nothing", 0, 0 },
    { DATA, UNIT_ROW("\1\3\x41\0\x0b\3app"), "its data section cannot be read", 0, 0 },
    { DATA, UNIT_ROW("\1\2\1\x41\0\x0b\3app"), "an index in its data section names nothing", 0, 0 },
    { DATA, UNIT_ROW("\1\0\x41\0\x0b\4app"), "its data section cannot be read", 0, 0 },
    { CODE, UNIT_ROW("\3\4\0\x10\5\x0b\2\0\x0b\2\0\x0b"), "an index in its code section names nothing", 0, 0 },
    { CODE, UNIT_ROW("\3\4\0\x23\1\x0b\2\0\x0b\2\0\x0b"), "an index in its code section names nothing", 0, 0 },
    { CODE, UNIT_ROW("\3\4\0\x3f\1\x0b\2\0\x0b\2\0\x0b"), "an index in its code section names nothing", 0, 0 },
    { CODE, UNIT_ROW("\3\4\0\x27\1\x0b\2\0\x0b\2\0\x0b"), "not known, or cut short: 0x27", 0, 0 },
    { CODE, UNIT_ROW("\3\5\0\xfb\x20\1\x0b\2\0\x0b\2\0\x0b"), "not known, or cut short: 0xfb0020", 0, 0 },
    { CODE, UNIT_ROW("\3\5\0\xe0\0\1\x0b\2\0\x0b\2\0\x0b"), "not known, or cut short: 0xe0", 0, 0 },
    { TYPE, UNIT_ROW("\1\x4e\3\x60\0\0"), "its type section cannot be read", 0, 0 },
    { TYPE, UNIT_ROW("\1\x61\0\0"), "its type section cannot be read", 0, 0 },
    { DATA_COUNT, UNIT_ROW(""), NULL, 0, 0 }, /* the engine's business */
    { GLOBAL, UNIT_ROW("\1\x7f\1\x41\0\x0b"), "adapter: exports no constant global __global_base", 0, 1 },
    { IMPORT, UNIT_ROW("\1\3env\6memory\3\x7f\0"), "adapter: imports env.memory, which is not a function", 0, 1 },
    { MEMORY, UNIT_ROW("\2\0\x21\0\1"), "adapter: it has members that an adapter cannot have", 0, 1 },
    { TYPE, UNIT_ROW("\1\x50\0\x60\0\0"), "adapter: ", 0, 1 },
    { IMPORT,
      UNIT_ROW("\4\3app\x0cmocket_alloc\0\0\3app\6traits\0\1\3app\x0cmemory_pages\0\0"
               "\3app\x0dmocket_handle\0\2"),
      "adapter: imports app.memory_pages with another type", 0, 1 },
    { EXPORT, UNIT_ROW("\3\x0cmocket.twice\0\0\3run\0\6\x0d__global_base\3\1"),
      "imports mocket.twice with another type", 0, 1 },
    { EXPORT, UNIT_ROW("\3\x0cmocket.twice\0\4\3run\0\x09\x0d__global_base\3\1"), "adapter: malformed: its export", 0,
      1 },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(refused); i++) {
        struct parts parts[] = { app_parts, adapter_parts };
        struct made m;
        parts[refused[i].adapter].sections[refused[i].section] = refused[i].content;
        make(&m, &parts[0], &parts[1]);
        int want = refused[i].code ? refused[i].code : refused[i].text ? MOCKET_EINVAL : 0;
        int rc = merge(&m);
        if (rc != want || (want && !memmem(m.why.ptr, m.why.len, refused[i].text, strlen(refused[i].text))))
            fail_msg("row %zu: %d, %.*s", i, rc, (int)m.why.len, m.why.ptr ? m.why.ptr : "");
        release(&m);
    }
}

/* Cut anywhere: refused, but at the end of a section that may be missing; never a read behind the end. */
static void test_cut(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct made m;
        make(&m, &app_parts, &adapter_parts);
        struct mocket_buf *cut = which ? &m.adapter : &m.app;
        size_t whole = cut->len, refusals = 0;
        for (cut->len = 0; cut->len < whole; cut->len++)
            refusals += merge(&m) == MOCKET_EINVAL;
        assert_true(refusals > whole - 4);
        release(&m);
    }
}

/* Each byte changed to each of a few values: no result but the known ones. */
static void test_changed(void **state)
{
    (void)state;
    static const unsigned char values[] = { 0, 1, 0x0b, 0x40, 0x7f, 0x80, 0xff };
    struct made m;
    make(&m, &app_parts, &adapter_parts);
    for (size_t at = 0; at < m.app.len + m.adapter.len; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            char *byte = at < m.app.len ? m.app.ptr + at : m.adapter.ptr + (at - m.app.len), was = *byte;
            *byte = (char)values[v];
            int rc = merge(&m);
            assert_true(rc == 0 || ((rc == MOCKET_EINVAL || rc == MOCKET_ELIMIT) && m.why.len > 0));
            *byte = was;
        }
    release(&m);
}

static int merge_again(void *data)
{
    return merge(data);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct made m;
    make(&m, &app_parts, &adapter_parts);
    assert_true(unit_each_allocation_fails(merge_again, &m) > 8);
    release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),          cmocka_unit_test(test_reference), cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_cut),       cmocka_unit_test(test_changed),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
