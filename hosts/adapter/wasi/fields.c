/* Rows land where the next results will land too, so they are copied. */
#include "fields.h"

#include "../../../src/base/span.h"
#include "imports.h"
#include "landing.h"

int wasi_fields_copy(uint32_t fields, struct mocket_fields *out, struct mocket_arena *arena)
{
    struct wasi_list list;
    struct landing_point before = landing_mark();
    wasi_fields_all(fields, &list);
    const struct mocket_field *rows = (const struct mocket_field *)(uintptr_t)list.ptr; /* the same four words */
    int rc = 0;
    for (size_t i = 0; i < list.len && rc == 0; i++) {
        mocket_span name = mocket__arena_copy(arena, rows[i].name), value = mocket__span_trim(rows[i].value);
        value = mocket__arena_copy(arena, value.len ? value : MOCKET_SPAN(""));
        rc = name.ptr && value.ptr ? mocket__fields_add(out, arena, name, value) : MOCKET_ENOMEM;
    }
    landing_release(before);
    return rc;
}

int64_t wasi_fields_length(uint32_t fields)
{
    static const char name[] = "content-length";
    struct wasi_list values;
    wasi_fields_get(fields, name, sizeof name - 1, &values);
    const mocket_span *first = (const mocket_span *)(uintptr_t)values.ptr;
    return values.len > 0 ? mocket__span_decimal(*first, INT64_MAX) : -1;
}

uint32_t wasi_fields_make(const struct mocket_fields *fields)
{
    union wasi_result ret;
    wasi_fields_from_list(fields->rows, fields->count, &ret);
    if (ret.bytes[0] == 0)
        return ret.words[1];
    uint32_t made = wasi_fields_new();
    for (size_t i = 0; i < fields->count; i++) {
        const struct mocket_field *row = &fields->rows[i];
        wasi_fields_append(made, row->name.ptr, row->name.len, row->value.ptr, row->value.len, &ret);
    }
    return made;
}
