/* Whether a file is a guest is decided once, here, with a message that a person can act on: what it is instead (a
 * component, a text, a command), which export is missing or has another type, which import nobody provides. Afterwards
 * calls in both directions are made without any check of types. */
#include "module.h"

#include <string.h>

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "app.h"
#include "bounds.h"
#include "command.h"
#include "imports.h"
#include "instance.h"
#include "../../../src/wasm/sections.h"

static const struct {
    const char *name, *type;
} exports[GUEST_EXPORT_COUNT] = {
#define GUEST_EXPORT_ROW(id, name, result, ...) [GUEST_##id] = { #name, MOCKET_ABI_TYPE(result, __VA_ARGS__) },
    MOCKET_ABI_EXPORTS(GUEST_EXPORT_ROW)
#undef GUEST_EXPORT_ROW
};

static const char *const export_names[GUEST_EXPORT_COUNT] = {
#define GUEST_EXPORT_NAME(id, name, ...) [GUEST_##id] = #name,
    MOCKET_ABI_EXPORTS(GUEST_EXPORT_NAME)
#undef GUEST_EXPORT_NAME
};

const char *guest_export_name(enum guest_export which)
{
    return which < GUEST_EXPORT_COUNT ? exports[which].name : "the start section";
}

static int check_room(const struct guest_file *file, struct mocket_buf *why)
{
    uint64_t needed = mocket__wasm_memory_bytes(file->bytes);
    if (needed <= file->memory_bytes)
        return 0;
    mocket__buf_text(why, "its memory begins with ");
    mocket__buf_decimal(why, needed >> 10);
    mocket__buf_text(why, " KiB; an instance may have ");
    mocket__buf_decimal(why, file->memory_bytes >> 10);
    guest_app_refuse(why, " KiB (--max-memory)", NULL);
    return MOCKET_ELIMIT;
}

static const struct engine_symbol *find_export(const struct guest_module *m, const char *name)
{
    struct engine_symbols all = engine_module_exports(m->code);
    for (size_t i = 0; i < all.count; i++)
        if (mocket__span_eq(all.rows[i].name, mocket__span(name)))
            return &all.rows[i];
    return NULL;
}

static int check_memory(const struct guest_module *m, struct mocket_buf *why)
{
    const struct engine_symbol *memory = find_export(m, "memory");
    int rc = guest_app_memory(memory && memory->kind == ENGINE_MEMORY, why);
    if (rc < 0)
        return rc;
    if (strcmp(memory->type, "32") != 0)
        return guest_app_refuse(why, "its memory is ", memory->type, "; it must be a 32-bit memory that is not shared",
                                NULL);
    return 0;
}

/* Notes which exports there are; one of another type is refused. */
static int check_exports(struct guest_module *m, struct mocket_buf *why)
{
    for (size_t i = 0; i < GUEST_EXPORT_COUNT; i++) {
        const struct engine_symbol *found = find_export(m, exports[i].name);
        if (!found)
            continue;
        if (found->kind != ENGINE_FUNCTION)
            return guest_app_refuse(why, "its export `", exports[i].name, "` is not a function", NULL);
        if (strcmp(found->type, exports[i].type) != 0)
            return guest_app_refuse(
                why, "its export `", exports[i].name, "` has the type ", found->type, ", it must be ", exports[i].type,
                " (i: i32, I: i64, f: f32, F: f64; parameters before the colon, results behind)", NULL);
        m->has[i] = true;
    }
    return 0;
}

static int check_import(const struct engine_symbol *import, const struct engine_import **row, struct mocket_buf *why)
{
    *row = guest_import_find(import->module, import->name);
    if (*row && import->kind == ENGINE_FUNCTION && strcmp(engine_import_type(*row), import->type) == 0)
        return 0;
    if (!*row)
        return guest_app_refuse_import(import->module, import->name, why);
    mocket__buf_text(why, "imports ");
    mocket__buf_span(why, import->module);
    mocket__buf_text(why, ".");
    mocket__buf_span(why, import->name);
    if (import->kind != ENGINE_FUNCTION)
        return guest_app_refuse(why, ", which is a function, as something else", NULL);
    return guest_app_refuse(why, " with the type ", import->type, ", it is ", engine_import_type(*row), NULL);
}

/* The rows of imports.c for the module's imports, in their order. */
static int check_imports(struct guest_module *m, const struct engine_import **rows, struct mocket_buf *why)
{
    struct engine_symbols all = engine_module_imports(m->code);
    const char *waits = NULL;
    for (size_t i = 0; i < all.count; i++) {
        int rc = check_import(&all.rows[i], &rows[i], why);
        if (rc < 0)
            return rc;
        const char *name = rows[i]->name;
        if (strcmp(rows[i]->module, MOCKET_ABI_MODULE) != 0)
            continue;
        if (strcmp(name, "await") == 0 || strcmp(name, "await_any") == 0)
            m->direct_style = true;
        m->asks_fields |= strcmp(name, "fields") == 0;
        if (strcmp(name, "sleep") == 0 || strcmp(name, "ready") == 0 || strcmp(name, "fetch_wait") == 0)
            waits = name;
    }
    if (waits && !m->direct_style && !m->has[GUEST_DONE])
        return guest_app_refuse(why, "imports mocket.", waits,
                                " and neither imports mocket.await nor exports `mocket_done`", NULL);
    return 0;
}

static int link_imports(struct guest_module *m, struct mocket_buf *why)
{
    size_t count = engine_module_imports(m->code).count;
    const struct engine_import **rows = mocket__new((count + 1) * sizeof *rows);
    if (!rows)
        return MOCKET_ENOMEM;
    int rc = check_imports(m, rows, why);
    for (size_t i = 0; rc == 0 && m->direct_style && i < engine_module_imports(m->code).count; i++)
        rows[i] = guest_import_waiting(rows[i]);
    if (rc == 0)
        rc = engine_module_link(
            m->code, &(struct engine_link){ rows, export_names, GUEST_EXPORT_COUNT, guest_instance_growing }, why);
    mocket__free(rows);
    return rc;
}

static uint32_t imported_functions(const struct guest_module *m)
{
    struct engine_symbols all = engine_module_imports(m->code);
    uint32_t count = 0;
    for (size_t i = 0; i < all.count; i++)
        count += all.rows[i].kind == ENGINE_FUNCTION;
    return count;
}

static int check_reactor(const struct guest_module *m, mocket_span bytes, struct mocket_buf *why)
{
    if (!guest_is_wrapped_command(bytes, imported_functions(m)))
        return 0;
    return guest_command_refuse(why);
}

int guest_module_open(struct engine *engine, const struct guest_file *file, struct guest_module **out,
                      struct mocket_buf *why)
{
    int rc = guest_app_format(file->bytes, why);
    if (rc == 0)
        rc = guest_bounds_check(file->bytes, why);
    if (rc == 0)
        rc = check_room(file, why);
    if (rc < 0)
        return rc;
    struct guest_module *m = mocket__new(sizeof *m);
    if (!m)
        return MOCKET_ENOMEM;
    m->engine = engine;
    m->name = file->name;
    rc = file->cache ? engine_cache_module(file->cache, engine, file->bytes, &m->code, why)
                     : engine_module_open(engine, file->bytes, &m->code, why);
    if (rc == 0)
        rc = check_memory(m, why);
    if (rc == 0)
        rc = check_exports(m, why);
    if (rc == 0)
        rc = guest_app_complete(m->has, why);
    if (rc == 0)
        rc = check_reactor(m, file->bytes, why);
    if (rc == 0)
        rc = link_imports(m, why);
    if (rc < 0) {
        guest_module_close(m);
        return rc;
    }
    *out = m;
    return 0;
}

void guest_module_close(struct guest_module *m)
{
    if (!m)
        return;
    engine_module_close(m->code);
    mocket__free(m);
}
