/* A module is eight bytes, then sections: an id, a length, the content. */
#include "sections.h"

#include <string.h>

#include "../base/span.h"

uint32_t mocket__wasm_byte(struct mocket_wasm_bytes *r)
{
    if (r->at == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

uint32_t mocket__wasm_number(struct mocket_wasm_bytes *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint32_t b = mocket__wasm_byte(r);
        value |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return (uint32_t)value;
    }
    r->bad = true;
    return 0;
}

struct mocket_wasm_bytes mocket__wasm_take(struct mocket_wasm_bytes *r, uint32_t len)
{
    struct mocket_wasm_bytes part = { r->at, r->at, true };
    if (r->bad || len > (size_t)(r->end - r->at)) {
        r->bad = true;
        return part;
    }
    r->at += len;
    return (struct mocket_wasm_bytes){ part.at, r->at, false };
}

void mocket__wasm_skip_number(struct mocket_wasm_bytes *r)
{
    while (mocket__wasm_byte(r) & 0x80)
        continue;
}

void mocket__wasm_skip_type(struct mocket_wasm_bytes *r)
{
    enum { REF_NULL = 0x63, REF = 0x64 };
    if (r->at < r->end && (*r->at == REF_NULL || *r->at == REF))
        mocket__wasm_byte(r);
    mocket__wasm_skip_number(r);
}

#define PREAMBLE_LEN 8

enum mocket_wasm_form mocket__wasm_form(mocket_span file)
{
    static const char module[PREAMBLE_LEN] = { '\0', 'a', 's', 'm', 1, 0, 0, 0 };
    static const char component[PREAMBLE_LEN] = { '\0', 'a', 's', 'm', 13, 0, 1, 0 };
    if (file.len < PREAMBLE_LEN)
        return MOCKET_WASM_OTHER;
    if (memcmp(file.ptr, module, PREAMBLE_LEN) == 0)
        return MOCKET_WASM_MODULE;
    return memcmp(file.ptr, component, PREAMBLE_LEN) == 0 ? MOCKET_WASM_COMPONENT : MOCKET_WASM_OTHER;
}

/* What follows the preamble; bad when the file has another form. */
static struct mocket_wasm_bytes sections_of(mocket_span file, enum mocket_wasm_form form)
{
    struct mocket_wasm_bytes r = { (const unsigned char *)file.ptr, (const unsigned char *)file.ptr + file.len, false };
    if (form != MOCKET_WASM_OTHER && mocket__wasm_form(file) == form)
        mocket__wasm_take(&r, PREAMBLE_LEN);
    else
        r.bad = true;
    return r;
}

struct mocket_wasm_bytes mocket__wasm_sections(mocket_span wasm)
{
    return sections_of(wasm, MOCKET_WASM_MODULE);
}

struct mocket_wasm_bytes mocket__wasm_component_sections(mocket_span file)
{
    return sections_of(file, MOCKET_WASM_COMPONENT);
}

bool mocket__wasm_next_section(struct mocket_wasm_bytes *rest, uint32_t *id, struct mocket_wasm_bytes *content)
{
    if (rest->bad || rest->at == rest->end)
        return false;
    *id = mocket__wasm_byte(rest);
    *content = mocket__wasm_take(rest, mocket__wasm_number(rest));
    return !rest->bad;
}

struct mocket_wasm_bytes mocket__wasm_section(mocket_span wasm, uint32_t wanted)
{
    struct mocket_wasm_bytes rest = mocket__wasm_sections(wasm), content;
    uint32_t id;
    while (mocket__wasm_next_section(&rest, &id, &content))
        if (id == wanted)
            return content;
    return (struct mocket_wasm_bytes){ NULL, NULL, true };
}

mocket_span mocket__wasm_name(struct mocket_wasm_bytes *r)
{
    struct mocket_wasm_bytes text = mocket__wasm_take(r, mocket__wasm_number(r));
    return (mocket_span){ (const char *)text.at, (size_t)(text.end - text.at) };
}

struct mocket_wasm_bytes mocket__wasm_custom_section(mocket_span wasm, mocket_span name)
{
    struct mocket_wasm_bytes rest = sections_of(wasm, mocket__wasm_form(wasm)), content;
    uint32_t id;
    while (mocket__wasm_next_section(&rest, &id, &content))
        if (id == MOCKET_WASM_SECTION_CUSTOM && mocket__span_eq(mocket__wasm_name(&content), name) && !content.bad)
            return content;
    return (struct mocket_wasm_bytes){ NULL, NULL, true };
}

uint64_t mocket__wasm_memory_bytes(mocket_span wasm)
{
    enum { WITH_MAXIMUM = 1, PAGE = 65536 }; /* other flags are of memories that are not served */
    struct mocket_wasm_bytes r = mocket__wasm_section(wasm, MOCKET_WASM_SECTION_MEMORY);
    uint32_t count = mocket__wasm_number(&r), flags = mocket__wasm_byte(&r);
    uint64_t pages = mocket__wasm_number(&r);
    return r.bad || count == 0 || flags > WITH_MAXIMUM ? 0 : pages * PAGE;
}

uint32_t mocket__wasm_find_export(mocket_span wasm, mocket_span name, uint32_t wanted)
{
    struct mocket_wasm_bytes r = mocket__wasm_section(wasm, MOCKET_WASM_SECTION_EXPORT);
    for (uint32_t left = mocket__wasm_number(&r); left > 0 && !r.bad; left--) {
        mocket_span found = mocket__wasm_name(&r);
        uint32_t kind = mocket__wasm_byte(&r), index = mocket__wasm_number(&r);
        if (!r.bad && kind == wanted && mocket__span_eq(found, name))
            return index;
    }
    return UINT32_MAX;
}

uint32_t mocket__wasm_export_index(mocket_span wasm, mocket_span name)
{
    return mocket__wasm_find_export(wasm, name, MOCKET_WASM_KIND_FUNCTION);
}

bool mocket__wasm_exports_memory(mocket_span wasm, mocket_span name)
{
    return mocket__wasm_find_export(wasm, name, MOCKET_WASM_KIND_MEMORY) != UINT32_MAX;
}

/* ---- Imports ---- */

static void skip_limits(struct mocket_wasm_bytes *r)
{
    enum { WITH_MAXIMUM = 1 };
    uint32_t flags = mocket__wasm_byte(r);
    mocket__wasm_number(r);
    if (flags & WITH_MAXIMUM)
        mocket__wasm_number(r);
}

bool mocket__wasm_next_import(struct mocket_wasm_bytes *r, struct mocket_wasm_import *import)
{
    import->module = mocket__wasm_name(r);
    import->name = mocket__wasm_name(r);
    import->kind = mocket__wasm_byte(r);
    const unsigned char *from = r->at;
    switch (import->kind) {
    case MOCKET_WASM_KIND_FUNCTION:
        mocket__wasm_number(r);
        break;
    case MOCKET_WASM_KIND_TABLE:
        mocket__wasm_skip_type(r);
        skip_limits(r);
        break;
    case MOCKET_WASM_KIND_MEMORY:
        skip_limits(r);
        break;
    case MOCKET_WASM_KIND_GLOBAL:
        mocket__wasm_skip_type(r);
        mocket__wasm_byte(r); /* mutable */
        break;
    case MOCKET_WASM_KIND_TAG:
        mocket__wasm_byte(r);
        mocket__wasm_number(r);
        break;
    default:
        r->bad = true;
    }
    import->content = (struct mocket_wasm_bytes){ from, r->at, r->bad };
    return !r->bad;
}
