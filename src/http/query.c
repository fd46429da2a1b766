/* key=value&key=value, decoded: the first `=` splits, a pair without one has the value "", pairs without a key
 * are dropped. A key is checked for emptiness after decoding, because bytes that are not UTF-8 also decode to "". */
#include "query.h"

#include "../base/span.h"
#include "url.h"

static int add_pair(mocket_span pair, struct mocket_arena *a, struct mocket_fields *out)
{
    size_t split = mocket__span_find(pair, '=', 0);
    mocket_span name = mocket__url_decode(a, mocket__span_slice(pair, 0, split), MOCKET_DECODE_FORM);
    if (!name.ptr)
        return MOCKET_ENOMEM;
    if (name.len == 0)
        return 0;
    mocket_span value = mocket__url_decode(a, mocket__span_slice(pair, split + 1, pair.len), MOCKET_DECODE_FORM);
    return value.ptr ? mocket__fields_add(out, a, name, value) : MOCKET_ENOMEM;
}

int mocket__query_parse(mocket_span text, struct mocket_arena *a, struct mocket_fields *out)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = mocket__span_find(text, '&', at);
        int rc = end > at ? add_pair(mocket__span_slice(text, at, end), a, out) : 0;
        if (rc < 0)
            return rc;
        at = end + 1;
    }
    return 0;
}
