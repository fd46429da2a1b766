/* Pairs, written again with everything encoded, are the same pairs. */
#include "../../src/http/query.h"
#include "../../src/http/url.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_arena a;
    struct mocket_fields once = { 0 }, twice = { 0 };
    struct mocket_buf text = { 0 };
    mocket__arena_init(&a, 0);
    FUZZ_HOLDS(mocket__query_parse(fuzz_input(data, size), &a, &once) == 0);
    for (size_t i = 0; i < once.count; i++) {
        const struct mocket_field *row = &once.rows[i];
        FUZZ_HOLDS(row->name.len > 0 && mocket__utf8_valid(row->name) && mocket__utf8_valid(row->value));
        FUZZ_HOLDS(row->name.ptr[row->name.len] == 0 && row->value.ptr[row->value.len] == 0);
        mocket__buf_text(&text, i ? "&" : "");
        mocket__url_encode(&text, row->name);
        mocket__buf_text(&text, "=");
        mocket__url_encode(&text, row->value);
    }
    FUZZ_HOLDS(mocket__query_parse(mocket__buf_view(&text), &a, &twice) == 0 && twice.count == once.count);
    for (size_t i = 0; i < once.count; i++)
        FUZZ_HOLDS(mocket__span_eq(once.rows[i].name, twice.rows[i].name) &&
                   mocket__span_eq(once.rows[i].value, twice.rows[i].value));
    mocket__buf_release(&text);
    mocket__arena_release(&a);
    return 0;
}
