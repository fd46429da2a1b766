/* The data of a socket's last event (docs/abi.md, section 7): the close code in two bytes, then the reason. */
#include <string.h>

#include "../base/span.h"
#include "../base/word.h"
#include "codec.h"

#define CODE_LEN 2
#define NO_CODE 1006 /* RFC 6455, section 7.1.5: no close frame came */

size_t mocket__abi_closed_encode(int code, mocket_span reason, void *dst)
{
    unsigned char *bytes = dst;
    mocket__store_u16(bytes, (uint16_t)code);
    if (reason.len > 0)
        memcpy(bytes + CODE_LEN, reason.ptr, reason.len);
    return CODE_LEN + reason.len;
}

int mocket__abi_closed_decode(mocket_span data, mocket_span *reason)
{
    *reason = mocket__span_slice(data, CODE_LEN, data.len);
    return data.len >= CODE_LEN ? mocket__load_u16(data.ptr) : NO_CODE;
}
