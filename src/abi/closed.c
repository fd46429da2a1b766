/* The data of a socket's last event (docs/abi.md, section 7): the close code in two bytes, then the reason. */
#include <string.h>

#include "../base/span.h"
#include "../base/word.h"
#include "codec.h"

size_t mocket__abi_closed_encode(int code, mocket_span reason, void *dst)
{
    unsigned char *bytes = dst;
    mocket__store_u16(bytes, (uint16_t)code);
    if (reason.len > 0)
        memcpy(bytes + MOCKET_CLOSE_CODE_LEN, reason.ptr, reason.len);
    return MOCKET_CLOSE_CODE_LEN + reason.len;
}

int mocket__abi_closed_decode(mocket_span data, mocket_span *reason)
{
    *reason = mocket__span_slice(data, MOCKET_CLOSE_CODE_LEN, data.len);
    return data.len >= MOCKET_CLOSE_CODE_LEN ? mocket__load_u16(data.ptr) : MOCKET_WS_CODE_LOST;
}
