/* The file is read in one pass for each kind of fact. Sections are checked first: whoever asks for a section later gets
 * the bytes that this pass has seen whole. Rows of imports and exports are checked when they are read. */
#include "report.h"

#include <string.h>

#include "../../hosts/c/guest/app.h"
#include "../../hosts/c/sha256.h"
#include "../../src/base/escape.h"
#include "../../src/base/span.h"
#include "../../src/http/json.h"
#include "../../src/wasm/contents.h"
#include "../../src/wasm/mark.h"
#include "../../src/wasm/start.h"

#define PAGE 65536

struct report {
    struct mocket_arena *arena;
    struct mocket_buf *why;
    const struct inspect_file *file;
    enum mocket_wasm_form form;
    bool marked;
    struct mocket_wasm_mark mark;
    mocket_span app;  /* the app's module: the file itself, or one inside; ptr NULL when it is not known */
    bool moved_start; /* of a module inside: its start section became an export */
    mocket_value *out;
};

static mocket_value *object(const struct report *r)
{
    return mocket__json_new(r->arena, false);
}

static mocket_value *array(const struct report *r)
{
    return mocket__json_new(r->arena, true);
}

/* A name of the file as printable text in the arena. */
static const char *printable(const struct report *r, mocket_span name)
{
    size_t room = name.len * MOCKET_ESCAPE_MAX + 1;
    char *text = mocket__arena_alloc(r->arena, room);
    if (!text)
        return "";
    struct mocket_escaped done = mocket__escape(text, room - 1, name);
    text[done.len] = '\0';
    return text;
}

static const char *hash_of(const struct report *r, mocket_span bytes)
{
    char hash[HOST_SHA256_HEX];
    host_sha256_text(bytes, hash);
    return mocket__arena_text(r->arena, mocket__span(hash));
}

static int refuse(const struct report *r, const char *what, uint64_t at)
{
    mocket__buf_text(r->why, what);
    mocket__buf_text(r->why, " at byte ");
    mocket__buf_decimal(r->why, at);
    return MOCKET_EINVAL;
}

static size_t offset_of(const struct report *r, const unsigned char *at)
{
    return (size_t)(at - (const unsigned char *)r->file->bytes.ptr);
}

/* ---- Sections ---- */

static struct mocket_wasm_bytes all_sections(const struct report *r)
{
    return r->form == MOCKET_WASM_COMPONENT ? mocket__wasm_component_sections(r->file->bytes)
                                            : mocket__wasm_sections(r->file->bytes);
}

static mocket_span span_of(struct mocket_wasm_bytes content)
{
    return (mocket_span){ (const char *)content.at, (size_t)(content.end - content.at) };
}

static int add_section(struct report *r, mocket_value *list, uint32_t id, struct mocket_wasm_bytes content)
{
    mocket_value *row = object(r);
    size_t at = offset_of(r, content.at);
    mocket_value_set_text(row, "name", mocket__wasm_section_name(r->form, id));
    mocket_value_set_int(row, "bytes", content.end - content.at);
    if (id == MOCKET_WASM_SECTION_CUSTOM) {
        mocket_value_set_text(row, "custom", printable(r, mocket__wasm_name(&content)));
        if (content.bad)
            return refuse(r, "the name of the custom section is cut", at);
    }
    mocket_value_add_value(list, row);
    return 0;
}

static int check_sections(struct report *r)
{
    struct mocket_wasm_bytes rest = all_sections(r), content;
    uint32_t id;
    const unsigned char *at = rest.at;
    while (mocket__wasm_next_section(&rest, &id, &content))
        at = rest.at;
    return rest.bad ? refuse(r, MOCKET_WASM_CUT, offset_of(r, at)) : 0;
}

static int add_sections(struct report *r)
{
    struct mocket_wasm_bytes rest = all_sections(r), content;
    mocket_value *list = array(r);
    uint32_t id;
    int rc = 0;
    while (rc == 0 && mocket__wasm_next_section(&rest, &id, &content))
        rc = add_section(r, list, id, content);
    mocket_value_set_value(r->out, "sections", list);
    return rc;
}

/* ---- Imports and exports ---- */

static int add_import(struct report *r, mocket_value *list, struct mocket_wasm_bytes *from)
{
    struct mocket_wasm_import import = { 0 };
    size_t at = offset_of(r, from->at);
    bool ok = r->form == MOCKET_WASM_COMPONENT ? mocket__wasm_next_component_import(from, &import.name)
                                               : mocket__wasm_next_import(from, &import);
    if (!ok)
        return refuse(r, "an import cannot be read", at);
    mocket_value *row = object(r);
    if (r->form == MOCKET_WASM_MODULE)
        mocket_value_set_text(row, "module", printable(r, import.module));
    mocket_value_set_text(row, "name", printable(r, import.name));
    if (r->form == MOCKET_WASM_MODULE)
        mocket_value_set_text(row, "kind", mocket__wasm_kind_name(import.kind));
    mocket_value_add_value(list, row);
    return 0;
}

static int add_export(struct report *r, mocket_value *list, struct mocket_wasm_bytes *from)
{
    struct mocket_wasm_export export = { 0 };
    size_t at = offset_of(r, from->at);
    bool ok = r->form == MOCKET_WASM_COMPONENT ? mocket__wasm_next_component_export(from, &export.name)
                                               : mocket__wasm_next_export(from, &export);
    if (!ok)
        return refuse(r, "an export cannot be read", at);
    mocket_value *row = object(r);
    mocket_value_set_text(row, "name", printable(r, export.name));
    if (r->form == MOCKET_WASM_MODULE)
        mocket_value_set_text(row, "kind", mocket__wasm_kind_name(export.kind));
    mocket_value_add_value(list, row);
    return 0;
}

struct rows {
    const char *name;                 /* in the report */
    uint32_t module_id, component_id; /* of the section; a component may have several */
    int (*add)(struct report *r, mocket_value *list, struct mocket_wasm_bytes *from);
};

static int add_rows(struct report *r, const struct rows *rows)
{
    struct mocket_wasm_bytes rest = all_sections(r), content;
    uint32_t id, wanted = r->form == MOCKET_WASM_COMPONENT ? rows->component_id : rows->module_id;
    mocket_value *list = array(r);
    int rc = 0;
    while (rc == 0 && mocket__wasm_next_section(&rest, &id, &content)) {
        if (id != wanted)
            continue;
        for (uint32_t left = mocket__wasm_number(&content); rc == 0 && left > 0; left--)
            rc = rows->add(r, list, &content);
        if (rc == 0 && content.bad)
            rc = refuse(r, "a section without its count ends", offset_of(r, content.at));
    }
    mocket_value_set_value(r->out, rows->name, list);
    return rc;
}

/* ---- The app ---- */

static bool is_the_app(const struct report *r, mocket_span module)
{
    return module.len == r->mark.app_bytes && mocket__span_eq(mocket__span(hash_of(r, module)), r->mark.app_hash);
}

/* With the start section back in its place. */
static bool was_the_app(const struct report *r, mocket_span module)
{
    struct mocket_buf former = { 0 };
    bool was = mocket__wasm_start_restore(module, &former) && is_the_app(r, mocket__buf_view(&former));
    mocket__buf_release(&former);
    return was;
}

/* Finds the app among the core modules of the component: its SHA-256 is the one in the mark. */
static void find_app_inside(struct report *r)
{
    struct mocket_wasm_bytes rest = all_sections(r), content;
    uint32_t id;
    while (!r->app.ptr && mocket__wasm_next_section(&rest, &id, &content)) {
        mocket_span module = span_of(content);
        if (id != MOCKET_WASM_COMPONENT_MODULE)
            continue;
        r->moved_start = was_the_app(r, module);
        if (r->moved_start || is_the_app(r, module))
            r->app = module;
    }
}

static const char *word_of_place(const struct report *r)
{
    if (r->form == MOCKET_WASM_MODULE)
        return "merged";
    if (!r->app.ptr)
        return "changed";
    return r->moved_start ? "start moved" : "whole";
}

static void add_bundled_app(struct report *r)
{
    mocket_value *app = object(r);
    if (r->form == MOCKET_WASM_COMPONENT)
        find_app_inside(r);
    mocket_value_set_int(app, "bytes", (int64_t)r->mark.app_bytes);
    mocket_value_set_text(app, "sha256", mocket__arena_text(r->arena, r->mark.app_hash));
    mocket_value_set_text(app, "inside", word_of_place(r));
    mocket_value_set_value(r->out, "app", app);
}

static void add_abi(struct report *r, uint32_t version, uint32_t minor)
{
    mocket_value *abi = object(r);
    mocket_value_set_int(abi, "version", version);
    mocket_value_set_int(abi, "minor", minor);
    mocket_value_set_value(r->out, "abi", abi);
}

/* The newest minor version that one of the app's imports came with. */
static uint32_t minor_of(mocket_span wasm)
{
    static const struct {
        const char *name;
        uint32_t minor;
    } rows[] = {
#define INSPECT_IMPORT(name, minor, ...) { #name, minor },
        MOCKET_ABI_IMPORTS(INSPECT_IMPORT)
#undef INSPECT_IMPORT
    };
    struct mocket_wasm_bytes r = mocket__wasm_section(wasm, MOCKET_WASM_SECTION_IMPORT);
    struct mocket_wasm_import import;
    uint32_t minor = 0;
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && mocket__wasm_next_import(&r, &import); left--)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (mocket__span_eq(import.module, MOCKET_SPAN(MOCKET_ABI_MODULE)) &&
                mocket__span_eq(import.name, mocket__span(rows[i].name)) && rows[i].minor > minor)
                minor = rows[i].minor;
    return minor;
}

static void add_style(struct report *r, const struct guest_app *app)
{
    mocket_value *style = object(r);
    mocket_value_set_bool(style, "waits", app->waits);
    mocket_value_set_bool(style, "events", app->has[GUEST_DONE]);
    mocket_value_set_bool(style, "sockets", app->sockets);
    mocket_value_set_bool(style, "fetches", app->fetches);
    mocket_value_set_bool(style, "gc", mocket__wasm_has_gc_types(r->app));
    mocket_value_set_value(r->out, "style", style);
}

static void add_memory(struct report *r, mocket_span module)
{
    struct mocket_wasm_limits limits;
    mocket_value *memory = object(r);
    if (!mocket__wasm_memory_limits(module, &limits))
        return;
    mocket_value_set_int(memory, "initial", (int64_t)limits.initial * PAGE);
    if (limits.has_maximum)
        mocket_value_set_int(memory, "maximum", (int64_t)limits.maximum * PAGE);
    else
        mocket_value_set_text(memory, "maximum", NULL);
    mocket_value_set_value(r->out, "memory", memory);
}

/* What a module without a mark is: an app, or something else with the reason. */
static void add_unmarked(struct report *r)
{
    struct mocket_buf why = { 0 };
    struct guest_app app;
    bool is_app = guest_app_read(r->file->bytes, &app, &why) == 0;
    if (is_app)
        r->app = r->file->bytes;
    else
        mocket_value_set_text(r->out, "note", printable(r, mocket__buf_view(&why)));
    const char *target = r->file->folder ? r->file->folder : "app";
    mocket_value_set_text(r->out, "target", is_app ? target : NULL);
    if (is_app)
        add_abi(r, MOCKET_ABI_VERSION, minor_of(r->app));
    mocket__buf_release(&why);
}

static void add_marked(struct report *r)
{
    mocket_value_set_text(r->out, "target", mocket__arena_text(r->arena, r->mark.target));
    add_abi(r, r->mark.abi, r->mark.abi_minor);
    add_bundled_app(r);
}

static void add_facts(struct report *r)
{
    struct mocket_buf why = { 0 };
    struct guest_app app;
    mocket_value_set_text(r->out, "file", printable(r, mocket__span(r->file->name)));
    mocket_value_set_text(r->out, "form", r->form == MOCKET_WASM_COMPONENT ? "component" : "module");
    mocket_value_set_int(r->out, "bytes", (int64_t)r->file->bytes.len);
    mocket_value_set_text(r->out, "sha256", hash_of(r, r->file->bytes));
    if (r->marked)
        add_marked(r);
    else
        add_unmarked(r);
    if (r->app.ptr && guest_app_read(r->app, &app, &why) == 0)
        add_style(r, &app);
    add_memory(r, r->app.ptr ? r->app : r->file->bytes);
    mocket__buf_release(&why);
}

int inspect_report(struct mocket_arena *arena, const struct inspect_file *file, mocket_value **out,
                   struct mocket_buf *why)
{
    static const struct rows imports = { "imports", MOCKET_WASM_SECTION_IMPORT, MOCKET_WASM_COMPONENT_IMPORT,
                                         add_import };
    static const struct rows exports = { "exports", MOCKET_WASM_SECTION_EXPORT, MOCKET_WASM_COMPONENT_EXPORT,
                                         add_export };
    struct report r = { .arena = arena, .why = why, .file = file, .form = mocket__wasm_form(file->bytes) };
    if (r.form == MOCKET_WASM_OTHER)
        return guest_app_refuse(why, "not a WebAssembly file: it does not begin as a module or a component does", NULL);
    r.out = *out = object(&r);
    r.marked = mocket__wasm_mark_read(file->bytes, &r.mark);
    int rc = check_sections(&r);
    if (rc == 0)
        add_facts(&r);
    if (rc == 0)
        rc = add_rows(&r, &imports);
    if (rc == 0)
        rc = add_rows(&r, &exports);
    if (rc == 0)
        rc = add_sections(&r);
    return rc == 0 && arena->failed ? MOCKET_ENOMEM : rc;
}
