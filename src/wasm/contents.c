/* Component sections follow the component model's Binary.md: a row of imports is a name and the description of a type,
 * a row of exports a name, an index, and perhaps such a description. Only the names are kept. */
#include "contents.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

const char *mocket__wasm_section_name(enum mocket_wasm_form form, uint32_t id)
{
    static const char *const module[] = { "custom", "type",  "import",  "function", "table", "memory",     "global",
                                          "export", "start", "element", "code",     "data",  "data count", "tag" };
    static const char *const component[] = { "custom",   "core module", "core instance", "core type", "component",
                                             "instance", "alias",       "type",          "canon",     "start",
                                             "import",   "export",      "value" };
    if (form == MOCKET_WASM_COMPONENT)
        return id < COUNT(component) ? component[id] : "unknown";
    return id < COUNT(module) ? module[id] : "unknown";
}

const char *mocket__wasm_kind_name(uint32_t kind)
{
    static const char *const names[] = { "function", "table", "memory", "global", "tag" };
    return kind < COUNT(names) ? names[kind] : "unknown";
}

bool mocket__wasm_next_export(struct mocket_wasm_bytes *rest, struct mocket_wasm_export *out)
{
    out->name = mocket__wasm_name(rest);
    out->kind = mocket__wasm_byte(rest);
    mocket__wasm_number(rest); /* index */
    return !rest->bad;
}

bool mocket__wasm_memory_limits(mocket_span module, struct mocket_wasm_limits *limits)
{
    enum { WITH_MAXIMUM = 1 };
    struct mocket_wasm_bytes r = mocket__wasm_section(module, MOCKET_WASM_SECTION_MEMORY);
    uint32_t count = mocket__wasm_number(&r), flags = mocket__wasm_byte(&r);
    limits->has_maximum = flags == WITH_MAXIMUM;
    limits->initial = mocket__wasm_number(&r);
    limits->maximum = limits->has_maximum ? mocket__wasm_number(&r) : 0;
    return !r.bad && count > 0 && flags <= WITH_MAXIMUM;
}

static void skip_types(struct mocket_wasm_bytes *r)
{
    for (uint32_t left = mocket__wasm_number(r); left > 0 && !r->bad; left--)
        mocket__wasm_skip_type(r);
}

bool mocket__wasm_has_gc_types(mocket_span module)
{
    enum { FUNCTION = 0x60 };
    struct mocket_wasm_bytes r = mocket__wasm_section(module, MOCKET_WASM_SECTION_TYPE);
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && !r.bad; left--) {
        if (mocket__wasm_byte(&r) != FUNCTION)
            return !r.bad;
        skip_types(&r); /* parameters */
        skip_types(&r); /* results */
    }
    return false;
}

/* ---- Components ---- */

static mocket_span take_name(struct mocket_wasm_bytes *r)
{
    enum { WITH_VERSION = 2 };
    uint32_t form = mocket__wasm_byte(r);
    mocket_span name = mocket__wasm_name(r);
    if (form == WITH_VERSION)
        mocket__wasm_name(r);
    r->bad |= form > WITH_VERSION;
    return name;
}

/* The description of an import or export: what it is, and an index of its type. */
static void skip_description(struct mocket_wasm_bytes *r)
{
    enum { CORE, FUNCTION, VALUE, TYPE, COMPONENT, INSTANCE };
    uint32_t what = mocket__wasm_byte(r);
    switch (what) {
    case CORE:
        mocket__wasm_byte(r); /* a module */
        mocket__wasm_number(r);
        break;
    case VALUE: /* equal to another value, or of a type: a number in both forms */
        mocket__wasm_byte(r);
        mocket__wasm_skip_number(r);
        break;
    case TYPE: /* equal to another type, or a new resource */
        if (mocket__wasm_byte(r) == 0)
            mocket__wasm_number(r);
        break;
    case FUNCTION:
    case COMPONENT:
    case INSTANCE:
        mocket__wasm_number(r);
        break;
    default:
        r->bad = true;
    }
}

bool mocket__wasm_next_component_import(struct mocket_wasm_bytes *rest, mocket_span *name)
{
    *name = take_name(rest);
    skip_description(rest);
    return !rest->bad;
}

bool mocket__wasm_next_component_export(struct mocket_wasm_bytes *rest, mocket_span *name)
{
    enum { CORE_SORT };
    *name = take_name(rest);
    if (mocket__wasm_byte(rest) == CORE_SORT)
        mocket__wasm_byte(rest);
    mocket__wasm_number(rest);
    if (mocket__wasm_byte(rest) != 0)
        skip_description(rest);
    return !rest->bad;
}
