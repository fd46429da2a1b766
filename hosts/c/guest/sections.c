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

uint32_t guest_export_index(mocket_span wasm, mocket_span name)
{
    struct guest_bytes r = guest_section(wasm, GUEST_SECTION_EXPORT);
    for (uint32_t left = guest_number(&r); left > 0 && !r.bad; left--) {
        mocket_span found = guest_name(&r);
        uint32_t kind = guest_byte(&r), index = guest_number(&r);
        if (!r.bad && kind == 0 && mocket__span_eq(found, name))
            return index;
    }
    return UINT32_MAX;
}
