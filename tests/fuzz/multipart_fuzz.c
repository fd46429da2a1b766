/* The first bytes tell how the rest is cut into pieces. However it is cut, the parts are the same. */
#include "../../src/http/multipart.h"
#include "fuzz.h"

struct outcome {
    struct mocket_buf text; /* heads and data, with marks between them */
    ptrdiff_t error;
};

/* step(i): length of the next piece. */
static void run(mocket_span body, const uint8_t *steps, size_t step_count, struct outcome *out)
{
    struct mocket_multipart_parser p;
    struct mocket_arena a;
    enum mocket_multipart_token token = MOCKET_MULTIPART_MORE;
    size_t from = 0, to = 0, step = 0;
    FUZZ_HOLDS(mocket__multipart_init(&p, MOCKET_SPAN("b")) == 0);
    mocket__arena_init(&a, 0);
    while (token != MOCKET_MULTIPART_END) {
        mocket_span data;
        if (token == MOCKET_MULTIPART_MORE && to < body.len) {
            size_t len = step_count ? (size_t)steps[step++ % step_count] + 1 : body.len;
            to = body.len - to < len ? body.len : to + len;
        }
        mocket_span in = mocket__span_slice(body, from, to);
        char *alone = fuzz_copy(in);
        in.ptr = alone;
        ptrdiff_t used = mocket__multipart_next(&p, in, to == body.len, &token, &data);
        FUZZ_HOLDS(used <= (ptrdiff_t)in.len);
        if (used >= 0) {
            FUZZ_HOLDS(fuzz_within(data, in));
            FUZZ_HOLDS(token == MOCKET_MULTIPART_MORE || token == MOCKET_MULTIPART_END || used > 0);
            from += (size_t)used;
            FUZZ_HOLDS(token != MOCKET_MULTIPART_MORE || to - from < MOCKET_MULTIPART_KEEP_MAX);
            mocket__buf_text(&out->text, token == MOCKET_MULTIPART_PART ? "\n[" : "");
            mocket__buf_span(&out->text, data);
            mocket__buf_text(&out->text, token == MOCKET_MULTIPART_PART       ? "]"
                                         : token == MOCKET_MULTIPART_PART_END ? "."
                                                                              : "");
            struct mocket_upload upload;
            if (token == MOCKET_MULTIPART_PART && mocket__multipart_head(&a, data, &upload) == 0)
                FUZZ_HOLDS(upload.name.ptr && mocket__utf8_valid(upload.name) && mocket__utf8_valid(upload.filename));
        }
        free(alone);
        if (used < 0) {
            out->error = used;
            break;
        }
    }
    mocket__arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t step_count = size < 4 ? size : 4;
    mocket_span body = fuzz_input(data + step_count, size - step_count);
    struct outcome whole = { 0 }, cut = { 0 };
    run(body, NULL, 0, &whole);
    run(body, data, step_count, &cut);
    FUZZ_HOLDS(whole.error == cut.error);
    if (whole.error == 0)
        FUZZ_HOLDS(mocket__span_eq(mocket__buf_view(&whole.text), mocket__buf_view(&cut.text)));
    mocket__buf_release(&whole.text);
    mocket__buf_release(&cut.text);
    return 0;
}
