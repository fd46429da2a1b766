/* Words, ranges and rows. */
#include "words.h"

#include "../base/span.h"
#include "../base/word.h"

#define WORD sizeof(uint32_t)

void mocket__abi_put_word(unsigned char *base, size_t index, uint32_t word)
{
    mocket__store_u32(base + index * WORD, word);
}

uint32_t mocket__abi_word(mocket_span bytes, size_t index)
{
    return mocket__load_u32(bytes.ptr + index * WORD);
}

void mocket__abi_put_text(struct mocket_abi_writer *w, size_t index, mocket_span text)
{
    mocket__abi_put_word(w->base, index, (uint32_t)w->at);
    mocket__abi_put_word(w->base, index + 1, (uint32_t)text.len);
    if (text.len)
        memcpy(w->base + w->at, text.ptr, text.len);
    w->at += text.len;
}

static void put_lower(struct mocket_abi_writer *w, size_t index, mocket_span name)
{
    char *written = (char *)w->base + w->at;
    mocket__abi_put_text(w, index, name);
    for (size_t i = 0; i < name.len; i++)
        written[i] = mocket__lower(written[i]);
}

void mocket__abi_put_rows(struct mocket_abi_writer *w, size_t index, const struct mocket_fields *fields,
                          bool lower_case)
{
    for (size_t i = 0; i < fields->count; i++, index += MOCKET_ABI_ROW_WORDS) {
        const struct mocket_field *row = &fields->rows[i];
        if (lower_case)
            put_lower(w, index + MOCKET_ABI_ROW_NAME, row->name);
        else
            mocket__abi_put_text(w, index + MOCKET_ABI_ROW_NAME, row->name);
        mocket__abi_put_text(w, index + MOCKET_ABI_ROW_VALUE, row->value);
    }
}

static bool view(mocket_span bytes, uint32_t offset, uint32_t len, mocket_span *out)
{
    bool fits = (uint64_t)offset + len <= bytes.len;
    if (len == 0) /* valid whatever the offset is (abi.md) */
        *out = MOCKET_SPAN("");
    else if (fits)
        *out = (mocket_span){ bytes.ptr + offset, len };
    return fits || len == 0;
}

bool mocket__abi_range(mocket_span bytes, size_t index, mocket_span *out)
{
    return view(bytes, mocket__abi_word(bytes, index), mocket__abi_word(bytes, index + 1), out);
}

int mocket__abi_rows(mocket_span bytes, size_t index, struct mocket_arena *a, struct mocket_fields *out)
{
    uint64_t count = mocket__abi_word(bytes, index), offset = mocket__abi_word(bytes, index + 1);
    if (count == 0)
        return 0;
    if (offset % WORD != 0 || offset + count * MOCKET_ABI_ROW_WORDS * WORD > bytes.len)
        return MOCKET_EINVAL;
    out->rows = mocket__arena_alloc(a, (size_t)count * sizeof *out->rows);
    if (!out->rows)
        return MOCKET_ENOMEM;
    out->cap = (size_t)count;
    for (size_t row = (size_t)offset / WORD; out->count < count; row += MOCKET_ABI_ROW_WORDS) {
        struct mocket_field *field = &out->rows[out->count];
        if (!mocket__abi_range(bytes, row + MOCKET_ABI_ROW_NAME, &field->name) ||
            !mocket__abi_range(bytes, row + MOCKET_ABI_ROW_VALUE, &field->value))
            return MOCKET_EINVAL;
        out->count++;
    }
    return 0;
}

bool mocket__abi_rows_are_valid(const struct mocket_fields *fields, bool from_server)
{
    size_t total = 0;
    for (size_t i = 0; i < fields->count; i++) {
        const struct mocket_field *row = &fields->rows[i];
        bool allowed = from_server ? mocket__is_field_value(row->value) : mocket__is_sent_value(row->value);
        total += row->name.len + row->value.len;
        if (total > MOCKET_ABI_HEAD_MAX || !mocket__is_token(row->name) || !allowed)
            return false;
    }
    return true;
}
