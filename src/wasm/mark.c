/* The writer is trusted, the reader is not: a section that lacks a line, or has a value of another form, is no mark. */
#include "mark.h"

#include <assert.h>

#include "../base/span.h"
#include "sections.h"
#include "write.h"

static void put_line(struct mocket_buf *out, const char *key, mocket_span value)
{
    mocket__buf_text(out, key);
    mocket__buf_text(out, ": ");
    mocket__buf_span(out, value);
    mocket__buf_text(out, "\n");
}

void mocket__wasm_mark_write(struct mocket_buf *out, const struct mocket_wasm_mark *mark)
{
    assert(mark->app_hash.len == MOCKET_WASM_MARK_HASH_LEN);
    struct mocket_buf content = { 0 }, version = { 0 }, size = { 0 };
    mocket__buf_decimal(&version, mark->abi);
    mocket__buf_text(&version, ".");
    mocket__buf_decimal(&version, mark->abi_minor);
    mocket__buf_decimal(&size, mark->app_bytes);
    mocket__wasm_write_name(&content, MOCKET_SPAN(MOCKET_WASM_MARK_SECTION));
    put_line(&content, "target", mark->target);
    put_line(&content, "abi", mocket__buf_view(&version));
    put_line(&content, "app-sha256", mark->app_hash);
    put_line(&content, "app-bytes", mocket__buf_view(&size));
    if (mocket__buf_status(&version) != 0 || mocket__buf_status(&size) != 0)
        content.status = MOCKET_ENOMEM;
    mocket__wasm_write_section(out, MOCKET_WASM_SECTION_CUSTOM, &content);
    mocket__buf_release(&size);
    mocket__buf_release(&version);
    mocket__buf_release(&content);
}

/* ---- Reading ---- */

/* The value of the first line with this key; ptr NULL when there is none. */
static mocket_span find_value(mocket_span text, const char *key)
{
    size_t key_len = strlen(key);
    for (size_t at = 0; at < text.len;) {
        size_t end = mocket__span_find(text, '\n', at);
        mocket_span line = mocket__span_slice(text, at, end);
        if (line.len >= key_len + 2 && memcmp(line.ptr, key, key_len) == 0 && memcmp(line.ptr + key_len, ": ", 2) == 0)
            return mocket__span_slice(line, key_len + 2, line.len);
        at = end + 1;
    }
    return (mocket_span){ NULL, 0 };
}

static bool is_target(mocket_span s)
{
    enum { NAME_MAX_LEN = 32 };
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '@' || c == '.'))
            return false;
    }
    return s.len > 0 && s.len <= NAME_MAX_LEN;
}

static bool is_hash(mocket_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
            return false;
    return s.len == MOCKET_WASM_MARK_HASH_LEN;
}

static bool read_version(mocket_span s, struct mocket_wasm_mark *mark)
{
    size_t dot = mocket__span_find(s, '.', 0);
    int64_t major = mocket__span_decimal(mocket__span_slice(s, 0, dot), UINT32_MAX);
    int64_t minor = mocket__span_decimal(mocket__span_slice(s, dot + 1, s.len), UINT32_MAX);
    mark->abi = (uint32_t)major;
    mark->abi_minor = (uint32_t)minor;
    return major >= 0 && minor >= 0;
}

bool mocket__wasm_mark_read(mocket_span file, struct mocket_wasm_mark *mark)
{
    struct mocket_wasm_bytes r = mocket__wasm_custom_section(file, MOCKET_SPAN(MOCKET_WASM_MARK_SECTION));
    mocket_span text = { (const char *)r.at, r.bad ? 0 : (size_t)(r.end - r.at) };
    mark->target = find_value(text, "target");
    mark->app_hash = find_value(text, "app-sha256");
    int64_t bytes = mocket__span_decimal(find_value(text, "app-bytes"), INT64_MAX);
    mark->app_bytes = (uint64_t)bytes;
    return is_target(mark->target) && is_hash(mark->app_hash) && bytes >= 0 &&
           read_version(find_value(text, "abi"), mark);
}
