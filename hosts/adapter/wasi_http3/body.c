/* Bytes that are under way must stay where they are, so each body has a window of its own: the core's buffers may move,
 * and the app's memory is another one. A whole answer is sent from where the core has copied it to. */
#include "body.h"

#include "../../../src/base/memory.h"
#include "../wasi/error_code.h"
#include "wasi.h"

enum { WINDOW = 65536 - 16 }; /* with the head of its piece (core/memory.c) as large as a piece */

static const union wasi_result fine; /* no trailers, no error */
static const union wasi_result failed = { { [0] = 1, [8] = WASI_INTERNAL_ERROR } };

/* ---- Input ---- */

void http3_input_open(struct http3_input *in, const union wasi_result *parts, uint32_t outcome, int64_t declared)
{
    in->waitable.kind = HTTP3_INPUT;
    in->stream = parts->words[0];
    in->trailers = parts->words[1];
    in->outcome = outcome;
    in->left = declared;
    in->state = HTTP3_INPUT_OPEN;
}

/* An error comes instead of trailers. Trailers of a request are dropped: the ABI has none. */
static void take_end(struct http3_input *in, uint32_t code)
{
    bool has_trailers = code == WASI_COMPLETED && in->end.bytes[0] == 0 && in->end.bytes[8] == 1;
    bool is_whole = code == WASI_COMPLETED && in->end.bytes[0] == 0 && in->left <= 0;
    if (has_trailers)
        wasi_fields_drop(in->end.words[3]);
    in->state = is_whole ? HTTP3_INPUT_ENDED : HTTP3_INPUT_FAILED;
}

static void read_end(struct http3_input *in)
{
    http3_waitable_leave(&in->waitable);
    uint32_t code = wasi_trailers_read(in->trailers, &in->end);
    if (code != WASI_BLOCKED) {
        take_end(in, code);
        return;
    }
    in->state = HTTP3_INPUT_ENDING;
    http3_waitable_begin(&in->waitable, in->trailers);
}

/* A length that the client declared may be wrong, if its body is in chunks. When all of it has come, the next read
 * shows that nothing follows. */
static void take_bytes(struct http3_input *in, uint32_t code)
{
    int64_t n = code >> WASI_COPY_SHIFT;
    bool is_over = (code & WASI_COPY_MASK) != WASI_COMPLETED;
    in->at = 0;
    in->len = (size_t)n;
    in->state = HTTP3_INPUT_OPEN;
    if (in->left >= 0 && n > in->left) {
        in->len = (size_t)in->left;
        in->state = HTTP3_INPUT_FAILED;
    } else if (in->left >= 0) {
        in->left -= n;
    }
    if (is_over && in->left == 0 && in->state == HTTP3_INPUT_OPEN)
        in->state = HTTP3_INPUT_ENDED;
    else if (is_over && in->state == HTTP3_INPUT_OPEN)
        read_end(in);
}

static int read_bytes(struct http3_input *in)
{
    size_t cap = in->left >= 0 && in->left < WINDOW ? (size_t)in->left + 1 : WINDOW;
    if (!in->window)
        in->window = mocket__realloc(NULL, cap);
    if (!in->window)
        return MOCKET_ENOMEM;
    uint32_t code = wasi_stream_read(in->stream, in->window, cap);
    if (code != WASI_BLOCKED) {
        take_bytes(in, code);
        return 0;
    }
    in->state = HTTP3_INPUT_READING;
    http3_waitable_begin(&in->waitable, in->stream);
    return 0;
}

/* Why there are no bytes. */
static int reason(const struct http3_input *in)
{
    if (http3_is_under_way(&in->waitable))
        return MOCKET_EAGAIN;
    return in->state == HTTP3_INPUT_FAILED ? MOCKET_EIO : 0;
}

ptrdiff_t http3_input_read(struct http3_input *in, void *to, size_t cap)
{
    int rc = 0;
    while (in->at == in->len && in->state == HTTP3_INPUT_OPEN && rc == 0)
        rc = read_bytes(in);
    size_t n = in->len - in->at < cap ? in->len - in->at : cap;
    if (rc < 0 || n == 0)
        return rc < 0 ? rc : reason(in);
    memcpy(to, in->window + in->at, n);
    in->at += n;
    return (ptrdiff_t)n;
}

bool http3_input_is_ready(const struct http3_input *in)
{
    return in->at < in->len || !http3_is_under_way(&in->waitable);
}

void http3_input_event(struct http3_input *in, uint32_t code)
{
    if (in->state == HTTP3_INPUT_ENDING)
        take_end(in, code);
    else
        take_bytes(in, code);
}

/* The read may have ended already, and its event may not have been delivered yet. Then the code is that of the event,
 * and trailers have been read. */
static void cancel_read(struct http3_input *in)
{
    bool is_under_way = http3_is_under_way(&in->waitable);
    http3_waitable_leave(&in->waitable);
    if (is_under_way && in->state == HTTP3_INPUT_READING)
        wasi_stream_cancel_read(in->stream);
    else if (is_under_way)
        take_end(in, wasi_trailers_cancel_read(in->trailers));
}

void http3_input_close(struct http3_input *in)
{
    if (in->state == HTTP3_INPUT_NONE)
        return;
    cancel_read(in);
    wasi_stream_drop_readable(in->stream);
    wasi_trailers_drop_readable(in->trailers);
    http3_leave(HTTP3_OUTCOME, in->outcome, wasi_outcome_write(in->outcome, &fine));
    mocket__free(in->window);
    in->window = NULL;
    in->at = in->len = 0;
    in->state = HTTP3_INPUT_NONE;
}

/* ---- Output ---- */

struct http3_ends http3_output_open(struct http3_output *out, bool has_body)
{
    uint64_t stream = has_body ? wasi_stream_new() : 0, trailers = wasi_trailers_new();
    out->waitable.kind = HTTP3_OUTPUT;
    out->state = HTTP3_OUTPUT_OPEN;
    out->stream = (uint32_t)(stream >> 32);
    out->trailers = (uint32_t)(trailers >> 32);
    return (struct http3_ends){ (uint32_t)stream, (uint32_t)trailers };
}

static void drop_stream(struct http3_output *out)
{
    http3_waitable_forget(&out->waitable);
    if (out->stream)
        wasi_stream_drop_writable(out->stream);
    out->stream = 0;
    mocket__free(out->window);
    out->window = NULL;
}

static void finish(struct http3_output *out)
{
    http3_waitable_forget(&out->waitable);
    wasi_trailers_drop_writable(out->trailers);
    out->state = HTTP3_OUTPUT_DONE;
}

static void write_end(struct http3_output *out)
{
    drop_stream(out);
    uint32_t code = wasi_trailers_write(out->trailers, out->is_cut ? &failed : &fine);
    if (code != WASI_BLOCKED) {
        finish(out);
        return;
    }
    out->state = HTTP3_OUTPUT_ENDING;
    http3_waitable_begin(&out->waitable, out->trailers);
}

static void took(struct http3_output *out, uint32_t code)
{
    out->at += code >> WASI_COPY_SHIFT;
    out->is_broken |= (code & WASI_COPY_MASK) == WASI_DROPPED;
    if (out->is_broken || out->at == out->len)
        out->at = out->len = 0;
}

static void go_on(struct http3_output *out)
{
    out->state = HTTP3_OUTPUT_OPEN;
    while (out->len > 0) {
        uint32_t code = wasi_stream_write(out->stream, out->bytes + out->at, out->len - out->at);
        if (code == WASI_BLOCKED) {
            out->state = HTTP3_OUTPUT_WRITING;
            http3_waitable_begin(&out->waitable, out->stream);
            return;
        }
        took(out, code);
    }
    if (out->closing)
        write_end(out);
}

ptrdiff_t http3_output_room(const struct http3_output *out)
{
    if (!out->stream || out->is_broken || out->closing)
        return MOCKET_ECLOSED;
    return WINDOW - (ptrdiff_t)out->len;
}

/* Bytes are added behind those that are under way, as far as the window goes. */
ptrdiff_t http3_output_write(struct http3_output *out, const struct adapter_bytes *bytes)
{
    ptrdiff_t room = http3_output_room(out);
    if (room <= 0)
        return room == 0 ? MOCKET_EAGAIN : room;
    if (!out->window)
        out->window = mocket__realloc(NULL, WINDOW);
    if (!out->window)
        return MOCKET_ENOMEM;
    size_t n = bytes->len < (size_t)room ? bytes->len : (size_t)room;
    adapter_copy(out->window + out->len, bytes, 0, n);
    out->bytes = out->window;
    out->len += n;
    if (out->state == HTTP3_OUTPUT_OPEN)
        go_on(out);
    return (ptrdiff_t)n;
}

void http3_output_send(struct http3_output *out, mocket_span bytes)
{
    out->bytes = bytes.ptr;
    out->len = bytes.len;
    out->closing = true;
    go_on(out);
}

void http3_output_close(struct http3_output *out, bool complete)
{
    if (http3_output_is_done(out) || out->closing)
        return;
    out->closing = true;
    out->is_cut = !complete;
    if (out->len == 0)
        go_on(out);
}

void http3_output_cut(struct http3_output *out)
{
    if (out->state != HTTP3_OUTPUT_OPEN && out->state != HTTP3_OUTPUT_WRITING)
        return;
    http3_waitable_leave(&out->waitable);
    if (out->state == HTTP3_OUTPUT_WRITING)
        wasi_stream_cancel_write(out->stream);
    out->closing = out->is_cut = true;
    write_end(out);
}

void http3_output_abandon(struct http3_output *out)
{
    http3_output_cut(out);
    if (out->state == HTTP3_OUTPUT_ENDING) {
        http3_waitable_leave(&out->waitable);
        http3_leave(HTTP3_TRAILERS, out->trailers, WASI_BLOCKED);
    }
    out->state = HTTP3_OUTPUT_DONE;
}

void http3_output_event(struct http3_output *out, uint32_t code)
{
    if (out->state == HTTP3_OUTPUT_ENDING) {
        finish(out);
        return;
    }
    took(out, code);
    go_on(out);
}
