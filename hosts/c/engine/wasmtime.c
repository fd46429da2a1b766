/* The engine seam on Wasmtime 48. Its headers are included here and in the files beside this one that begin with its
 * name: how large everything is (wasmtime_plan.c), what a module imports and exports (wasmtime_symbols.c), what went
 * wrong (wasmtime_explain.c), and on which source line (wasmtime_lines.c).
 *
 * One engine, with a pool of instances whose address space is reserved at the start; a module is compiled once and
 * joined to its imports once (an instance_pre); an instance is a store of its own, so that closing it gives everything
 * back.
 *
 * What must stay true:
 * - Calls into guests and out of them are unchecked. module.c compares the types of exports when it loads a module, and
 *   an import is defined with the very type that the module imports it with.
 * - Only code of the guest may run on a guest's stack for long: imports are short and never call the guest.
 * - A call in slices is a future. The engine has no waker, so the result of engine_resume says why the call stopped.
 *   The store's callback for a passed deadline is set once, at the first such call, and calls on_deadline from then on:
 *   a call in slices yields, a direct call ends. (It must never yield outside of a future.)
 * - A module with an import that waits is never called directly: the engine ends the process then. */
#include "engine.h"

#include <assert.h>
#include <string.h>
#include <wasmtime.h>

#include "../../../src/base/arena.h"
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/base/word.h"
#include "engine_shim.h"
#include "wasmtime_explain.h"
#include "wasmtime_lines.h"
#include "wasmtime_plan.h"
#include "wasmtime_symbols.h"

#if WASMTIME_VERSION_MAJOR != 48
#error "this file was written for Wasmtime 48: its C API changes between major versions"
#endif

#define FOR_EVER (UINT64_C(1) << 62)

static_assert(sizeof(union engine_slot) == sizeof(wasmtime_val_raw_t), "a slot is a raw value");
static_assert(_Alignof(union engine_slot) <= _Alignof(wasmtime_val_raw_t), "a raw value can be seen as a slot");

struct engine {
    wasm_engine_t *wasm;
    struct plan plan; /* of its pool */
    bool no_gc;
};

struct engine_module {
    struct engine *engine;
    wasmtime_module_t *wasm;
    wasmtime_instance_pre_t *pre;
    wasm_importtype_vec_t import_types; /* kept: link defines each import with its own type */
    struct mocket_buf lines;            /* table of source lines (wasmtime_lines.h) */
    struct mocket_arena arena;
    struct engine_symbols imports, exports;
    const char *const *names; /* of engine_link */
    size_t name_count;
    struct arity {
        unsigned char params, results;
    } arities[ENGINE_EXPORTS];
    bool waits;                                 /* it imports a function that may wait */
    bool (*growing)(void *data, int64_t bytes); /* of engine_link */
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
    const char *reason; /* of the host, which ended the call that is under way; NULL: it did not */
    bool making;        /* the call makes the instance */
    bool sliced;        /* on_deadline is set */
    bool waiting;       /* in an import */
    bool interrupted;   /* it must end at the next tick */
    bool expired;       /* on_deadline ended the call */
};

const char *engine_name(void)
{
    return "Wasmtime " WASMTIME_VERSION;
}

/* ---- The engine ---- */

int engine_open(const struct engine_opts *opts, struct engine **out, struct mocket_buf *why)
{
    struct plan plan;
    int rc = plan_make(opts, &plan, why);
    if (rc < 0)
        return rc;
    struct engine *engine = mocket__new(sizeof *engine);
    if (!engine)
        return MOCKET_ENOMEM;
    engine->wasm = wasm_engine_new_with_config(plan_config(&plan, opts));
    engine->plan = plan;
    engine->no_gc = opts->no_gc;
    *out = engine;
    return 0;
}

struct engine_settings engine_settings_of(const struct engine *engine)
{
    return (struct engine_settings){ .reservation = engine->plan.reservation,
                                     .guard = engine->plan.guard,
                                     .heap = engine->plan.heap,
                                     .no_gc = engine->no_gc };
}

int engine_open_compiler(const struct engine_settings *settings, struct engine **out)
{
    struct engine *engine = mocket__new(sizeof *engine);
    if (!engine)
        return MOCKET_ENOMEM;
    engine->plan =
        (struct plan){ .reservation = settings->reservation, .guard = settings->guard, .heap = settings->heap };
    engine->no_gc = settings->no_gc;
    engine->wasm =
        wasm_engine_new_with_config(plan_config(&engine->plan, &(struct engine_opts){ .no_gc = settings->no_gc }));
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
    mocket__buf_text(out, "lines 2 "); /* behind the code (engine_module_save) */
    mocket__buf_text(out, engine->no_gc ? "no-gc " : "gc ");
    mocket__buf_decimal(out, engine->plan.reservation);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, engine->plan.guard);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, PLAN_GUEST_STACK);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, engine->plan.heap);
}

uint32_t engine_room(const struct engine *engine)
{
    return engine->plan.instances;
}

void engine_tick(struct engine *engine)
{
    wasmtime_engine_increment_epoch(engine->wasm);
}

/* ---- A module ---- */

static void list_symbols(struct engine_module *m)
{
    wasm_exporttype_vec_t export_types;
    wasmtime_module_imports(m->wasm, &m->import_types);
    m->imports = symbols_of_imports(&m->arena, &m->import_types);
    wasmtime_module_exports(m->wasm, &export_types);
    m->exports = symbols_of_exports(&m->arena, &export_types);
    wasm_exporttype_vec_delete(&export_types);
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
    list_symbols(m);
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
    if (!error) {
        int rc = wrap_module(engine, wasm, out);
        if (rc == 0)
            lines_make(bytes, &(*out)->lines);
        return rc;
    }
    explain_error(why, error, NULL);
    return MOCKET_EINVAL;
}

/* What is saved: the engine's code, the table of source lines, and the length of that table in eight bytes. */
int engine_module_save(const struct engine_module *m, struct mocket_buf *out)
{
    wasm_byte_vec_t bytes;
    wasmtime_error_t *error = wasmtime_module_serialize(m->wasm, &bytes);
    if (error) {
        wasmtime_error_delete(error);
        return MOCKET_ENOMEM;
    }
    char lines_len[sizeof(uint64_t)];
    mocket__store_u64(lines_len, m->lines.len);
    mocket__buf_add(out, bytes.data, bytes.size);
    mocket__buf_span(out, mocket__buf_view(&m->lines));
    mocket__buf_add(out, lines_len, sizeof lines_len);
    wasm_byte_vec_delete(&bytes);
    return mocket__buf_status(out);
}

int engine_module_load(struct engine *engine, mocket_span compiled, struct engine_module **out, struct mocket_buf *why)
{
    wasmtime_module_t *wasm;
    uint64_t lines_len = UINT64_MAX;
    size_t rest = compiled.len < sizeof lines_len ? 0 : compiled.len - sizeof lines_len;
    if (compiled.len >= sizeof lines_len)
        lines_len = mocket__load_u64(compiled.ptr + rest);
    if (lines_len > rest) {
        mocket__buf_text(why, "the compiled module is not complete");
        return MOCKET_EINVAL;
    }
    mocket_span lines = mocket__span_slice(compiled, rest - lines_len, rest);
    wasmtime_error_t *error =
        wasmtime_module_deserialize(engine->wasm, (const uint8_t *)compiled.ptr, rest - lines_len, &wasm);
    if (!error) {
        int rc = wrap_module(engine, wasm, out);
        if (rc == 0)
            mocket__buf_span(&(*out)->lines, lines);
        return rc;
    }
    explain_error(why, error, NULL);
    return MOCKET_EINVAL;
}

void engine_module_close(struct engine_module *m)
{
    if (!m)
        return;
    if (m->pre)
        wasmtime_instance_pre_delete(m->pre);
    wasm_importtype_vec_delete(&m->import_types);
    mocket__buf_release(&m->lines);
    wasmtime_module_delete(m->wasm);
    mocket__arena_release(&m->arena);
    mocket__free(m);
}

bool engine_module_no_lines(const struct engine_module *m)
{
    return lines_supported() && m->lines.len == 0;
}

struct engine_symbols engine_module_imports(const struct engine_module *m)
{
    return m->imports;
}

struct engine_symbols engine_module_exports(const struct engine_module *m)
{
    return m->exports;
}

/* Takes the export `memory`. */
static void keep_memory(struct engine_instance *i, wasmtime_extern_t *found)
{
    i->has_memory = found->kind == WASMTIME_EXTERN_MEMORY;
    if (i->has_memory)
        i->memory = found->of.memory;
    wasmtime_extern_delete(found);
}

static void find_memory(struct engine_instance *i, wasmtime_caller_t *caller)
{
    wasmtime_extern_t found;
    if (wasmtime_caller_export_get(caller, "memory", 6, &found))
        keep_memory(i, &found);
}

/* A guest calls an import: env is its row. */
static wasm_trap_t *call_import(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)count;
    const struct engine_import *row = env;
    struct engine_instance *i = wasmtime_context_get_data(wasmtime_caller_context(caller));
    if (!i->has_memory) /* while the instance is being made */
        find_memory(i, caller);
    i->reason = row->fn(i->data, (union engine_slot *)(void *)values);
    return i->reason ? wasmtime_trap_new(i->reason, strlen(i->reason)) : NULL;
}

static void find_exports_type(struct engine_module *m)
{
    for (size_t i = 0; i < m->name_count; i++)
        for (size_t k = 0; k < m->exports.count; k++) {
            const struct engine_symbol *s = &m->exports.rows[k];
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
    i->reason = reason;
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
    m->growing = link->growing;
    wasmtime_linker_t *linker = wasmtime_linker_new(m->engine->wasm);
    wasmtime_linker_allow_shadowing(linker, true); /* a module may import the same thing twice */
    wasmtime_error_t *error = NULL;
    for (size_t i = 0; !error && i < m->imports.count; i++) {
        error = define_import(linker, m->import_types.data[i], link->rows[i]);
        m->waits |= engine_import_waits(link->rows[i]);
    }
    find_exports_type(m);
    if (!error)
        error = wasmtime_linker_instantiate_pre(linker, m->wasm, &m->pre);
    wasmtime_linker_delete(linker);
    if (!error)
        return 0;
    explain_error(why, error, NULL);
    return MOCKET_EINVAL;
}

/* ---- An instance ---- */

void engine_deadline(struct engine_instance *i, uint64_t ms)
{
    wasmtime_context_set_epoch_deadline(i->context, ms ? (ms + ENGINE_TICK_MS - 1) / ENGINE_TICK_MS + 1 : FOR_EVER);
}

/* Takes the error or the trap of a call. */
static enum engine_outcome outcome(struct engine_instance *i, wasmtime_error_t *error, wasm_trap_t *trap,
                                   struct mocket_buf *why)
{
    struct explain_known known = { mocket__buf_view(&i->module->lines), i->reason };
    i->reason = NULL;
    if (error) {
        explain_error(why, error, &known);
        return ENGINE_TRAPPED;
    }
    if (!trap)
        return ENGINE_RETURNED;
    wasmtime_trap_code_t code;
    bool expired = wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_INTERRUPT;
    explain_trap(why, trap, &known);
    return expired ? ENGINE_EXPIRED : ENGINE_TRAPPED;
}

static void export_memory(struct engine_instance *i)
{
    wasmtime_extern_t found;
    if (wasmtime_instance_export_get(i->context, &i->wasm, "memory", 6, &found))
        keep_memory(i, &found);
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
    mocket_engine_store_limit(i->store, &(struct mocket_engine_limits){ .bytes = (size_t)m->engine->plan.memory_bytes,
                                                                        .table_elements = PLAN_TABLE_ELEMENTS,
                                                                        .instances = 1,
                                                                        .tables = PLAN_TABLES_EACH,
                                                                        .memories = 2,
                                                                        .growing = m->growing,
                                                                        .data = data });
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
        outcome(i, error, trap, why);
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
    enum engine_outcome ended = outcome(i, error, trap, why);
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
    i->reason = "interrupt";
    return wasmtime_error_new(i->reason);
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
    enum engine_outcome ended = outcome(i, error, trap, why);
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

struct engine_memory engine_memory_of(const struct engine_instance *i)
{
    if (!i->has_memory)
        return (struct engine_memory){ NULL, 0 };
    return (struct engine_memory){ wasmtime_memory_data(i->context, &i->memory),
                                   wasmtime_memory_data_size(i->context, &i->memory) };
}

struct engine_use engine_use_of(const struct engine_instance *i)
{
    return (struct engine_use){ engine_memory_of(i).size, mocket_engine_store_heap(i->store) };
}

/* A new watch does not count as a collection. */
bool engine_collected(struct engine_instance *i)
{
    if (i->future || mocket_engine_store_heap(i->store) == 0)
        return false;
    bool first = !i->watch;
    if (first)
        i->watch = mocket_engine_watch_new();
    return mocket_engine_watch_collected(i->watch, i->store) && !first;
}
