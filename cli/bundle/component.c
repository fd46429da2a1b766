/* A component is a list of sections, and modules are numbered in their order. So the app's module can be replaced
 * without a change to anything else, except for exports that an app need not have: for each of them the template has an
 * alias of an export of the same name of its module `base`. The alias is pointed at the app by one byte, the number of
 * the app's instance.
 *
 * The checks below keep invalid components from being written: what is wrong with an app is said here, in words, and
 * not by an engine that speaks of type indexes. */
#include "component.h"

#include <assert.h>

#include "../../hosts/c/guest/command.h"
#include "../../src/base/span.h"
#include "../../src/wasm/contents.h"
#include "../../src/wasm/start.h"
#include "../../src/wasm/types.h"
#include "../../src/wasm/write.h"

/* As in hosts/adapter/core/app.h, enum app_trait. */
enum bundle_trait { TRAIT_DIRECT = 1, TRAIT_FIELDS = 2, TRAIT_DONE = 4, TRAIT_GONE = 8 };

enum { PADDED_LEN = 5 };

/* ---- Checks ---- */

static int check_export(const struct mocket_wasm_module *app, const char *name, const char *type,
                        struct mocket_buf *why)
{
    char found[MOCKET_WASM_TYPE_MAX];
    uint32_t index = mocket__wasm_export_index(app->wasm, mocket__span(name));
    if (index == UINT32_MAX)
        return 0; /* an optional export: guest_app_read refuses an app without a required one */
    mocket__wasm_type_text(app, index, found);
    if (mocket__span_eq(mocket__span(found), mocket__span(type)))
        return 0;
    return guest_app_refuse(why, "its export `", name, "` has the type ", found, ", it must be ", type,
                            " (i: i32, I: i64, f: f32, F: f64; parameters before the colon, results behind)", NULL);
}

static int check_exports(const struct mocket_wasm_module *app, struct mocket_buf *why)
{
    static const struct {
        const char *name, *type;
    } rows[] = {
#define BUNDLE_EXPORT_ROW(id, name, result, ...) { #name, MOCKET_ABI_TYPE(result, __VA_ARGS__) },
        MOCKET_ABI_EXPORTS(BUNDLE_EXPORT_ROW)
#undef BUNDLE_EXPORT_ROW
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && rc == 0; i++)
        rc = check_export(app, rows[i].name, rows[i].type, why);
    return rc;
}

static const struct bundle_import *find_import(const struct bundle_component *c,
                                               const struct mocket_wasm_import *import)
{
    for (const struct bundle_import *row = c->imports; row->name; row++)
        if (mocket__span_eq(import->name, mocket__span(row->name)) &&
            mocket__span_eq(import->module, mocket__span(row->module)))
            return row;
    return NULL;
}

static int refuse_type(const struct mocket_wasm_import *import, const char *found, const char *wanted,
                       struct mocket_buf *why)
{
    mocket__buf_text(why, "imports ");
    mocket__buf_span(why, import->module);
    mocket__buf_text(why, ".");
    mocket__buf_span(why, import->name);
    if (!found)
        return guest_app_refuse(why, ", which is a function, as something else", NULL);
    return guest_app_refuse(why, " with the type ", found, ", it is ", wanted, NULL);
}

/* function: its index, if it is a function */
static int check_import(const struct bundle_component *c, const struct mocket_wasm_module *app,
                        const struct mocket_wasm_import *import, uint32_t function, struct mocket_buf *why)
{
    char type[MOCKET_WASM_TYPE_MAX];
    const struct bundle_import *row = find_import(c, import);
    if (!row)
        return guest_app_refuse_import(import->module, import->name, why);
    if (import->kind != MOCKET_WASM_KIND_FUNCTION)
        return refuse_type(import, NULL, NULL, why);
    mocket__wasm_type_text(app, function, type);
    if (mocket__span_eq(mocket__span(type), mocket__span(row->type)))
        return 0;
    return refuse_type(import, type, row->type, why);
}

static int check_imports(const struct bundle_component *c, const struct mocket_wasm_module *app, struct mocket_buf *why)
{
    struct mocket_wasm_bytes r = app->sections[MOCKET_WASM_SECTION_IMPORT];
    struct mocket_wasm_import import;
    uint32_t function = 0;
    int rc = 0;
    for (uint32_t left = app->entries[MOCKET_WASM_SECTION_IMPORT]; left > 0 && rc == 0; left--) {
        if (!mocket__wasm_next_import(&r, &import))
            return guest_app_refuse(why, "its imports cannot be read", NULL);
        rc = check_import(c, app, &import, function, why);
        function += import.kind == MOCKET_WASM_KIND_FUNCTION;
    }
    return rc;
}

static bool imports(mocket_span app, const char *name)
{
    struct mocket_wasm_bytes r = mocket__wasm_section(app, MOCKET_WASM_SECTION_IMPORT);
    struct mocket_wasm_import import;
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && mocket__wasm_next_import(&r, &import); left--)
        if (mocket__span_eq(import.module, MOCKET_SPAN(MOCKET_ABI_MODULE)) &&
            mocket__span_eq(import.name, mocket__span(name)))
            return true;
    return false;
}

static int check_waits(const struct guest_app *facts, mocket_span app, struct mocket_buf *why)
{
    static const char *const waits[] = { "sleep", "ready", "fetch_wait" };
    for (size_t i = 0; i < sizeof waits / sizeof *waits && !facts->waits && !facts->has[GUEST_DONE]; i++)
        if (imports(app, waits[i]))
            return guest_app_refuse(why, "imports mocket.", waits[i],
                                    " and neither imports mocket.await nor exports `mocket_done`", NULL);
    return 0;
}

static int check_module(const struct mocket_wasm_module *module, const struct guest_app *facts, struct mocket_buf *why)
{
    struct mocket_wasm_limits memory;
    if (guest_is_wrapped_command(module->wasm, module->imported[MOCKET_WASM_FUNCTIONS]))
        return guest_command_refuse(why);
    if (!mocket__wasm_memory_limits(module->wasm, &memory))
        return guest_app_refuse(why, "its memory must be a 32-bit memory of its own that is not shared", NULL);
    int rc = check_exports(module, why);
    if (rc == 0)
        rc = mocket__wasm_start_check(module, why);
    return rc == 0 ? check_waits(facts, module->wasm, why) : rc;
}

int bundle_app_check(mocket_span app, const struct guest_app *facts, struct mocket_buf *why)
{
    struct mocket_wasm_module module;
    int rc = mocket__wasm_module_read(&module, app, NULL, why);
    if (rc == 0)
        rc = check_module(&module, facts, why);
    mocket__wasm_module_release(&module);
    return rc;
}

int bundle_component_check(const struct bundle_component *c, mocket_span app, const struct guest_app *facts,
                           struct mocket_buf *why)
{
    struct mocket_wasm_module module;
    int rc = mocket__wasm_module_read(&module, app, NULL, why);
    if (rc == 0)
        rc = check_module(&module, facts, why);
    if (rc == 0)
        rc = check_imports(c, &module, why);
    mocket__wasm_module_release(&module);
    return rc;
}

uint32_t bundle_app_traits(mocket_span app, const struct guest_app *facts)
{
    return (facts->waits ? TRAIT_DIRECT : 0u) | (imports(app, "fields") ? TRAIT_FIELDS : 0u) |
           (facts->has[GUEST_DONE] ? TRAIT_DONE : 0u) | (facts->has[GUEST_GONE] ? TRAIT_GONE : 0u);
}

/* ---- Splice ---- */

/* A number in five bytes, over the one of the template. */
static void put_padded(char *to, uint32_t value)
{
    for (int i = 0; i < PADDED_LEN; i++, value >>= 7)
        to[i] = (char)((value & 0x7f) | (i < PADDED_LEN - 1 ? 0x80 : 0));
}

static bool is_used(const char *name, mocket_span app, const struct guest_app *facts)
{
    mocket_span export = mocket__span(name);
    if (mocket__span_eq(export, MOCKET_SPAN("_start")) && facts->has[GUEST_MOCKET_START])
        return false; /* the app is started by mocket_start, not by _start */
    return mocket__wasm_export_index(app, export) != UINT32_MAX;
}

static void splice(const struct bundle_component *c, mocket_span app, const struct guest_app *facts,
                   struct mocket_buf *out)
{
    size_t begin = out->len;
    uint32_t traits = bundle_app_traits(app, facts);
    static const char section = MOCKET_WASM_COMPONENT_MODULE;
    mocket__buf_add(out, c->bytes, c->app_begin);
    mocket__buf_add(out, &section, 1);
    mocket__wasm_write_number(out, (uint32_t)app.len);
    mocket__buf_span(out, app);
    size_t rest = out->len; /* where the bytes from app_end on begin */
    mocket__buf_add(out, c->bytes + c->app_end, c->len - c->app_end);
    if (mocket__buf_status(out) != 0)
        return;
    assert(begin <= rest && c->traits_at > c->app_end);
    put_padded(out->ptr + rest + (c->traits_at - c->app_end), traits);
    for (size_t i = 0; i < BUNDLE_OPTIONAL_MAX; i++)
        if (is_used(c->optional[i].name, app, facts))
            out->ptr[rest + (c->optional[i].at - c->app_end)] = (char)c->app_instance;
}

/* Without a start section the module stays as it is. */
void bundle_component_splice(const struct bundle_component *c, mocket_span app, const struct guest_app *facts,
                             struct mocket_buf *out)
{
    struct mocket_buf changed = { 0 };
    if (!mocket__wasm_has_start(app)) {
        splice(c, app, facts, out);
        return;
    }
    mocket__wasm_start_export(app, &changed);
    splice(c, mocket__buf_view(&changed), facts, out);
    if (mocket__buf_status(&changed) != 0 && mocket__buf_status(out) == 0)
        out->status = mocket__buf_status(&changed);
    mocket__buf_release(&changed);
}
