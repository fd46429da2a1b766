/* The first bytes tell how the rest arrives. However it arrives, the same requests come out, and what is refused
 * whole is refused in pieces; a head that is hopeless may be refused before its end. No field that belongs to the
 * connection is left, and no name or value that could not be sent on. */
#include "../../src/wire/h1_parse.h"
#include "fuzz.h"

static void record(struct mocket_buf *out, const char *mark, mocket_span text)
{
    mocket__buf_text(out, mark);
    mocket__buf_span(out, text);
}

static void check_message(const struct mocket_message *msg, mocket_span in, struct mocket_buf *out)
{
    FUZZ_HOLDS(msg->target.len > 0 && msg->method_text.len > 0 && mocket__is_token(msg->method_text));
    FUZZ_HOLDS(msg->method == mocket__method_of(msg->method_text));
    FUZZ_HOLDS(msg->fields.count <= 100 && fuzz_within(msg->method_text, in));
    record(out, "\n> ", msg->method_text);
    record(out, " ", msg->target);
    record(out, " @", msg->authority);
    for (size_t i = 0; i < msg->fields.count; i++) {
        const struct mocket_field *row = &msg->fields.rows[i];
        FUZZ_HOLDS(mocket__is_token(row->name) && mocket__is_field_value(row->value) &&
                   !mocket__is_hop_by_hop(row->name));
        FUZZ_HOLDS(mocket__span_eq(mocket__span_trim(row->value), row->value));
        record(out, "\n", row->name);
        record(out, ": ", row->value);
    }
}

/* Reads requests from bytes that arrive in steps; returns the refusal, 0 when more bytes would be needed. */
static ptrdiff_t run(mocket_span all, const uint8_t *steps, size_t step_count, struct mocket_buf *out)
{
    struct mocket_h1 p;
    struct mocket_arena a;
    struct mocket_h1_limits limits = { 0 };
    ptrdiff_t used = 0;
    bool in_body = false;
    mocket__h1_init(&p, &limits);
    mocket__arena_init(&a, 0);
    for (size_t from = 0, to = 0, step = 0; used >= 0;) {
        mocket_span in = mocket__span_slice(all, from, to);
        char *alone = fuzz_copy(in);
        in.ptr = alone;
        if (in_body) {
            mocket_span data;
            used = mocket__h1_body(&p, in, &data);
            if (used >= 0) {
                FUZZ_HOLDS(fuzz_within(data, in));
                mocket__buf_span(out, data);
            }
        } else {
            struct mocket_message msg;
            used = mocket__h1_head(&p, &msg, &a, in);
            if (used > 0) {
                check_message(&msg, in, out);
                mocket__buf_text(out, p.chunked ? "\n= chunks " : "\n= ");
                in_body = true;
            }
        }
        free(alone);
        FUZZ_HOLDS(used <= (ptrdiff_t)in.len);
        if (used > 0)
            from += (size_t)used;
        if (used >= 0 && in_body && p.body_done) {
            mocket__buf_text(out, p.keep_alive ? " keep\n" : " close\n");
            mocket__arena_reset(&a);
            mocket__h1_reset(&p);
            in_body = false;
        } else if (used == 0) {
            if (to == all.len)
                break;
            size_t len = step_count ? (size_t)steps[step++ % step_count] + 1 : all.len;
            to = all.len - to < len ? all.len : to + len;
        }
    }
    mocket__arena_release(&a);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t step_count = size < 4 ? size : 4;
    mocket_span all = fuzz_input(data + step_count, size - step_count);
    struct mocket_buf whole = { 0 }, cut = { 0 };
    ptrdiff_t whole_rc = run(all, NULL, 0, &whole), cut_rc = run(all, data, step_count, &cut);
    FUZZ_HOLDS(whole_rc == 0 || cut_rc < 0);
    FUZZ_HOLDS(whole_rc == 0 || (whole_rc <= -400 && whole_rc >= -599));
    FUZZ_HOLDS(mocket__span_eq(mocket__buf_view(&whole), mocket__buf_view(&cut)));
    mocket__buf_release(&whole);
    mocket__buf_release(&cut);
    return 0;
}
