/* What a guest asks to be fetched, of any bytes: refused, or a method, an URL that is still to be judged, and fields
 * that can be sent and are a guest's to set. */
#include "../../src/abi/codec.h"
#include "../../src/http/method.h"
#include "fuzz.h"

static void check(mocket_span in, const struct mocket_abi_fetch *f)
{
    size_t total = 0;
    FUZZ_HOLDS(mocket__is_token(f->method) && mocket__method_of(f->method) != MOCKET_METHOD_CONNECT);
    FUZZ_HOLDS(fuzz_within(f->method, in) && fuzz_within(f->url, in));
    FUZZ_HOLDS(f->body_len >= -1);
    for (size_t i = 0; i < f->fields.count; i++) {
        const struct mocket_field *row = &f->fields.rows[i];
        FUZZ_HOLDS(mocket__is_token(row->name) && mocket__is_field_value(row->value));
        FUZZ_HOLDS(fuzz_within(row->name, in) && fuzz_within(row->value, in));
        FUZZ_HOLDS(!mocket__is_hop_by_hop(row->name) && !mocket__span_ieq(row->name, MOCKET_SPAN("host")));
        FUZZ_HOLDS(!mocket__span_ieq(row->name, MOCKET_SPAN("content-length")));
        total += row->name.len + row->value.len;
    }
    FUZZ_HOLDS(total <= MOCKET_ABI_HEAD_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *aligned = fuzz_copy(fuzz_input(data, size));
    mocket_span in = { aligned, size };
    struct mocket_arena a;
    struct mocket_abi_fetch f;
    mocket__arena_init(&a, 0);
    int rc = mocket__abi_fetch_decode(in, &a, &f);
    FUZZ_HOLDS(rc == 0 || rc == MOCKET_EINVAL);
    if (rc == 0)
        check(in, &f);
    mocket__arena_release(&a);
    free(aligned);
    return 0;
}
