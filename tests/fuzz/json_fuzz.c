/* What parses can be written, and what was written is written the same again. Walking it finds what was counted. */
#include "../../src/http/json.h"
#include "fuzz.h"

/* Recursion is fine here: the parser has bounded the depth, which is what `levels` checks. */
static void walk(const mocket_value *v, mocket_value *copy, int levels)
{
    FUZZ_HOLDS(levels >= 0);
    const char *text = mocket_value_text(v, NULL);
    FUZZ_HOLDS(!text || mocket__utf8_valid(mocket__span(text)));
    mocket_value_int(v, 0);
    mocket_value_number(v, 0);
    mocket_value_bool(v, false);
    size_t count = mocket_value_count(v);
    FUZZ_HOLDS(mocket_value_at(v, count) == NULL);
    for (size_t i = 0; i < count && i < 50; i++) {
        const mocket_value *element = mocket_value_at(v, i);
        if (element)
            walk(element, copy, levels - 1);
    }
    if (text)
        mocket_value_set_value(copy, text, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_arena a;
    const mocket_value *once, *twice;
    mocket_span first, second;
    mocket__arena_init(&a, 0);
    int rc = mocket__json_parse(&a, fuzz_input(data, size), &once);
    FUZZ_HOLDS(rc == 0 || (rc == MOCKET_EINVAL && !once));
    if (rc == 0) {
        FUZZ_HOLDS(mocket__utf8_valid(fuzz_input(data, size)));
        FUZZ_HOLDS(mocket__json_write(&a, once, &first) == 0 && mocket__utf8_valid(first));
        FUZZ_HOLDS(mocket__json_parse(&a, first, &twice) == 0);
        FUZZ_HOLDS(mocket__json_write(&a, twice, &second) == 0 && mocket__span_eq(first, second));
        mocket_value *built = mocket__json_new(&a, false), *texts = mocket__json_new(&a, false);
        walk(once, texts, MOCKET_JSON_DEPTH_MAX);
        FUZZ_HOLDS(mocket__json_write(&a, texts, &second) == 0);
        mocket_value_set_value(built, "v", once);
        rc = mocket__json_write(&a, built, &second); /* one level more may be one too many */
        FUZZ_HOLDS(rc == MOCKET_EINVAL || (rc == 0 && second.len == first.len + 6));
    }
    mocket__arena_release(&a);
    return 0;
}
