/* The first bytes tell how the rest arrives. However it arrives, the messages are those of a decoder that knows all of
 * the bytes and does one thing after the other, and so is the code that it fails with. */
#include "../../src/wire/ws_codec.h"
#include "fuzz.h"

#define MAX_MESSAGE 300
#define STEPS 4

/* What came out, written down: opcode, code, length, bytes. */
static void note(struct mocket_buf *to, int opcode, int code, const char *bytes, size_t len)
{
    mocket__buf_decimal(to, (uint64_t)opcode);
    mocket__buf_text(to, ",");
    mocket__buf_decimal(to, (uint64_t)code);
    mocket__buf_text(to, ",");
    mocket__buf_decimal(to, len);
    mocket__buf_text(to, ":");
    mocket__buf_add(to, bytes, len);
}

/* ---- as it is ---- */

static int decode_pieces(mocket_span all, const uint8_t *steps, size_t step_count, struct mocket_buf *to)
{
    struct mocket_ws_machines machines = { 0 };
    struct mocket_ws_codec c;
    struct mocket_ws_message m;
    size_t at = 0, end = 0;
    int got = 0;
    mocket__ws_init(&c, &machines, MAX_MESSAGE);
    for (size_t step = 0; end < all.len && got >= 0 && got != MOCKET_WS_OP_CLOSE;) {
        size_t len = step_count ? (size_t)steps[step++ % step_count] + 1 : all.len;
        end = all.len - end < len ? all.len : end + len;
        do {
            mocket_span in = mocket__span_slice(all, at, end);
            char *alone = fuzz_copy(in);
            size_t used;
            in.ptr = alone;
            got = mocket__ws_read(&c, in, &used, &m);
            FUZZ_HOLDS(used <= in.len);
            free(alone);
            at += used;
            if (got <= 0)
                break;
            bool data = got == MOCKET_WS_OP_TEXT || got == MOCKET_WS_OP_BINARY;
            FUZZ_HOLDS(data ? m.bytes.len <= MAX_MESSAGE && m.bytes.ptr[m.bytes.len] == '\0' : m.len <= 125);
            note(to, got, got == MOCKET_WS_OP_CLOSE ? m.code : 0, data ? m.bytes.ptr : m.control,
                 data ? m.bytes.len : m.len);
            mocket__buf_release(&m.bytes);
        } while (got != MOCKET_WS_OP_CLOSE);
    }
    mocket__ws_release(&c);
    mocket__ws_machines_release(&machines);
    return got < 0 ? -got : 0;
}

/* ---- as it is defined ---- */

struct frame {
    bool fin, masked;
    int rsv, opcode;
    uint64_t len;
    const unsigned char *mask, *payload;
    size_t here; /* bytes of the payload */
};

/* 1: there is a head; 0: it is not complete; below zero: it is refused. room: for the rest of the message. */
static int frame_head(mocket_span in, uint64_t room, struct frame *f)
{
    const unsigned char *at = (const unsigned char *)in.ptr;
    if (in.len < 2)
        return 0;
    *f = (struct frame){ .fin = at[0] >> 7, .rsv = at[0] >> 4 & 7, .opcode = at[0] & 15, .masked = at[1] >> 7 };
    size_t extra = (at[1] & 127) == 126 ? 2 : (at[1] & 127) == 127 ? 8 : 0;
    if (f->opcode >= 8 && (extra || !f->fin))
        return -1002;
    size_t head = 2 + extra + (f->masked ? 4 : 0);
    if (in.len < head)
        return 0;
    f->len = at[1] & 127;
    if (extra)
        f->len = 0;
    for (size_t i = 0; i < extra; i++)
        f->len = f->len << 8 | at[2 + i];
    f->mask = at + 2 + extra;
    f->payload = at + head;
    f->here = in.len - head;
    if (f->len >> 63)
        return -1002;
    if (f->opcode < 8 && f->len > room)
        return -1009;
    return extra && f->len < (extra == 2 ? 126 : 65536) ? -1002 : 1;
}

/* Is text valid so far? Whole: and complete. */
static bool text_ok(mocket_span text, bool whole)
{
    if (mocket__utf8_valid(text))
        return true;
    if (whole)
        return false;
    static const char *const ends[] = { "\x80",         "\x80\x80", "\x80\x80\x80", "\xbf",         "\xbf\xbf",
                                        "\xbf\xbf\xbf", "\xa0",     "\xa0\x80",     "\x90\x80\x80", "\x90" };
    char *longer = malloc(text.len + 4);
    bool ok = false;
    memcpy(longer, text.ptr, text.len);
    for (size_t i = 0; i < sizeof ends / sizeof *ends && !ok; i++) {
        memcpy(longer + text.len, ends[i], strlen(ends[i]));
        ok = mocket__utf8_valid((mocket_span){ longer, text.len + strlen(ends[i]) });
    }
    free(longer);
    return ok;
}

static bool code_ok(unsigned code)
{
    return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}

static int check_frame(const struct frame *f, int message)
{
    bool known = f->opcode <= 2 || (f->opcode >= 8 && f->opcode <= 10);
    if (!f->masked || f->rsv || !known)
        return 1002;
    return f->opcode < 8 && (f->opcode == 0) != (message != 0) ? 1002 : 0;
}

/* 0, -1 at a close frame, or the code to fail with. */
static int control(const struct frame *f, const char *bytes, struct mocket_buf *to)
{
    size_t len = (size_t)f->len;
    if (f->opcode != MOCKET_WS_OP_CLOSE) {
        note(to, f->opcode, 0, bytes, len);
        return 0;
    }
    unsigned code = len >= 2 ? (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1] : 1005;
    if (len >= 2 && !text_ok((mocket_span){ bytes + 2, len - 2 }, true))
        return 1007;
    if (len == 1 || (len >= 2 && !code_ok(code)))
        return 1002;
    note(to, f->opcode, (int)code, bytes + 2, len >= 2 ? len - 2 : 0);
    return -1;
}

static int decode_plainly(mocket_span in, struct mocket_buf *to)
{
    struct mocket_buf message = { 0 };
    struct frame f;
    int kind = 0, code = 0, head;
    while (code == 0 && (head = frame_head(in, MAX_MESSAGE - message.len, &f)) == 1) {
        bool is_control = f.opcode >= 8, whole = f.here >= f.len;
        bool at_once = f.masked && f.len >= 126 && (f.opcode ? f.opcode : kind) == MOCKET_WS_OP_BINARY;
        if (is_control ? !whole : f.here == 0 && f.len > 0 && !at_once)
            break;
        code = check_frame(&f, kind);
        if (code != 0)
            break;
        size_t len = whole ? (size_t)f.len : f.here;
        char *bytes = malloc(len + 1);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(f.payload[i] ^ f.mask[i % 4]);
        if (is_control) {
            code = control(&f, bytes, to);
        } else {
            kind = f.opcode ? f.opcode : kind;
            mocket__buf_add(&message, bytes, len);
            bool done = whole && f.fin;
            if (kind == MOCKET_WS_OP_TEXT && !text_ok(mocket__buf_view(&message), done))
                code = 1007;
            if (code == 0 && done) {
                note(to, kind, 0, message.ptr, message.len);
                mocket__buf_reset(&message);
                kind = 0;
            }
        }
        free(bytes);
        if (!whole)
            break;
        in = mocket__span_slice(in, (size_t)((const char *)f.payload - in.ptr) + len, in.len);
        head = 0;
    }
    if (code == 0 && head < 0)
        code = -head;
    mocket__buf_release(&message);
    return code < 0 ? 0 : code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t step_count = size < STEPS ? size : STEPS;
    mocket_span all = fuzz_input(data + step_count, size - step_count);
    struct mocket_buf whole = { 0 }, cut = { 0 }, plain = { 0 };
    int code = decode_plainly(all, &plain);
    FUZZ_HOLDS(decode_pieces(all, NULL, 0, &whole) == code);
    FUZZ_HOLDS(decode_pieces(all, data, step_count, &cut) == code);
    FUZZ_HOLDS(mocket__span_eq(mocket__buf_view(&whole), mocket__buf_view(&plain)));
    FUZZ_HOLDS(mocket__span_eq(mocket__buf_view(&cut), mocket__buf_view(&plain)));
    mocket__buf_release(&whole);
    mocket__buf_release(&cut);
    mocket__buf_release(&plain);
    return 0;
}
