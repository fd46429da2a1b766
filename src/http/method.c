/* Methods by number and by text. The table begins with common methods and is searched once for each request. The length
 * decides for most rows, so a hash is not worth its code. */
#include "method.h"

#include "../base/span.h"

static const mocket_span texts[MOCKET_METHOD_COUNT] = {
#define METHOD_TEXT(name, number) [number] = { #name, sizeof(#name) - 1 },
    MOCKET_ABI_METHODS(METHOD_TEXT)
#undef METHOD_TEXT
};

enum mocket_http_method mocket__method_of(mocket_span text)
{
    for (unsigned i = 1; i < MOCKET_METHOD_COUNT; i++)
        if (mocket__span_eq(texts[i], text))
            return (enum mocket_http_method)i;
    return MOCKET_METHOD_OTHER;
}

bool mocket__method_is_idempotent(mocket_span text)
{
    static const bool idempotent[MOCKET_METHOD_COUNT] = {
        [MOCKET_METHOD_GET] = true,    [MOCKET_METHOD_HEAD] = true,    [MOCKET_METHOD_PUT] = true,
        [MOCKET_METHOD_DELETE] = true, [MOCKET_METHOD_OPTIONS] = true, [MOCKET_METHOD_TRACE] = true,
    };
    return idempotent[mocket__method_of(text)];
}

mocket_span mocket__method_text(unsigned method)
{
    return method < MOCKET_METHOD_COUNT ? texts[method] : (mocket_span){ NULL, 0 };
}
