/* The public functions of mocket_fields: rows of C strings, made by request.c, body.c or the test client. */
#include "../http/fields.h"

#include "../base/span.h"

bool mocket_is_header_value(const char *text)
{
    return mocket__is_sent_value(mocket__span(text));
}

size_t mocket_fields_count(const mocket_fields *f)
{
    return f->count;
}

void mocket_fields_at(const mocket_fields *f, size_t i, mocket_span *name, mocket_span *value)
{
    struct mocket_field row = i < f->count ? f->rows[i] : (struct mocket_field){ 0 };
    if (name)
        *name = row.name;
    if (value)
        *value = row.value;
}

const char *mocket_fields_get(const mocket_fields *f, const char *name)
{
    mocket_span wanted = mocket__span(name);
    for (size_t i = f->count; i > 0; i--)
        if (mocket__span_eq(f->rows[i - 1].name, wanted))
            return f->rows[i - 1].value.ptr;
    return NULL;
}
