/* The engine seam on Wasmtime 48: the only file that includes its headers.
 *
 * One engine, with a pool of instances whose address space is reserved at the start; a module is compiled once and
 * joined to its imports once (an instance_pre); an instance is a store of its own, so that closing it gives everything
 * back.
 *
 * What must stay true:
 * - A configuration that Wasmtime refuses ends the process. So every size below is asked of the machine first (room.h),
 *   and the conflicts it knows (memory beyond the reservation, a stack beyond the fiber's) cannot arise.
 * - Calls into guests and out of them are unchecked. module.c compares the types of exports when it loads a module, and
 *   an import is defined with the very type that the module imports it with.
 * - wasm_valtype_kind ends the process on types it has no number for (v128, most references): wasmtime_valtype_new does
 *   not.
 * - No other code than the guest's may run on a guest's stack for long: imports are short and never call back in.
 * - A call in slices is a future; the engine has no waker, so whoever drives it knows by engine_resume's answer why it
 *   stopped. The store's reaction to a passed deadline is set once, at the first such call, and asks on_deadline from
 *   then on: a call in slices yields, a direct one ends. (It must never yield outside of a future.)
 * - A module with an import that waits is never called directly: the engine ends the process then. */
#include "engine.h"

#include <assert.h>
#include <string.h>
#include <wasmtime.h>

#include "../../../src/base/arena.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "engine_shim.h"
#include "room.h"

#if WASMTIME_VERSION_MAJOR != 48
#error "this file was written for Wasmtime 48: its C API changes between major versions"
#endif

#define WASM_PAGE 65536u
#define WASM_STACK (512u << 10)         /* of a guest; the host's own frames below it come on top */
#define FIBER_STACK (1u << 20)          /* must be larger than WASM_STACK */
#define RESERVATION (UINT64_C(4) << 30) /* of a memory: with it, bounds checks cost nothing */
#define GUARD (UINT64_C(32) << 20)
#define TABLES_EACH 4
#define TABLE_ELEMENTS 65536
#define MAPPINGS_EACH 8 /* of a live instance: memory, its image, tables, guards, a GC heap */
/* Memory that an ended instance leaves to the next one, cleared by hand; the rest is given back to the kernel, which
 * costs more. Where the kernel tells which pages were written only those are cleared, and much can be kept. */
#if MOCKET_ENGINE_CRATE
#define KEEP_RESIDENT (1u << 20)
#else
#define KEEP_RESIDENT (256u << 10)
#endif
/* Places of ended instances that wait with such memory for a next one. A GC heap takes a new place until there are so
 * many: the default, 100, lets a host that replaces its instances grow by that many times KEEP_RESIDENT. */
#define WARM_PLACES 16
#define GC_HEAP_INITIAL (1u << 20)
#define FOR_EVER (UINT64_C(1) << 62)

static_assert(sizeof(union engine_slot) == sizeof(wasmtime_val_raw_t), "a slot is a raw value");
static_assert(_Alignof(union engine_slot) <= _Alignof(wasmtime_val_raw_t), "a raw value can be seen as a slot");

struct engine {
    wasm_engine_t *wasm;
    uint32_t room;
    uint64_t memory_bytes;
    uint64_t reservation, guard; /* of a memory: compiled code counts on them */
    bool no_gc;
};

struct engine_module {
    struct engine *engine;
    wasmtime_module_t *wasm;
    wasmtime_instance_pre_t *pre;
    wasm_importtype_vec_t import_types; /* kept: link defines each import with its own type */
    struct mocket_arena arena;
    struct engine_symbol *imports, *exports;
    size_t import_count, export_count;
    const char *const *names; /* of engine_link */
    size_t name_count;
    struct arity {
        unsigned char params, results;
    } arities[ENGINE_EXPORTS];
    bool waits; /* it imports a function that may wait */
};

enum { ARGUMENTS_MAX = 4 };

struct engine_instance {
    struct engine_module *module;
    void *data;
    wasmtime_store_t *store;
    wasmtime_context_t *context;
    wasmtime_instance_t wasm;
    wasmtime_memory_t memory;
    bool has_memory;
    uint32_t known; /* bit per export that funcs has */
    wasmtime_func_t funcs[ENGINE_EXPORTS];
    /* of a call in slices: */
    wasmtime_call_future_t *future;
    wasm_trap_t *trap;
    wasmtime_error_t *error;
    wasmtime_val_t args[ARGUMENTS_MAX], result;
    const struct engine_import *wait_row; /* the import that waits */
    union engine_slot wait_slots[ARGUMENTS_MAX];
    struct mocket_engine_watch *watch; /* NULL: it had no heap yet when it was asked for collections */
    wasmtime_val_t *wait_result;
    wasm_trap_t **wait_trap;
    bool making;      /* it is the one that makes the instance */
    bool sliced;      /* on_deadline is set */
    bool waiting;     /* in an import */
    bool interrupted; /* it shall end at the next tick */
    bool expired;     /* on_deadline ended the call */
};

const char *engine_name(void)
{
    return "Wasmtime " WASMTIME_VERSION;
}

/* ---- The engine ---- */

/* What the pool is going to reserve. */
struct plan {
    uint32_t instances;
    uint64_t memory_bytes; /* of an instance at most, whole pages */
    uint64_t reservation;  /* address space of a memory */
    uint64_t guard;
};

static uint64_t plan_bytes(const struct plan *p)
{
    uint64_t memories = 2 * (p->reservation + p->guard); /* the guest's and, when it has one, its GC heap */
    uint64_t tables = (uint64_t)TABLES_EACH * TABLE_ELEMENTS * sizeof(void *);
    return p->instances * (memories + tables + FIBER_STACK + 2 * WASM_PAGE) + 2 * p->guard;
}

/* Halves the number of instances until it fits; then tries again with memories that reserve only what they may use,
 * whose accesses are checked by code. */
static int plan_make(const struct engine_opts *opts, struct plan *p, struct mocket_buf *why)
{
    uint32_t mappings = room_mappings(MAPPINGS_EACH);
    uint32_t wanted = opts->instances < mappings ? opts->instances : mappings;
    uint32_t least = opts->least ? opts->least : 1;
    uint64_t bytes = (opts->memory_bytes + WASM_PAGE - 1) / WASM_PAGE * WASM_PAGE;
    bytes = bytes > RESERVATION ? RESERVATION : bytes;
    for (int tight = 0; tight < 2; tight++) {
        *p = (struct plan){ .memory_bytes = bytes,
                            .reservation = tight ? bytes : RESERVATION,
                            .guard = tight ? 0 : GUARD };
        for (p->instances = wanted; p->instances >= least; p->instances /= 2)
            if (room_address(plan_bytes(p)))
                return 0;
    }
    mocket__buf_text(why, "not enough address space or memory mappings for ");
    mocket__buf_decimal(why, least);
    mocket__buf_text(why, " instances (see ulimit -v, vm.max_map_count, vm.overcommit_memory)");
    return MOCKET_ELIMIT;
}

static void pool_set(wasm_config_t *config, const struct plan *p, const struct engine_opts *opts)
{
    wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
#define POOL(name, value) wasmtime_pooling_allocation_config_##name##_set(pool, (value))
    POOL(total_core_instances, p->instances);
    POOL(total_memories, 2 * p->instances);
    POOL(total_gc_heaps, p->instances);
    POOL(total_tables, TABLES_EACH * p->instances);
    POOL(total_stacks, p->instances);
    POOL(max_unused_warm_slots, WARM_PLACES);
    POOL(max_memories_per_module, 1);
    POOL(max_tables_per_module, TABLES_EACH);
    POOL(table_elements, TABLE_ELEMENTS);
    POOL(max_memory_size, (size_t)p->memory_bytes);
    POOL(linear_memory_keep_resident, opts->keep_resident ? opts->keep_resident : KEEP_RESIDENT);
    POOL(table_keep_resident, 16u << 10);
    POOL(async_stack_keep_resident, 64u << 10);
#undef POOL
#if MOCKET_ENGINE_CRATE
    if (!opts->keep_all_pages)
        mocket_engine_pool_pagemap_scan(pool);
#endif
    wasmtime_pooling_allocation_strategy_set(config, pool); /* copies */
    wasmtime_pooling_allocation_config_delete(pool);
}

static wasm_config_t *config_make(const struct plan *p, const struct engine_opts *opts)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    wasmtime_config_max_wasm_stack_set(config, WASM_STACK);
    wasmtime_config_async_stack_size_set(config, FIBER_STACK);
    wasmtime_config_memory_reservation_set(config, p->reservation);
    wasmtime_config_memory_guard_size_set(config, p->guard);
    wasmtime_config_wasm_memory64_set(config, false);
    wasmtime_config_wasm_multi_memory_set(config, false);
#ifdef WASMTIME_FEATURE_COMPONENT_MODEL
    wasmtime_config_concurrency_support_set(config, false); /* an official archive has components; we serve none */
#endif
    if (opts->no_gc) {
        wasmtime_config_wasm_gc_set(config, false);
        wasmtime_config_gc_support_set(config, false);
    }
#if MOCKET_ENGINE_CRATE
    else
        mocket_engine_config_gc(config, GC_HEAP_INITIAL);
#endif
    pool_set(config, p, opts);
    return config;
}

int engine_open(const struct engine_opts *opts, struct engine **out, struct mocket_buf *why)
{
    struct plan plan;
    int rc = plan_make(opts, &plan, why);
    if (rc < 0)
        return rc;
    struct engine *engine = mocket__new(sizeof *engine);
    if (!engine)
        return MOCKET_ENOMEM;
    engine->wasm = wasm_engine_new_with_config(config_make(&plan, opts));
    engine->room = plan.instances;
    engine->memory_bytes = plan.memory_bytes;
    engine->reservation = plan.reservation;
    engine->guard = plan.guard;
    engine->no_gc = opts->no_gc;
    *out = engine;
    return 0;
}

void engine_close(struct engine *engine)
{
    if (!engine)
        return;
    wasm_engine_delete(engine->wasm);
    mocket__free(engine);
}

void engine_describe(const struct engine *engine, struct mocket_buf *out)
{
#if MOCKET_ENGINE_CRATE
    mocket__buf_text(out, "crate ");
#endif
    mocket__buf_text(out, engine->no_gc ? "no-gc " : "gc ");
    mocket__buf_decimal(out, engine->reservation);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, engine->guard);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, WASM_STACK);
}

uint32_t engine_room(const struct engine *engine)
{
    return engine->room;
}

void engine_tick(struct engine *engine)
{
    wasmtime_engine_increment_epoch(engine->wasm);
}

/* ---- Problems in words ---- */

/* Appends a message line by line, joined with "; ". What the engine puts in front of the reason is left out: a
 * backtrace, which is told behind it, numbers of nested causes, blanks. */
static void explain_text(struct mocket_buf *why, mocket_span text)
{
    static const char marker[] = "Caused by:\n", trap[] = "wasm trap: ";
    const char *cause = memmem(text.ptr, text.len, marker, sizeof marker - 1);
    size_t at = cause ? (size_t)(cause - text.ptr) + sizeof marker - 1 : 0;
    for (bool first = true; at < text.len;) {
        size_t end = mocket__span_find(text, '\n', at);
        mocket_span line = mocket__span_trim(mocket__span_slice(text, at, end));
        at = end + 1;
        if (cause && line.len > 3 && line.ptr[0] >= '0' && line.ptr[0] <= '9' && line.ptr[1] == ':')
            line = mocket__span_slice(line, 3, line.len);
        if (line.len > sizeof trap && memcmp(line.ptr, trap, sizeof trap - 1) == 0)
            line = mocket__span_slice(line, sizeof trap - 1, line.len);
        if (line.len == 0)
            continue;
        mocket__buf_text(why, first ? "" : "; ");
        mocket__buf_span(why, line);
        first = false;
    }
}

static void explain_message(struct mocket_buf *why, wasm_byte_vec_t *text)
{
    size_t len = text->size;
    while (len > 0 && text->data[len - 1] == '\0')
        len--;
    explain_text(why, (mocket_span){ text->data, len });
    wasm_byte_vec_delete(text);
}

static void add_hex(struct mocket_buf *why, size_t n)
{
    char digits[2 * sizeof n];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[n & 15];
    while (n >>= 4);
    mocket__buf_text(why, "0x");
    mocket__buf_add(why, digits + at, sizeof digits - at);
}

/* A line for each frame: the function's name, where the module has names, and where in the file it was. */
static void explain_frames(struct mocket_buf *why, wasm_frame_vec_t *frames)
{
    for (size_t i = 0; i < frames->size; i++) {
        const wasm_name_t *name = wasmtime_frame_func_name(frames->data[i]);
        mocket__buf_text(why, "\n    at ");
        if (name)
            mocket__buf_add(why, name->data, name->size);
        else
            mocket__buf_text(why, "function ");
        if (!name)
            mocket__buf_decimal(why, wasm_frame_func_index(frames->data[i]));
        mocket__buf_text(why, " (");
        add_hex(why, wasm_frame_module_offset(frames->data[i]));
        mocket__buf_text(why, ")");
    }
    wasm_frame_vec_delete(frames);
}

static void explain_error(struct mocket_buf *why, wasmtime_error_t *error)
{
    wasm_byte_vec_t text;
    wasm_frame_vec_t frames;
    wasmtime_error_message(error, &text);
    explain_message(why, &text);
    wasmtime_error_wasm_trace(error, &frames);
    explain_frames(why, &frames);
    wasmtime_error_delete(error);
}

static void explain_trap(struct mocket_buf *why, wasm_trap_t *trap)
{
    wasm_byte_vec_t text;
    wasm_frame_vec_t frames;
    wasm_trap_message(trap, &text);
    explain_message(why, &text);
    wasm_trap_trace(trap, &frames);
    explain_frames(why, &frames);
    wasm_trap_delete(trap);
}

/* ---- A module ---- */

static char type_letter(const wasm_valtype_t *type)
{
    static const char letters[] = { [WASMTIME_VALTYPE_KIND_I32] = 'i',
                                    [WASMTIME_VALTYPE_KIND_I64] = 'I',
                                    [WASMTIME_VALTYPE_KIND_F32] = 'f',
                                    [WASMTIME_VALTYPE_KIND_F64] = 'F',
                                    [WASMTIME_VALTYPE_KIND_V128] = 'v' };
    wasmtime_valtype_t value;
    wasmtime_valtype_new(type, &value);
    char letter;
    if (value.kind != WASMTIME_VALTYPE_KIND_REF)
        letter = letters[value.kind];
    else if (value.reftype.nullable && value.reftype.heaptype.kind == WASMTIME_HEAPTYPE_KIND_EXTERN)
        letter = 'r';
    else
        letter = 'x'; /* a reference that no host function of ours deals in */
    wasmtime_valtype_delete(&value);
    return letter;
}

static const char *function_text(struct mocket_arena *a, const wasm_functype_t *type)
{
    const wasm_valtype_vec_t *params = wasm_functype_params(type), *results = wasm_functype_results(type);
    char *text = mocket__arena_alloc(a, params->size + results->size + 2);
    if (!text)
        return "";
    char *at = text;
    for (size_t i = 0; i < params->size; i++)
        *at++ = type_letter(params->data[i]);
    *at++ = ':';
    for (size_t i = 0; i < results->size; i++)
        *at++ = type_letter(results->data[i]);
    *at = '\0';
    return text;
}

static void symbol_type(struct mocket_arena *a, const wasm_externtype_t *type, struct engine_symbol *s)
{
    s->type = "";
    switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
        s->kind = ENGINE_FUNCTION;
        s->type = function_text(a, wasm_externtype_as_functype_const(type));
        break;
    case WASM_EXTERN_MEMORY: {
        const wasm_memorytype_t *memory = wasm_externtype_as_memorytype_const(type);
        s->kind = ENGINE_MEMORY;
        s->type = wasmtime_memorytype_isshared(memory) ? "shared" : wasmtime_memorytype_is64(memory) ? "64" : "32";
        break;
    }
    case WASM_EXTERN_TABLE:
        s->kind = ENGINE_TABLE;
        break;
    case WASM_EXTERN_GLOBAL:
        s->kind = ENGINE_GLOBAL;
        break;
    default:
        s->kind = ENGINE_OTHER;
    }
}

static mocket_span name_copy(struct mocket_arena *a, const wasm_name_t *name)
{
    return mocket__arena_copy(a, (mocket_span){ name->size ? name->data : "", name->size });
}

static void list_imports(struct engine_module *m)
{
    wasmtime_module_imports(m->wasm, &m->import_types);
    m->imports = mocket__arena_zero(&m->arena, m->import_types.size * sizeof *m->imports);
    for (size_t i = 0; m->imports && i < m->import_types.size; i++) {
        const wasm_importtype_t *type = m->import_types.data[i];
        m->imports[i].module = name_copy(&m->arena, wasm_importtype_module(type));
        m->imports[i].name = name_copy(&m->arena, wasm_importtype_name(type));
        symbol_type(&m->arena, wasm_importtype_type(type), &m->imports[i]);
        m->import_count++;
    }
}

static void list_exports(struct engine_module *m)
{
    wasm_exporttype_vec_t types;
    wasmtime_module_exports(m->wasm, &types);
    m->exports = mocket__arena_zero(&m->arena, types.size * sizeof *m->exports);
    for (size_t i = 0; m->exports && i < types.size; i++) {
        m->exports[i].name = name_copy(&m->arena, wasm_exporttype_name(types.data[i]));
        symbol_type(&m->arena, wasm_exporttype_type(types.data[i]), &m->exports[i]);
        m->export_count++;
    }
    wasm_exporttype_vec_delete(&types);
}

/* Takes the module. */
static int wrap_module(struct engine *engine, wasmtime_module_t *wasm, struct engine_module **out)
{
    struct engine_module *m = mocket__new(sizeof *m);
    if (!m) {
        wasmtime_module_delete(wasm);
        return MOCKET_ENOMEM;
    }
    m->engine = engine;
    m->wasm = wasm;
    mocket__arena_init(&m->arena, 0);
    list_imports(m);
    list_exports(m);
    if (m->arena.failed) {
        engine_module_close(m);
        return MOCKET_ENOMEM;
    }
    *out = m;
    return 0;
}

int engine_module_open(struct engine *engine, mocket_span bytes, struct engine_module **out, struct mocket_buf *why)
{
    wasmtime_module_t *wasm;
    wasmtime_error_t *error = wasmtime_module_new(engine->wasm, (const uint8_t *)bytes.ptr, bytes.len, &wasm);
    if (!error)
        return wrap_module(engine, wasm, out);
    explain_error(why, error);
    return MOCKET_EINVAL;
}

int engine_module_save(const struct engine_module *m, struct mocket_buf *out)
{
    wasm_byte_vec_t bytes;
    wasmtime_error_t *error = wasmtime_module_serialize(m->wasm, &bytes);
    if (error) {
        wasmtime_error_delete(error);
        return MOCKET_ENOMEM;
    }
    mocket__buf_add(out, bytes.data, bytes.size);
    wasm_byte_vec_delete(&bytes);
    return mocket__buf_status(out);
}

int engine_module_load(struct engine *engine, mocket_span compiled, struct engine_module **out, struct mocket_buf *why)
{
    wasmtime_module_t *wasm;
    wasmtime_error_t *error =
        wasmtime_module_deserialize(engine->wasm, (const uint8_t *)compiled.ptr, compiled.len, &wasm);
    if (!error)
        return wrap_module(engine, wasm, out);
    explain_error(why, error);
    return MOCKET_EINVAL;
}

void engine_module_close(struct engine_module *m)
{
    if (!m)
        return;
    if (m->pre)
        wasmtime_instance_pre_delete(m->pre);
    wasm_importtype_vec_delete(&m->import_types);
    wasmtime_module_delete(m->wasm);
    mocket__arena_release(&m->arena);
    mocket__free(m);
}

struct engine_symbols engine_module_imports(const struct engine_module *m)
{
    return (struct engine_symbols){ m->imports, m->import_count };
}

struct engine_symbols engine_module_exports(const struct engine_module *m)
{
    return (struct engine_symbols){ m->exports, m->export_count };
}

static void find_memory(struct engine_instance *i, wasmtime_caller_t *caller)
{
    wasmtime_extern_t found;
    if (!wasmtime_caller_export_get(caller, "memory", 6, &found))
        return;
    i->has_memory = found.kind == WASMTIME_EXTERN_MEMORY;
    if (i->has_memory)
        i->memory = found.of.memory;
    wasmtime_extern_delete(&found);
}

/* A guest calls an import: env is its row. */
static wasm_trap_t *call_import(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)count;
    const struct engine_import *row = env;
    struct engine_instance *i = wasmtime_context_get_data(wasmtime_caller_context(caller));
    if (!i->has_memory) /* while the instance is being made */
        find_memory(i, caller);
    const char *reason = row->fn(i->data, (union engine_slot *)(void *)values);
    return reason ? wasmtime_trap_new(reason, strlen(reason)) : NULL;
}

static void find_exports_type(struct engine_module *m)
{
    for (size_t i = 0; i < m->name_count; i++)
        for (size_t k = 0; k < m->export_count; k++) {
            const struct engine_symbol *s = &m->exports[k];
            const char *colon = strchr(s->type, ':');
            if (!colon || !mocket__span_eq(s->name, mocket__span(m->names[i])))
                continue;
            m->arities[i].params = (unsigned char)(colon - s->type);
            m->arities[i].results = (unsigned char)strlen(colon + 1);
        }
}

const char engine_wait[] = "waiting";

/* Asks the function that waits again. */
static bool wait_is_over(void *env)
{
    struct engine_instance *i = env;
    const char *reason = i->wait_row->fn(i->data, i->wait_slots);
    i->waiting = reason == engine_wait;
    if (i->waiting)
        return false;
    if (reason)
        *i->wait_trap = wasmtime_trap_new(reason, strlen(reason));
    if (i->wait_result)
        *i->wait_result = (wasmtime_val_t){ .kind = WASMTIME_I32, .of = { .i32 = i->wait_slots[0].i32 } };
    return true;
}

/* A guest calls an import that may wait. The engine keeps the places for result and trap until it is over. */
static void call_waiting_import(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args, size_t arg_count,
                                wasmtime_val_t *results, size_t result_count, wasm_trap_t **trap,
                                wasmtime_async_continuation_t *continuation)
{
    struct engine_instance *i = wasmtime_context_get_data(wasmtime_caller_context(caller));
    if (!i->has_memory)
        find_memory(i, caller);
    i->wait_row = env;
    assert(arg_count <= ARGUMENTS_MAX && result_count <= 1);
    for (size_t n = 0; n < arg_count; n++)
        i->wait_slots[n].u64 = (uint32_t)args[n].of.i32;
    i->wait_result = result_count ? results : NULL;
    i->wait_trap = trap;
    *continuation = (wasmtime_async_continuation_t){ .callback = wait_is_over, .env = i };
}

static wasmtime_error_t *define_import(wasmtime_linker_t *linker, const wasm_importtype_t *import,
                                       const struct engine_import *row)
{
    const wasm_functype_t *type = wasm_externtype_as_functype_const(wasm_importtype_type(import));
    if (engine_import_waits(row))
        return wasmtime_linker_define_async_func(linker, row->module, strlen(row->module), row->name, strlen(row->name),
                                                 type, call_waiting_import, (void *)(uintptr_t)row, NULL);
    return wasmtime_linker_define_func_unchecked(linker, row->module, strlen(row->module), row->name, strlen(row->name),
                                                 type, call_import, (void *)(uintptr_t)row, NULL);
}

int engine_module_link(struct engine_module *m, const struct engine_link *link, struct mocket_buf *why)
{
    assert(link->export_count <= ENGINE_EXPORTS && !m->pre);
    m->names = link->exports;
    m->name_count = link->export_count;
    wasmtime_linker_t *linker = wasmtime_linker_new(m->engine->wasm);
    wasmtime_linker_allow_shadowing(linker, true); /* a module may import the same thing twice */
    wasmtime_error_t *error = NULL;
    for (size_t i = 0; !error && i < m->import_count; i++) {
        error = define_import(linker, m->import_types.data[i], link->rows[i]);
        m->waits |= engine_import_waits(link->rows[i]);
    }
    find_exports_type(m);
    if (!error)
        error = wasmtime_linker_instantiate_pre(linker, m->wasm, &m->pre);
    wasmtime_linker_delete(linker);
    if (!error)
        return 0;
    explain_error(why, error);
    return MOCKET_EINVAL;
}

/* ---- An instance ---- */

void engine_deadline(struct engine_instance *i, uint64_t ms)
{
    wasmtime_context_set_epoch_deadline(i->context, ms ? (ms + ENGINE_TICK_MS - 1) / ENGINE_TICK_MS + 1 : FOR_EVER);
}

/* Takes the error or the trap. */
static enum engine_outcome outcome(wasmtime_error_t *error, wasm_trap_t *trap, struct mocket_buf *why)
{
    if (error) {
        explain_error(why, error);
        return ENGINE_TRAPPED;
    }
    if (!trap)
        return ENGINE_RETURNED;
    wasmtime_trap_code_t code;
    bool expired = wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_INTERRUPT;
    explain_trap(why, trap);
    return expired ? ENGINE_EXPIRED : ENGINE_TRAPPED;
}

static void export_memory(struct engine_instance *i)
{
    wasmtime_extern_t found;
    if (!wasmtime_instance_export_get(i->context, &i->wasm, "memory", 6, &found))
        return;
    i->has_memory = found.kind == WASMTIME_EXTERN_MEMORY;
    if (i->has_memory)
        i->memory = found.of.memory;
    wasmtime_extern_delete(&found);
}

static struct engine_instance *instance_new(struct engine_module *m, void *data)
{
    struct engine_instance *i = mocket__new(sizeof *i);
    if (!i)
        return NULL;
    i->module = m;
    i->data = data;
    i->store = wasmtime_store_new(m->engine->wasm, i, NULL);
    i->context = wasmtime_store_context(i->store);
    mocket_engine_store_limit(i->store, &(struct mocket_engine_limits){ .bytes = (size_t)m->engine->memory_bytes,
                                                                        .table_elements = TABLE_ELEMENTS,
                                                                        .instances = 1,
                                                                        .tables = TABLES_EACH,
                                                                        .memories = 2 });
    return i;
}

int engine_instance_open(struct engine_module *m, const struct engine_start *start, struct engine_instance **out,
                         struct mocket_buf *why)
{
    struct engine_instance *i = instance_new(m, start->data);
    if (!i)
        return MOCKET_ENOMEM;
    assert(!m->waits);
    *out = i;
    engine_deadline(i, start->deadline_ms);
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_instance_pre_instantiate(m->pre, i->context, &i->wasm, &trap);
    if (error || trap) {
        int rc = trap ? MOCKET_EIO : MOCKET_ELIMIT;
        outcome(error, trap, why);
        engine_instance_close(i);
        *out = NULL;
        return rc;
    }
    if (!i->has_memory)
        export_memory(i);
    return 0;
}

void engine_instance_close(struct engine_instance *i)
{
    if (!i)
        return;
    if (i->future)
        wasmtime_call_future_delete(i->future);
    if (i->trap)
        wasm_trap_delete(i->trap);
    if (i->error)
        wasmtime_error_delete(i->error);
    mocket_engine_watch_delete(i->watch);
    wasmtime_store_delete(i->store);
    mocket__free(i);
}

/* The export by its index, looked up by name at its first use. */
static const wasmtime_func_t *export_function(struct engine_instance *i, size_t export)
{
    assert(export < i->module->name_count);
    if (i->known & 1u << export)
        return &i->funcs[export];
    const char *name = i->module->names[export];
    wasmtime_extern_t found;
    if (!wasmtime_instance_export_get(i->context, &i->wasm, name, strlen(name), &found))
        return NULL;
    bool function = found.kind == WASMTIME_EXTERN_FUNC;
    if (function) {
        i->funcs[export] = found.of.func;
        i->known |= 1u << export;
    }
    wasmtime_extern_delete(&found);
    return function ? &i->funcs[export] : NULL;
}

enum engine_outcome engine_call(struct engine_instance *i, size_t export, union engine_slot *slots, size_t count,
                                struct mocket_buf *why)
{
    const wasmtime_func_t *func = export_function(i, export);
    if (!func) {
        mocket__buf_text(why, "no such export");
        return ENGINE_TRAPPED;
    }
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked(i->context, func, (wasmtime_val_raw_t *)(void *)slots, count, &trap);
    if (!error && !trap)
        return ENGINE_RETURNED;
    bool expired = error && i->expired;
    enum engine_outcome ended = outcome(error, trap, why);
    return expired ? ENGINE_EXPIRED : ended;
}

/* ---- Calls in slices ---- */

bool engine_module_waits(const struct engine_module *m)
{
    return m->waits;
}

/* The store's deadline has passed, a tick after a slice began, or when a direct call has used its time up. */
static wasmtime_error_t *on_deadline(wasmtime_context_t *context, void *data, uint64_t *ticks,
                                     wasmtime_update_deadline_kind_t *kind)
{
    struct engine_instance *i = data;
    (void)context;
    if (i->future && !i->interrupted) {
        *ticks = 1;
        *kind = WASMTIME_UPDATE_DEADLINE_YIELD;
        return NULL;
    }
    i->expired = true;
    return wasmtime_error_new("interrupt");
}

static void slice(struct engine_instance *i)
{
    if (!i->sliced)
        wasmtime_store_epoch_deadline_callback(i->store, on_deadline, i, NULL);
    i->sliced = true;
    i->interrupted = i->expired = i->waiting = false;
    wasmtime_context_set_epoch_deadline(i->context, 1);
}

int engine_instance_begin(struct engine_module *m, void *data, struct engine_instance **out)
{
    struct engine_instance *i = instance_new(m, data);
    if (!i)
        return MOCKET_ENOMEM;
    slice(i);
    i->making = true;
    i->future = wasmtime_instance_pre_instantiate_async(m->pre, i->context, &i->wasm, &i->trap, &i->error);
    *out = i;
    return 0;
}

bool engine_call_begin(struct engine_instance *i, size_t export, const union engine_slot *slots)
{
    const wasmtime_func_t *func = export_function(i, export);
    if (!func)
        return false;
    const struct arity *arity = &i->module->arities[export];
    assert(!i->future && arity->params <= ARGUMENTS_MAX && arity->results <= 1);
    slice(i);
    for (size_t n = 0; n < arity->params; n++)
        i->args[n] = (wasmtime_val_t){ .kind = WASMTIME_I32, .of = { .i32 = slots[n].i32 } };
    i->result.of.i32 = 0;
    i->future = wasmtime_func_call_async(i->context, func, i->args, arity->params, &i->result, arity->results, &i->trap,
                                         &i->error);
    return true;
}

enum engine_outcome engine_resume(struct engine_instance *i, struct mocket_buf *why)
{
    assert(i->future);
    if (!wasmtime_call_future_poll(i->future))
        return i->waiting ? ENGINE_WAITING : ENGINE_SLICED;
    wasmtime_call_future_delete(i->future);
    i->future = NULL;
    wasm_trap_t *trap = i->trap;
    wasmtime_error_t *error = i->error;
    bool made = i->making;
    i->trap = NULL;
    i->error = NULL;
    i->making = false;
    if (made && !trap && !error && !i->has_memory)
        export_memory(i);
    enum engine_outcome ended = outcome(error, trap, why);
    return i->expired ? ENGINE_EXPIRED : ended;
}

int32_t engine_result(const struct engine_instance *i)
{
    return i->result.of.i32;
}

void engine_interrupt(struct engine_instance *i)
{
    i->interrupted = true;
}

struct engine_memory engine_memory(const struct engine_instance *i)
{
    if (!i->has_memory)
        return (struct engine_memory){ NULL, 0 };
    return (struct engine_memory){ wasmtime_memory_data(i->context, &i->memory),
                                   wasmtime_memory_data_size(i->context, &i->memory) };
}

struct engine_use engine_use(const struct engine_instance *i)
{
    return (struct engine_use){ engine_memory(i).size, mocket_engine_store_heap(i->store) };
}

/* What the watch finds when it is new is no collection. */
bool engine_collected(struct engine_instance *i)
{
    if (i->future || mocket_engine_store_heap(i->store) == 0)
        return false;
    bool first = !i->watch;
    if (first)
        i->watch = mocket_engine_watch_new();
    return mocket_engine_watch_collected(i->watch, i->store) && !first;
}
