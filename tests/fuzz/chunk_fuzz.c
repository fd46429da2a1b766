/* The first bytes tell how the rest arrives. However it arrives, the same data come out, the same bytes are used, and
 * what is refused whole is refused in pieces. */
#include "../../src/wire/h1_chunk.h"
#include "fuzz.h"

struct outcome {
    struct mocket_buf data;
    size_t used;
    bool bad, done;
};

static void decode(struct outcome *o, mocket_span all, const uint8_t *steps, size_t step_count)
{
    struct mocket_h1_chunk c;
    mocket__h1_chunk_init(&c, 256);
    for (size_t to = 0, step = 0; to < all.len && !c.done && !o->bad;) {
        size_t len = step_count ? (size_t)steps[step++ % step_count] + 1 : all.len;
        to = all.len - to < len ? all.len : to + len;
        while (o->used < to && !c.done) {
            mocket_span in = mocket__span_slice(all, o->used, to), data;
            char *alone = fuzz_copy(in);
            in.ptr = alone;
            ptrdiff_t used = mocket__h1_chunk(&c, in, &data);
            FUZZ_HOLDS(used != 0 && used <= (ptrdiff_t)in.len);
            if (used > 0) {
                FUZZ_HOLDS(fuzz_within(data, in));
                mocket__buf_span(&o->data, data);
                o->used += (size_t)used;
            }
            free(alone);
            if ((o->bad = used < 0))
                break;
        }
    }
    o->done = c.done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t step_count = size < 4 ? size : 4;
    mocket_span all = fuzz_input(data + step_count, size - step_count);
    struct outcome whole = { 0 }, cut = { 0 };
    decode(&whole, all, NULL, 0);
    decode(&cut, all, data, step_count);
    FUZZ_HOLDS(whole.bad == cut.bad && whole.done == cut.done);
    FUZZ_HOLDS(whole.bad || whole.used == cut.used);
    FUZZ_HOLDS(mocket__span_eq(mocket__buf_view(&whole.data), mocket__buf_view(&cut.data)));
    mocket__buf_release(&whole.data);
    mocket__buf_release(&cut.data);
    return 0;
}
