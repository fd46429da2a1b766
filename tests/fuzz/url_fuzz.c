/* The canonical form is its own canonical form; encoding undoes itself; the parts of a target lie within it. */
#include "../../src/http/url.h"
#include "fuzz.h"

static void check_canonical(struct mocket_arena *a, mocket_span path)
{
    mocket_span once, twice;
    int rc = mocket__path_canonical(a, path, &once);
    FUZZ_HOLDS(rc == 0 || rc == MOCKET_EINVAL);
    if (rc < 0)
        return;
    FUZZ_HOLDS(once.len > 0 && once.ptr[0] == '/');
    FUZZ_HOLDS(mocket__path_canonical(a, once, &twice) == 0 && mocket__span_eq(once, twice));
    for (size_t i = 0; i < once.len; i++) {
        char c = once.ptr[i];
        FUZZ_HOLDS(c > ' ' && c < 127 && c != '\\');
        FUZZ_HOLDS(c != '/' || once.len == 1 || (i + 1 < once.len && once.ptr[i + 1] != '/'));
    }
    for (size_t at = 1; at < once.len;) {
        size_t end = mocket__span_find(once, '/', at);
        mocket_span segment = mocket__span_slice(once, at, end);
        FUZZ_HOLDS(!mocket__span_eq(segment, MOCKET_SPAN(".")) && !mocket__span_eq(segment, MOCKET_SPAN("..")));
        at = end + 1;
    }
}

static void check_coding(struct mocket_arena *a, mocket_span text)
{
    struct mocket_buf encoded = { 0 };
    mocket__url_encode(&encoded, text);
    for (int how = MOCKET_DECODE_URL; how <= MOCKET_DECODE_FORM; how++) {
        mocket_span back = mocket__url_decode(a, mocket__buf_view(&encoded), (enum mocket_decode)how);
        FUZZ_HOLDS(mocket__span_eq(back, mocket__utf8_valid(text) ? text : MOCKET_SPAN("")));
        mocket_span decoded = mocket__url_decode(a, text, (enum mocket_decode)how);
        FUZZ_HOLDS(decoded.len <= text.len && mocket__utf8_valid(decoded) && decoded.ptr[decoded.len] == 0);
    }
    mocket__buf_release(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_arena a;
    mocket_span in = fuzz_input(data, size), path, query, authority, origin;
    mocket__arena_init(&a, 0);
    mocket__target_split(in, &path, &query);
    FUZZ_HOLDS(path.len + query.len <= in.len && fuzz_within(path, in) && fuzz_within(query, in));
    FUZZ_HOLDS(mocket__span_find(path, '?', 0) == path.len && mocket__span_find(query, '#', 0) == query.len);
    if (mocket__target_absolute(&a, in, &authority, &origin)) {
        FUZZ_HOLDS(authority.len > 0 && mocket__is_authority(authority) && fuzz_within(authority, in));
        FUZZ_HOLDS(origin.len > 0 && origin.ptr[0] == '/');
    }
    if (mocket__is_authority(in))
        for (size_t i = 0; i < in.len; i++)
            FUZZ_HOLDS(in.ptr[i] > ' ' && in.ptr[i] < 127 && !strchr("/?#@\\<>\"", in.ptr[i]));
    check_canonical(&a, in);
    check_coding(&a, in);
    mocket__arena_release(&a);
    return 0;
}
