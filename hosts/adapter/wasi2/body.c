/* Bodies in both directions. What is read lands where the caller wants it: no byte is copied twice. */
#include "body.h"

#include "../wasi/landing.h"
#include "wasi.h"

enum { WINDOW = 65536, STREAM_FAILED = 0 /* case of stream-error with an error inside */ };

/* A failed stream comes with an error, which must be dropped. at: where the case is. */
static void drop_error(const union wasi_result *ret, size_t at)
{
    if (ret->bytes[at] == STREAM_FAILED)
        wasi_error_drop(ret->words[at / 4 + 1]);
}

ptrdiff_t http_input_read(struct http_input *in, void *to, size_t cap)
{
    union wasi_result ret;
    if (in->ended || !in->stream)
        return in->failed ? MOCKET_EIO : 0;
    struct landing_area before = landing_at(to, cap);
    wasi_in_read(in->stream - 1, cap, &ret);
    landing_restore(before);
    if (ret.bytes[0] == 0)
        return ret.words[2] > 0 ? (ptrdiff_t)ret.words[2] : MOCKET_EAGAIN;
    in->ended = true;
    in->failed = ret.bytes[4] == STREAM_FAILED;
    drop_error(&ret, 4);
    return in->failed ? MOCKET_EIO : 0;
}

void http_input_close(struct http_input *in)
{
    if (in->stream)
        wasi_in_drop(in->stream - 1);
    if (in->body)
        wasi_body_drop(in->body - 1);
    *in = (struct http_input){ .ended = true };
}

ptrdiff_t http_output_room(struct http_output *out)
{
    union wasi_result ret;
    if (!out->stream)
        return MOCKET_ECLOSED;
    if (out->room > 0)
        return out->room < PTRDIFF_MAX ? (ptrdiff_t)out->room : PTRDIFF_MAX;
    wasi_write_room(out->stream - 1, &ret);
    if (ret.bytes[0] != 0) {
        drop_error(&ret, 8);
        return MOCKET_ECLOSED;
    }
    out->room = ret.longs[1];
    return out->room < PTRDIFF_MAX ? (ptrdiff_t)out->room : PTRDIFF_MAX;
}

ptrdiff_t http_output_write(struct http_output *out, const struct adapter_bytes *bytes, size_t from)
{
    static char window[WINDOW];
    union wasi_result ret;
    ptrdiff_t room = http_output_room(out);
    size_t n = bytes->len - from;
    if (room <= 0)
        return room == 0 ? MOCKET_EAGAIN : room;
    n = n < (size_t)room ? n : (size_t)room;
    n = n < WINDOW ? n : WINDOW;
    adapter_copy(window, bytes, from, n);
    wasi_write(out->stream - 1, window, n, &ret);
    out->room = 0;
    if (ret.bytes[0] == 0)
        return (ptrdiff_t)n;
    drop_error(&ret, 4);
    return MOCKET_ECLOSED;
}

bool http_output_write_all(struct http_output *out, const struct adapter_bytes *bytes, size_t from)
{
    while (from < bytes->len) {
        ptrdiff_t n = http_output_write(out, bytes, from);
        if (n == MOCKET_EAGAIN) {
            uint32_t pollable = wasi_write_subscribe(out->stream - 1);
            wasi_pollable_block(pollable);
            wasi_pollable_drop(pollable);
        } else if (n < 0) {
            return false;
        } else {
            from += (size_t)n;
        }
    }
    return true;
}

void http_output_close(struct http_output *out, bool complete)
{
    union wasi_result ret;
    if (out->stream)
        wasi_write_drop(out->stream - 1);
    if (out->body && complete)
        wasi_out_finish(out->body - 1, 0, 0, &ret);
    else if (out->body)
        wasi_out_drop(out->body - 1);
    *out = (struct http_output){ 0 };
}
