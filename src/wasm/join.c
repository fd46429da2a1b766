/* Indices of functions depend on how many imports are kept. So the imports are walked twice: the first walk numbers and
 * copies those that are kept, the second walk binds the others, whose functions have their numbers by then.
 *
 * What must stay true: a bound function has exactly the type of the import, and is defined in the other module, so that
 * no import is bound to itself by a circle of exported imports. */
#include "join.h"

#include "../base/memory.h"
#include "../base/span.h"
#include "write.h"

#define APP MOCKET_SPAN("app")

enum { PAGE = 65536, RESULT_I32 = 0x7f };

uint32_t mocket__wasm_join_type(const struct mocket_wasm_join *j, uint32_t made)
{
    return j->app.count[MOCKET_WASM_TYPES] + j->adapter.count[MOCKET_WASM_TYPES] + made;
}

uint32_t mocket__wasm_join_pages_global(const struct mocket_wasm_join *j)
{
    return j->app.count[MOCKET_WASM_GLOBALS] + j->adapter.count[MOCKET_WASM_GLOBALS];
}

/* Appends: imports MODULE.NAME */
static int refuse_import(const struct mocket_wasm_module *m, const struct mocket_wasm_import *import,
                         struct mocket_buf *why, const char *what)
{
    mocket__wasm_refuse(m, why, "imports ", NULL);
    mocket__buf_span(why, import->module);
    mocket__buf_text(why, ".");
    mocket__buf_span(why, import->name);
    mocket__buf_text(why, what);
    return MOCKET_EINVAL;
}

/* ---- Memory ---- */

static int read_limits(const struct mocket_wasm_module *m, struct mocket_wasm_bytes r, uint32_t limits[2],
                       struct mocket_buf *why)
{
    enum { WITH_MAXIMUM = 1, MOST = 65536 };
    uint32_t flags = mocket__wasm_byte(&r);
    if (flags > WITH_MAXIMUM)
        return mocket__wasm_refuse(m, why, "its memory is shared or has 64-bit addresses", NULL);
    limits[0] = mocket__wasm_number(&r);
    limits[1] = flags & WITH_MAXIMUM ? mocket__wasm_number(&r) : MOST;
    if (r.bad || limits[0] > limits[1] || limits[1] > MOST)
        return mocket__wasm_refuse(m, why, "malformed: the size of its memory", NULL);
    return 0;
}

/* The value of the adapter's global __global_base, which must be a constant. */
static int read_base(const struct mocket_wasm_join *j, uint32_t *base, struct mocket_buf *why)
{
    static const struct mocket_wasm_visitor nobody = { .visit = NULL };
    mocket_span name = MOCKET_SPAN("__global_base");
    uint32_t wanted = mocket__wasm_find_export(j->adapter.wasm, name, MOCKET_WASM_KIND_GLOBAL);
    struct mocket_wasm_bytes r = j->adapter.sections[MOCKET_WASM_SECTION_GLOBAL];
    for (uint32_t i = 0; i < j->adapter.entries[MOCKET_WASM_SECTION_GLOBAL] && !r.bad; i++) {
        mocket__wasm_type(&r, &nobody);
        mocket__wasm_byte(&r);
        uint32_t op = mocket__wasm_byte(&r);
        if (op == MOCKET_WASM_I32_CONST)
            *base = mocket__wasm_number(&r);
        else
            r.bad = true;
        if (mocket__wasm_byte(&r) == MOCKET_WASM_END && !r.bad && i == wanted)
            return 0;
    }
    return mocket__wasm_refuse(&j->adapter, why, "exports no constant global __global_base", NULL);
}

static int plan_memory(struct mocket_wasm_join *j, struct mocket_buf *why)
{
    uint32_t app[2], adapter[2], base = 0;
    int rc = read_limits(&j->app, j->app.sections[MOCKET_WASM_SECTION_MEMORY], app, why);
    if (rc == 0)
        rc = read_limits(&j->adapter, j->adapter.sections[MOCKET_WASM_SECTION_MEMORY], adapter, why);
    if (rc == 0)
        rc = read_base(j, &base, why);
    if (rc < 0)
        return rc;
    if (app[0] > base / PAGE) {
        mocket__wasm_refuse(&j->app, why, "its memory begins with ", NULL);
        mocket__buf_decimal(why, (uint64_t)app[0] * (PAGE >> 10));
        mocket__buf_text(why, " KiB; this target has room for ");
        mocket__buf_decimal(why, base >> 10);
        mocket__buf_text(why, " KiB");
        return MOCKET_ELIMIT;
    }
    j->app_pages = app[0];
    j->app_pages_max = app[1] < base / PAGE ? app[1] : base / PAGE;
    j->pages = adapter[0];
    return 0;
}

/* ---- Functions that are made here ---- */

static uint32_t add_made(struct mocket_wasm_join *j, uint32_t type, const struct mocket_buf *code)
{
    mocket__wasm_write_number(&j->made_types, type);
    mocket__wasm_write_number(&j->made_bodies, code->len + 2);
    mocket__wasm_write_byte(&j->made_bodies, 0); /* no locals */
    mocket__buf_span(&j->made_bodies, mocket__buf_view(code));
    mocket__wasm_write_byte(&j->made_bodies, MOCKET_WASM_END);
    if (code->status < 0)
        j->made_bodies.status = code->status;
    return j->first_made + j->made_count++;
}

static void put(struct mocket_buf *code, uint32_t op, uint32_t number)
{
    mocket__wasm_write_byte(code, op);
    mocket__wasm_write_number(code, number);
}

/* memory.size and memory.grow of the app: its pages are counted in a global. */
static void make_memory(struct mocket_wasm_join *j)
{
    enum { ELSE = 0x05, LOCAL_GET = 0x20, GLOBAL_SET = 0x24, GT_U = 0x4b, ADD = 0x6a, SUB = 0x6b };
    uint32_t pages = mocket__wasm_join_pages_global(j);
    struct mocket_buf code = { 0 };
    put(&code, MOCKET_WASM_GLOBAL_GET, pages);
    j->app_map.has_own_memory = true;
    j->app_map.memory_size = add_made(j, mocket__wasm_join_type(j, MOCKET_WASM_MADE_SIZE_TYPE), &code);
    mocket__buf_reset(&code);
    put(&code, LOCAL_GET, 0);
    mocket__wasm_write_byte(&code, MOCKET_WASM_I32_CONST);
    mocket__wasm_write_signed(&code, j->app_pages_max);
    put(&code, MOCKET_WASM_GLOBAL_GET, pages);
    mocket__wasm_write_byte(&code, SUB);
    mocket__wasm_write_byte(&code, GT_U);
    put(&code, MOCKET_WASM_IF, RESULT_I32);
    mocket__wasm_write_byte(&code, MOCKET_WASM_I32_CONST);
    mocket__wasm_write_signed(&code, -1);
    mocket__wasm_write_byte(&code, ELSE);
    put(&code, MOCKET_WASM_GLOBAL_GET, pages); /* the result */
    put(&code, MOCKET_WASM_GLOBAL_GET, pages);
    put(&code, LOCAL_GET, 0);
    mocket__wasm_write_byte(&code, ADD);
    put(&code, GLOBAL_SET, pages);
    mocket__wasm_write_byte(&code, MOCKET_WASM_END);
    j->app_map.memory_grow = add_made(j, mocket__wasm_join_type(j, MOCKET_WASM_MADE_GROW_TYPE), &code);
    mocket__buf_release(&code);
}

/* A function with the type of an import of the adapter, which returns nothing or the value. */
static int make_constant(struct mocket_wasm_join *j, uint32_t function, uint32_t value, struct mocket_buf *why)
{
    uint32_t type = j->adapter.type_of[function];
    struct mocket_wasm_bytes r = j->adapter.types[type];
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && !r.bad; left--)
        mocket__wasm_byte(&r);
    uint32_t results = mocket__wasm_number(&r), result = results ? mocket__wasm_byte(&r) : RESULT_I32;
    if (r.bad || results > 1 || result != RESULT_I32)
        return mocket__wasm_refuse(&j->adapter, why, "a function that it imports from app returns no i32", NULL);
    struct mocket_buf code = { 0 };
    if (results) {
        mocket__wasm_write_byte(&code, MOCKET_WASM_I32_CONST);
        mocket__wasm_write_signed(&code, value);
    }
    j->adapter_map.functions[function] = add_made(j, j->adapter_map.base[MOCKET_WASM_TYPES] + type, &code);
    mocket__buf_release(&code);
    return 0;
}

/* ---- Imports ---- */

static bool is_joined(mocket_span joined, mocket_span module, mocket_span name)
{
    return joined.len == module.len + 1 + name.len && joined.ptr[module.len] == '.' &&
           mocket__span_eq(mocket__span_slice(joined, 0, module.len), module) &&
           mocket__span_eq(mocket__span_slice(joined, module.len + 1, joined.len), name);
}

/* The adapter's function for an import of the app, or UINT32_MAX. */
static uint32_t find_provided(const struct mocket_wasm_join *j, const struct mocket_wasm_import *import)
{
    struct mocket_wasm_bytes r = j->adapter.sections[MOCKET_WASM_SECTION_EXPORT];
    for (uint32_t left = j->adapter.entries[MOCKET_WASM_SECTION_EXPORT]; left > 0 && !r.bad; left--) {
        mocket_span name = mocket__wasm_name(&r);
        uint32_t kind = mocket__wasm_byte(&r), index = mocket__wasm_number(&r);
        if (!r.bad && kind == MOCKET_WASM_KIND_FUNCTION && is_joined(name, import->module, import->name))
            return index;
    }
    return UINT32_MAX;
}

/* Copies an import of a function, whose type is that of the new module. */
static uint32_t keep(struct mocket_wasm_join *j, const struct mocket_wasm_map *map,
                     const struct mocket_wasm_import *import, uint32_t type)
{
    mocket__wasm_write_name(&j->imports, import->module);
    mocket__wasm_write_name(&j->imports, import->name);
    mocket__wasm_write_byte(&j->imports, MOCKET_WASM_KIND_FUNCTION);
    mocket__wasm_write_number(&j->imports, map->base[MOCKET_WASM_TYPES] + type);
    return j->import_count++;
}

static int keep_imports_of_app(struct mocket_wasm_join *j, struct mocket_buf *why)
{
    struct mocket_wasm_bytes r = j->app.sections[MOCKET_WASM_SECTION_IMPORT];
    struct mocket_wasm_import import;
    for (uint32_t i = 0; i < j->app.entries[MOCKET_WASM_SECTION_IMPORT] && mocket__wasm_next_import(&r, &import); i++) {
        if (import.kind != MOCKET_WASM_KIND_FUNCTION)
            return refuse_import(&j->app, &import, why, ", which is not a function");
        j->app_map.functions[i] = UINT32_MAX;
        if (find_provided(j, &import) != UINT32_MAX)
            continue;
        if (!mocket__span_eq(import.module, j->merge->host))
            return refuse_import(&j->app, &import, why, ", which this target does not provide");
        if (j->app.type_of[i] >= j->app.count[MOCKET_WASM_TYPES])
            return refuse_import(&j->app, &import, why, " with a type that is not there");
        j->app_map.functions[i] = keep(j, &j->app_map, &import, j->app.type_of[i]);
    }
    return 0;
}

static int keep_imports_of_adapter(struct mocket_wasm_join *j, struct mocket_buf *why)
{
    struct mocket_wasm_bytes r = j->adapter.sections[MOCKET_WASM_SECTION_IMPORT];
    struct mocket_wasm_import import;
    for (uint32_t i = 0; i < j->adapter.entries[MOCKET_WASM_SECTION_IMPORT] && mocket__wasm_next_import(&r, &import);
         i++) {
        if (import.kind != MOCKET_WASM_KIND_FUNCTION || j->adapter.type_of[i] >= j->adapter.count[MOCKET_WASM_TYPES])
            return refuse_import(&j->adapter, &import, why, ", which is not a function");
        j->adapter_map.functions[i] = UINT32_MAX;
        if (!mocket__span_eq(import.module, APP))
            j->adapter_map.functions[i] = keep(j, &j->adapter_map, &import, j->adapter.type_of[i]);
    }
    return 0;
}

/* ---- Binding ---- */

/* Binds an import of one module to a function of the other. */
static int bind(const struct mocket_wasm_map *map, uint32_t import, const struct mocket_wasm_map *to, uint32_t function)
{
    if (function < to->from->imported[MOCKET_WASM_FUNCTIONS] ||
        !mocket__wasm_same_type(map->from, import, to->from, function))
        return MOCKET_EINVAL;
    map->functions[import] = to->functions[function];
    return 0;
}

static int bind_app(struct mocket_wasm_join *j, struct mocket_buf *why)
{
    struct mocket_wasm_bytes r = j->app.sections[MOCKET_WASM_SECTION_IMPORT];
    struct mocket_wasm_import import;
    for (uint32_t i = 0; i < j->app.imported[MOCKET_WASM_FUNCTIONS] && mocket__wasm_next_import(&r, &import); i++) {
        uint32_t provided = find_provided(j, &import);
        if (provided != UINT32_MAX && bind(&j->app_map, i, &j->adapter_map, provided) < 0)
            return refuse_import(&j->app, &import, why, " with another type than it has");
    }
    return 0;
}

/* An app with `mocket_start` is not started by `_start`. */
static uint32_t find_app_export(const struct mocket_wasm_join *j, mocket_span name)
{
    bool is_start = mocket__span_eq(name, MOCKET_SPAN("_start"));
    if (is_start && mocket__wasm_export_index(j->app.wasm, MOCKET_SPAN("mocket_start")) != UINT32_MAX)
        return UINT32_MAX;
    return mocket__wasm_export_index(j->app.wasm, name);
}

static int bind_to_pages(struct mocket_wasm_join *j, uint32_t function, struct mocket_buf *why)
{
    static const unsigned char nothing_to_i32[] = { 0, 1, RESULT_I32 };
    struct mocket_wasm_bytes type = j->adapter.types[j->adapter.type_of[function]];
    if (type.end - type.at != sizeof nothing_to_i32 || memcmp(type.at, nothing_to_i32, sizeof nothing_to_i32) != 0)
        return mocket__wasm_refuse(&j->adapter, why, "imports app.memory_pages with another type than it has", NULL);
    j->adapter_map.functions[function] = j->app_map.memory_size;
    return 0;
}

/* Binds an import of the module app. */
static int bind_to_app(struct mocket_wasm_join *j, uint32_t function, mocket_span name, struct mocket_buf *why)
{
    if (mocket__span_eq(name, MOCKET_SPAN("traits")))
        return make_constant(j, function, j->merge->traits, why);
    if (mocket__span_eq(name, MOCKET_SPAN("memory_pages")))
        return bind_to_pages(j, function, why);
    uint32_t found = find_app_export(j, name);
    if (found == UINT32_MAX)
        return make_constant(j, function, 0, why);
    if (bind(&j->adapter_map, function, &j->app_map, found) == 0)
        return 0;
    mocket__wasm_refuse(&j->app, why, "its export `", NULL);
    mocket__buf_span(why, name);
    mocket__buf_text(why, "` has another type than the guest ABI says, or is an import");
    return MOCKET_EINVAL;
}

static int bind_adapter(struct mocket_wasm_join *j, struct mocket_buf *why)
{
    struct mocket_wasm_bytes r = j->adapter.sections[MOCKET_WASM_SECTION_IMPORT];
    struct mocket_wasm_import import;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < j->adapter.imported[MOCKET_WASM_FUNCTIONS]; i++)
        if (mocket__wasm_next_import(&r, &import) && mocket__span_eq(import.module, APP))
            rc = bind_to_app(j, i, import.name, why);
    return rc;
}

/* ---- The whole ---- */

static int check_spaces(const struct mocket_wasm_join *j, struct mocket_buf *why)
{
    const struct mocket_wasm_module *a = &j->adapter;
    if (j->app.count[MOCKET_WASM_MEMORIES] != 1 || j->app.imported[MOCKET_WASM_MEMORIES] != 0)
        return mocket__wasm_refuse(&j->app, why, "it must have one memory of its own", NULL);
    if (a->imported[MOCKET_WASM_MEMORIES] + a->count[MOCKET_WASM_TAGS] != 0 || a->count[MOCKET_WASM_MEMORIES] != 1 ||
        a->sections[MOCKET_WASM_SECTION_START].at)
        return mocket__wasm_refuse(a, why, "it has members that an adapter cannot have", NULL);
    for (uint32_t i = 0; i < a->count[MOCKET_WASM_TYPES]; i++)
        if (a->types[i].bad || a->entries[MOCKET_WASM_SECTION_TYPE] != a->count[MOCKET_WASM_TYPES])
            return mocket__wasm_refuse(a, why, "it has types that an adapter cannot have", NULL);
    return 0;
}

/* A linker gives every adapter a table. Without elements nothing can be called by it, and some platforms take one table
 * only. */
static void drop_empty_table(struct mocket_wasm_module *adapter)
{
    if (adapter->entries[MOCKET_WASM_SECTION_ELEMENT] > 0)
        return;
    adapter->sections[MOCKET_WASM_SECTION_TABLE] = (struct mocket_wasm_bytes){ NULL, NULL, false };
    adapter->entries[MOCKET_WASM_SECTION_TABLE] = 0;
    adapter->count[MOCKET_WASM_TABLES] = 0;
}

/* Adapter behind app in every space; functions are numbered by themselves. */
static int begin_maps(struct mocket_wasm_join *j)
{
    j->app_map.from = &j->app;
    j->adapter_map.from = &j->adapter;
    for (int space = 0; space < MOCKET_WASM_SPACES; space++)
        j->adapter_map.base[space] = j->app.count[space];
    size_t app = (size_t)j->app.count[MOCKET_WASM_FUNCTIONS] + 1,
           adapter = (size_t)j->adapter.count[MOCKET_WASM_FUNCTIONS] + 1;
    j->app_map.functions = mocket__new(app * sizeof *j->app_map.functions);
    j->adapter_map.functions = mocket__new(adapter * sizeof *j->adapter_map.functions);
    return j->app_map.functions && j->adapter_map.functions ? 0 : MOCKET_ENOMEM;
}

static uint32_t number_functions(const struct mocket_wasm_map *map, uint32_t next)
{
    const struct mocket_wasm_module *m = map->from;
    for (uint32_t i = m->imported[MOCKET_WASM_FUNCTIONS]; i < m->count[MOCKET_WASM_FUNCTIONS]; i++)
        map->functions[i] = next++;
    return next;
}

int mocket__wasm_join_make(struct mocket_wasm_join *j, const struct mocket_wasm_merge *merge, struct mocket_buf *why)
{
    *j = (struct mocket_wasm_join){ .merge = merge };
    int rc = mocket__wasm_module_read(&j->app, merge->app, NULL, why);
    if (rc == 0)
        rc = mocket__wasm_module_read(&j->adapter, merge->adapter, "adapter", why);
    if (rc == 0)
        rc = check_spaces(j, why);
    drop_empty_table(&j->adapter);
    if (rc == 0)
        rc = begin_maps(j);
    if (rc == 0)
        rc = keep_imports_of_app(j, why);
    if (rc == 0)
        rc = keep_imports_of_adapter(j, why);
    if (rc == 0)
        rc = plan_memory(j, why);
    if (rc < 0)
        return rc;
    j->first_made = number_functions(&j->adapter_map, number_functions(&j->app_map, j->import_count));
    make_memory(j);
    rc = bind_app(j, why);
    return rc == 0 ? bind_adapter(j, why) : rc;
}

void mocket__wasm_join_release(struct mocket_wasm_join *j)
{
    mocket__free(j->app_map.functions);
    mocket__free(j->adapter_map.functions);
    mocket__wasm_module_release(&j->app);
    mocket__wasm_module_release(&j->adapter);
    mocket__buf_release(&j->imports);
    mocket__buf_release(&j->made_types);
    mocket__buf_release(&j->made_bodies);
}
