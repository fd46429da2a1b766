/* Fields of a request or of a response as the platform keeps them. */
#include "../../../src/base/span.h"
#include "request.h"
#include "wasi.h"

int http_fields_read(uint32_t fields, struct mocket_fields *out, struct mocket_arena *a)
{
    struct wasi_list rows;
    (void)a;
    wasi_fields_entries(fields, &rows);
    out->rows = (struct mocket_field *)(uintptr_t)rows.ptr; /* the same four words */
    out->count = out->cap = rows.len;
    for (size_t i = 0; i < out->count; i++)
        out->rows[i].value = mocket__span_trim(out->rows[i].value);
    return 0;
}

uint32_t http_fields_make(const struct mocket_fields *fields)
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
