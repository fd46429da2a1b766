/* Bodies in both directions. A hostcall that reads or writes may wait, so the platform is asked first. */
#include "fastly.h"

enum { PIECE = 65536 };

bool fastly_ready(uint32_t item)
{
    uint32_t ready = 0;
    return fastly_is_ready(item, &ready) != FASTLY_OK || ready; /* a handle that is bad reports it when it is used */
}

ptrdiff_t fastly_read(uint32_t body, void *to, size_t cap)
{
    size_t done = 0;
    if (!fastly_ready(body))
        return MOCKET_EAGAIN;
    return fastly_body_read(body, to, cap, &done) == FASTLY_OK ? (ptrdiff_t)done : MOCKET_EINVAL;
}

ptrdiff_t fastly_write(uint32_t body, struct adapter_bytes bytes)
{
    const void *from = bytes.ptr ? bytes.ptr : (const void *)(uintptr_t)bytes.app_at; /* NOLINT: one memory */
    size_t len = bytes.len < PIECE ? bytes.len : PIECE, done = 0;
    if (body == FASTLY_INVALID)
        return MOCKET_ECLOSED;
    if (!fastly_ready(body))
        return MOCKET_EAGAIN;
    if (fastly_body_write(body, from, len, FASTLY_BACK, &done) != FASTLY_OK || done == 0)
        return MOCKET_ECLOSED;
    return (ptrdiff_t)done;
}
