/* A response head of any bytes: refused, or a status, tokens and values that can be sent, and that survive another
 * trip. */
#include "../../src/abi/codec.h"
#include "fuzz.h"

static void check_head(struct mocket_arena *a, mocket_span in, enum mocket_abi_head_kind kind, int status,
                       const struct mocket_fields *fields)
{
    FUZZ_HOLDS(kind == MOCKET_ABI_HANDSHAKE ? status == 101
                                            : status >= 200 && status <= (kind == MOCKET_ABI_FETCHED ? 999 : 599));
    for (size_t i = 0; i < fields->count; i++) {
        const struct mocket_field *row = &fields->rows[i];
        FUZZ_HOLDS(mocket__is_token(row->name) && mocket__is_field_value(row->value));
        FUZZ_HOLDS(fuzz_within(row->name, in) && fuzz_within(row->value, in));
    }
    size_t size = mocket__abi_head_size(fields);
    if (size > MOCKET_ABI_HEAD_MAX)
        return;
    struct mocket_fields again;
    int again_status;
    char *bytes = malloc(size);
    FUZZ_HOLDS(bytes != NULL);
    mocket__abi_head_encode(status, fields, false, bytes);
    FUZZ_HOLDS(mocket__abi_head_decode((mocket_span){ bytes, size }, kind, a, &again_status, &again) == 0);
    FUZZ_HOLDS(again_status == status && again.count == fields->count);
    for (size_t i = 0; i < again.count; i++)
        FUZZ_HOLDS(mocket__span_eq(again.rows[i].name, fields->rows[i].name) &&
                   mocket__span_eq(again.rows[i].value, fields->rows[i].value));
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *aligned = fuzz_copy(fuzz_input(data, size));
    mocket_span in = { aligned, size };
    for (enum mocket_abi_head_kind kind = MOCKET_ABI_ANSWER; kind <= MOCKET_ABI_FETCHED; kind++) {
        struct mocket_arena a;
        struct mocket_fields fields;
        int status = 0;
        mocket__arena_init(&a, 0);
        int rc = mocket__abi_head_decode(in, kind, &a, &status, &fields);
        FUZZ_HOLDS(rc == 0 || rc == MOCKET_EINVAL);
        if (rc == 0)
            check_head(&a, in, kind, status, &fields);
        mocket__arena_release(&a);
    }
    free(aligned);
    return 0;
}
