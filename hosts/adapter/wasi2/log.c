/* The log: a call for each piece of a line. */
#include "../../../src/base/span.h"
#include "../wasi/log.h"
#include "wasi.h"

void wasi_log_write(bool to_output, mocket_span text)
{
    enum { MOST = 4096 }; /* of one blocking-write-and-flush */
    union wasi_result ret = { { 0 } };
    uint32_t stream = to_output ? wasi_stdout() : wasi_stderr();
    while (text.len > 0 && ret.bytes[0] == 0) {
        mocket_span piece = mocket__span_slice(text, 0, MOST);
        wasi_write_now(stream, piece.ptr, piece.len, &ret);
        text = mocket__span_slice(text, piece.len, text.len);
    }
    if (ret.bytes[0] != 0 && ret.bytes[4] == 0)
        wasi_error_drop(ret.words[2]);
    wasi_write_drop(stream);
}
