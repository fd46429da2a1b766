/* Response heads (docs/abi.md, section 5): four words, rows, text. */
#include "../base/span.h"
#include "codec.h"
#include "words.h"

size_t mocket__abi_head_size(const struct mocket_fields *fields)
{
    size_t size = (MOCKET_ABI_HEAD_WORDS + fields->count * MOCKET_ABI_ROW_WORDS) * sizeof(uint32_t);
    for (size_t i = 0; i < fields->count; i++)
        size += fields->rows[i].name.len + fields->rows[i].value.len;
    return size;
}

void mocket__abi_head_encode(int status, const struct mocket_fields *fields, bool lower_case, void *dst)
{
    unsigned char *base = dst;
    struct mocket_abi_writer w = { base,
                                   (MOCKET_ABI_HEAD_WORDS + fields->count * MOCKET_ABI_ROW_WORDS) * sizeof(uint32_t) };
    mocket__abi_put_word(base, MOCKET_ABI_HEAD_STATUS, (uint32_t)status);
    mocket__abi_put_word(base, MOCKET_ABI_HEAD_FLAGS, 0);
    mocket__abi_put_word(base, MOCKET_ABI_HEAD_FIELD_COUNT, (uint32_t)fields->count);
    mocket__abi_put_word(base, MOCKET_ABI_HEAD_FIELDS, MOCKET_ABI_HEAD_WORDS * sizeof(uint32_t));
    mocket__abi_put_rows(&w, MOCKET_ABI_HEAD_WORDS, fields, lower_case);
}

mocket_span mocket__abi_head_make(struct mocket_arena *a, int status, const struct mocket_fields *fields)
{
    size_t len = mocket__abi_head_size(fields);
    char *bytes = mocket__arena_alloc(a, len);
    if (bytes)
        mocket__abi_head_encode(status, fields, false, bytes);
    return (mocket_span){ bytes, len };
}

static bool is_status(uint32_t status, enum mocket_abi_head_kind kind)
{
    if (kind == MOCKET_ABI_HANDSHAKE)
        return status == 101;
    return status >= 200 && status <= (kind == MOCKET_ABI_FETCHED ? 999 : 599);
}

int mocket__abi_head_decode(mocket_span bytes, enum mocket_abi_head_kind kind, struct mocket_arena *a, int *status,
                            struct mocket_fields *fields)
{
    *fields = (struct mocket_fields){ 0 };
    if (bytes.len < MOCKET_ABI_HEAD_WORDS * sizeof(uint32_t) || bytes.len > MOCKET_ABI_HEAD_MAX)
        return MOCKET_EINVAL;
    uint32_t word = mocket__abi_word(bytes, MOCKET_ABI_HEAD_STATUS);
    if (!is_status(word, kind) || mocket__abi_word(bytes, MOCKET_ABI_HEAD_FLAGS) != 0)
        return MOCKET_EINVAL;
    int rc = mocket__abi_rows(bytes, MOCKET_ABI_HEAD_FIELD_COUNT, a, fields);
    if (rc < 0)
        return rc;
    *status = (int)word;
    return mocket__abi_rows_are_valid(fields, kind == MOCKET_ABI_FETCHED) ? 0 : MOCKET_EINVAL;
}
