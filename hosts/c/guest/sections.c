/* A module is eight bytes, then sections: an id, a length, the content. */
#include "sections.h"

#include <string.h>

#include "../../../src/base/span.h"

uint32_t guest_byte(struct guest_bytes *r)
{
    if (r->at == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

uint32_t guest_number(struct guest_bytes *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint32_t b = guest_byte(r);
        value |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return (uint32_t)value;
    }
    r->bad = true;
    return 0;
}

struct guest_bytes guest_take(struct guest_bytes *r, uint32_t len)
{
    struct guest_bytes part = { r->at, r->at, true };
    if (r->bad || len > (size_t)(r->end - r->at)) {
        r->bad = true;
        return part;
    }
    r->at += len;
    return (struct guest_bytes){ part.at, r->at, false };
}

struct guest_bytes guest_sections(mocket_span wasm)
{
    static const char preamble[] = { '\0', 'a', 's', 'm', 1, 0, 0, 0 };
    struct guest_bytes r = { (const unsigned char *)wasm.ptr, (const unsigned char *)wasm.ptr + wasm.len, false };
    struct guest_bytes first = guest_take(&r, sizeof preamble);
    if (first.bad || memcmp(first.at, preamble, sizeof preamble) != 0)
        r.bad = true;
    return r;
}

bool guest_next_section(struct guest_bytes *rest, uint32_t *id, struct guest_bytes *content)
{
    if (rest->bad || rest->at == rest->end)
        return false;
    *id = guest_byte(rest);
    *content = guest_take(rest, guest_number(rest));
    return !rest->bad;
}

struct guest_bytes guest_section(mocket_span wasm, uint32_t wanted)
{
    struct guest_bytes rest = guest_sections(wasm), content;
    uint32_t id;
    while (guest_next_section(&rest, &id, &content))
        if (id == wanted)
            return content;
    return (struct guest_bytes){ NULL, NULL, true };
}

mocket_span guest_name(struct guest_bytes *r)
{
    struct guest_bytes text = guest_take(r, guest_number(r));
    return (mocket_span){ (const char *)text.at, (size_t)(text.end - text.at) };
}

struct guest_bytes guest_custom_section(mocket_span wasm, mocket_span name)
{
    struct guest_bytes rest = guest_sections(wasm), content;
    uint32_t id;
    while (guest_next_section(&rest, &id, &content))
        if (id == GUEST_SECTION_CUSTOM && mocket__span_eq(guest_name(&content), name) && !content.bad)
            return content;
    return (struct guest_bytes){ NULL, NULL, true };
}

uint64_t guest_memory_bytes(mocket_span wasm)
{
    enum { WITH_MAXIMUM = 1, PAGE = 65536 }; /* other flags are of memories that are not served */
    struct guest_bytes r = guest_section(wasm, GUEST_SECTION_MEMORY);
    uint32_t count = guest_number(&r), flags = guest_byte(&r);
    uint64_t pages = guest_number(&r);
    return r.bad || count == 0 || flags > WITH_MAXIMUM ? 0 : pages * PAGE;
}

enum { KIND_FUNCTION, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL, KIND_TAG };

/* Index of what is exported under the name as that kind, or UINT32_MAX. */
static uint32_t find_export(mocket_span wasm, mocket_span name, uint32_t wanted)
{
    struct guest_bytes r = guest_section(wasm, GUEST_SECTION_EXPORT);
    for (uint32_t left = guest_number(&r); left > 0 && !r.bad; left--) {
        mocket_span found = guest_name(&r);
        uint32_t kind = guest_byte(&r), index = guest_number(&r);
        if (!r.bad && kind == wanted && mocket__span_eq(found, name))
            return index;
    }
    return UINT32_MAX;
}

uint32_t guest_export_index(mocket_span wasm, mocket_span name)
{
    return find_export(wasm, name, KIND_FUNCTION);
}

bool guest_exports_memory(mocket_span wasm, mocket_span name)
{
    return find_export(wasm, name, KIND_MEMORY) != UINT32_MAX;
}

/* ---- Imports ---- */

/* A value type or a reference type: a byte, and a heap type behind two of them. */
static void skip_type(struct guest_bytes *r)
{
    enum { REF_NULL = 0x63, REF = 0x64 };
    uint32_t first = guest_byte(r);
    if (first == REF_NULL || first == REF)
        guest_number(r); /* negative for an abstract type, and of the same length */
}

static void skip_limits(struct guest_bytes *r)
{
    enum { WITH_MAXIMUM = 1 };
    uint32_t flags = guest_byte(r);
    guest_number(r);
    if (flags & WITH_MAXIMUM)
        guest_number(r);
}

bool guest_next_import(struct guest_bytes *r, struct guest_import *import)
{
    import->module = guest_name(r);
    import->name = guest_name(r);
    import->kind = guest_byte(r);
    switch (import->kind) {
    case KIND_FUNCTION:
        guest_number(r);
        break;
    case KIND_TABLE:
        skip_type(r);
        skip_limits(r);
        break;
    case KIND_MEMORY:
        skip_limits(r);
        break;
    case KIND_GLOBAL:
        skip_type(r);
        guest_byte(r); /* mutable */
        break;
    case KIND_TAG:
        guest_byte(r);
        guest_number(r);
        break;
    default:
        r->bad = true;
    }
    return !r->bad;
}
