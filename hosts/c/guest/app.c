/* module.c calls the parts before and after the engine reads a module. `mocket bundle` has no engine and calls only
 * guest_app_read. Every read of the module is bounded. A module that is not well-formed may pass: the engine that runs
 * it reports that. */
#include "app.h"

#include <stdarg.h>
#include <string.h>

#include "../../../src/base/span.h"
#include "../../../src/wasm/mark.h"
#include "../../../src/wasm/sections.h"
#include "target.h"

static const char *const exports[GUEST_EXPORT_COUNT] = {
#define GUEST_EXPORT_NAME(id, name, ...) [GUEST_##id] = #name,
    MOCKET_ABI_EXPORTS(GUEST_EXPORT_NAME)
#undef GUEST_EXPORT_NAME
};

int guest_app_refuse(struct mocket_buf *why, const char *piece, ...)
{
    va_list more;
    va_start(more, piece);
    for (; piece; piece = va_arg(more, const char *))
        mocket__buf_text(why, piece);
    va_end(more);
    return MOCKET_EINVAL;
}

/* A file that `mocket bundle` made for another host is not an app: the message says how to run the file. */
static int refuse_bundle(const struct mocket_wasm_mark *mark, struct mocket_buf *why)
{
    const char *runs = guest_target_runs(mark->target);
    mocket__buf_text(why, "a bundle for ");
    mocket__buf_span(why, mark->target);
    mocket__buf_text(why, ", and not an app. ");
    guest_app_refuse(why, runs ? "To run it: " : "", runs ? runs : "", runs ? ". " : "", NULL);
    mocket__buf_text(why, "It was made of the app with SHA-256 ");
    mocket__buf_span(why, mark->app_hash);
    return MOCKET_EINVAL;
}

int guest_app_format(mocket_span wasm, struct mocket_buf *why)
{
    static const char magic[] = { 0, 'a', 's', 'm' };
    struct mocket_wasm_mark mark;
    if (wasm.len < 8 || memcmp(wasm.ptr, magic, 4) != 0)
        return guest_app_refuse(why, "not a WebAssembly module (it does not begin with \\0asm)", NULL);
    if (mocket__wasm_mark_read(wasm, &mark))
        return refuse_bundle(&mark, why);
    if (wasm.ptr[6] == 1)
        return guest_app_refuse(why,
                                "a WebAssembly component, and not an app. A component host runs it, such as `wasmtime "
                                "serve`; an app is built without a component step",
                                NULL);
    if (mocket__wasm_form(wasm) != MOCKET_WASM_MODULE)
        return guest_app_refuse(why, "a WebAssembly module of an unknown version", NULL);
    return 0;
}

int guest_app_memory(bool found, struct mocket_buf *why)
{
    return found ? 0 : guest_app_refuse(why, "exports no memory named `memory`", NULL);
}

int guest_app_complete(const bool has[GUEST_EXPORT_COUNT], struct mocket_buf *why)
{
    static const enum guest_export required[] = { GUEST_ALLOC, GUEST_HANDLE };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!has[required[i]])
            return guest_app_refuse(why, "exports no `", exports[required[i]],
                                    "`: it is not a Mocket app (an app in C calls mocket_listen in main)", NULL);
    if (!has[GUEST_MOCKET_START] && !has[GUEST_START])
        return guest_app_refuse(why, "exports neither `mocket_start` nor `_start`", NULL);
    return 0;
}

int guest_app_refuse_import(mocket_span module, mocket_span name, struct mocket_buf *why)
{
    mocket__buf_text(why, "imports ");
    mocket__buf_span(why, module);
    mocket__buf_text(why, ".");
    mocket__buf_span(why, name);
    mocket__buf_text(why, ", which this host does not provide");
    if (mocket__span_eq(module, MOCKET_SPAN(MOCKET_ABI_MODULE))) {
        mocket__buf_text(why, ": it has minor version ");
        mocket__buf_decimal(why, MOCKET_ABI_MINOR);
        mocket__buf_text(why, " of the guest ABI");
    }
    return MOCKET_EINVAL;
}

static bool is_import(mocket_span name)
{
    static const char *const names[] = {
#define GUEST_IMPORT_NAME(name, ...) #name,
        MOCKET_ABI_IMPORTS(GUEST_IMPORT_NAME)
#undef GUEST_IMPORT_NAME
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mocket__span_eq(name, mocket__span(names[i])))
            return true;
    return false;
}

static int read_imports(mocket_span wasm, struct guest_app *app, struct mocket_buf *why)
{
    struct mocket_wasm_bytes r = mocket__wasm_section(wasm, MOCKET_WASM_SECTION_IMPORT);
    struct mocket_wasm_import import;
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && mocket__wasm_next_import(&r, &import); left--) {
        if (!mocket__span_eq(import.module, MOCKET_SPAN(MOCKET_ABI_MODULE)))
            continue;
        if (!is_import(import.name))
            return guest_app_refuse_import(import.module, import.name, why);
        app->waits |= mocket__span_eq(import.name, MOCKET_SPAN("await")) ||
                      mocket__span_eq(import.name, MOCKET_SPAN("await_any"));
        app->sockets |= mocket__span_eq(import.name, MOCKET_SPAN("ws_accept"));
        app->fetches |= mocket__span_eq(import.name, MOCKET_SPAN("fetch"));
    }
    return 0;
}

/* A file that was cut, as by a download that stopped, may still have all that is read here. */
static int check_end(mocket_span wasm, struct mocket_buf *why)
{
    struct mocket_wasm_bytes rest = mocket__wasm_sections(wasm), content;
    uint32_t id;
    while (mocket__wasm_next_section(&rest, &id, &content))
        continue;
    return rest.bad ? guest_app_refuse(why, MOCKET_WASM_CUT, NULL) : 0;
}

int guest_app_read(mocket_span wasm, struct guest_app *app, struct mocket_buf *why)
{
    *app = (struct guest_app){ 0 };
    int rc = guest_app_format(wasm, why);
    if (rc == 0)
        rc = check_end(wasm, why);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < GUEST_EXPORT_COUNT; i++)
        app->has[i] = mocket__wasm_export_index(wasm, mocket__span(exports[i])) != UINT32_MAX;
    rc = guest_app_memory(mocket__wasm_exports_memory(wasm, MOCKET_SPAN("memory")), why);
    if (rc == 0)
        rc = guest_app_complete(app->has, why);
    if (rc == 0)
        rc = read_imports(wasm, app, why);
    return rc;
}
