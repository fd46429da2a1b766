/* What is read holds no delimiter; what can be written is read back as it was, and is one line. */
#include "../../src/http/cookie.h"
#include "fuzz.h"

static mocket_span without_quotes(mocket_span s)
{
    bool quoted = s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"';
    return quoted ? mocket__span_slice(s, 1, s.len - 1) : s;
}

static void write_and_read(struct mocket_arena *a, const struct mocket_field *row,
                           const struct mocket_cookie_opts *opts)
{
    struct mocket_buf text = { 0 };
    struct mocket_fields again = { 0 };
    if (mocket__cookie_write(&text, row->name, row->value, opts) == 0) {
        mocket_span written = mocket__buf_view(&text);
        FUZZ_HOLDS(mocket__is_field_value(written));
        FUZZ_HOLDS(mocket__cookie_same(written, written));
        FUZZ_HOLDS(mocket__cookie_parse(written, a, &again) == 0 && again.count >= 1);
        FUZZ_HOLDS(mocket__span_eq(again.rows[0].name, row->name));
        FUZZ_HOLDS(mocket__span_eq(again.rows[0].value, without_quotes(row->value)));
    } else {
        FUZZ_HOLDS(text.len == 0);
    }
    mocket__buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_arena a;
    struct mocket_fields f = { 0 };
    mocket__arena_init(&a, 0);
    FUZZ_HOLDS(mocket__cookie_parse(fuzz_input(data, size), &a, &f) == 0);
    for (size_t i = 0; i < f.count; i++) {
        FUZZ_HOLDS(f.rows[i].name.len > 0 && mocket__span_find(f.rows[i].name, '=', 0) == f.rows[i].name.len);
        FUZZ_HOLDS(mocket__span_find(f.rows[i].value, ';', 0) == f.rows[i].value.len);
        FUZZ_HOLDS(f.rows[i].name.ptr[f.rows[i].name.len] == 0 && f.rows[i].value.ptr[f.rows[i].value.len] == 0);
        struct mocket_cookie_opts opts = { .path = i % 2 ? f.rows[i].value.ptr : NULL,
                                           .domain = i % 3 ? f.rows[i].name.ptr : NULL,
                                           .secure = i % 2,
                                           .same_site = (enum mocket_same_site)(i % 4) };
        write_and_read(&a, &f.rows[i], &opts);
        write_and_read(&a, &f.rows[i], NULL);
    }
    mocket__arena_release(&a);
    return 0;
}
