/* The log: a stream for each descriptor, open as long as the instance. */
#include "../../../src/base/span.h"
#include "../wasi/log.h"
#include "wasi.h"

struct log_stream {
    uint32_t end, set; /* 0: not open yet */
};

static void open_log(struct log_stream *l, bool to_output)
{
    uint64_t ends = wasi_stream_new();
    l->end = (uint32_t)(ends >> 32);
    l->set = wasi_set_new();
    wasi_join(l->end, l->set);
    if (to_output)
        wasi_stdout((uint32_t)ends);
    else
        wasi_stderr((uint32_t)ends);
}

/* Blocks until the platform has the bytes, so that no line is lost in front of a trap. */
static uint32_t write_now(const struct log_stream *l, mocket_span text)
{
    uint32_t payload[2], code = wasi_stream_write(l->end, text.ptr, text.len);
    if (code != WASI_BLOCKED)
        return code;
    wasi_set_wait(l->set, payload);
    return payload[1];
}

void wasi_log_write(bool to_output, mocket_span text)
{
    static struct log_stream streams[2];
    struct log_stream *l = &streams[to_output];
    uint32_t code = WASI_COMPLETED;
    if (!l->end)
        open_log(l, to_output);
    while (text.len > 0 && (code & WASI_COPY_MASK) == WASI_COMPLETED) {
        code = write_now(l, text);
        text = mocket__span_slice(text, code >> WASI_COPY_SHIFT, text.len);
    }
}
