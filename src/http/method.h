/* HTTP methods (RFC 9110, section 9; RFC 5789): the ones with a number in the guest ABI. Others go by their text. */
#ifndef MOCKET_HTTP_METHOD_H
#define MOCKET_HTTP_METHOD_H

#include <mocket_abi.h>

enum mocket_http_method {
    MOCKET_METHOD_OTHER = 0,
#define MOCKET_METHOD_NUMBER(name, number) MOCKET_METHOD_##name = (number),
    MOCKET_ABI_METHODS(MOCKET_METHOD_NUMBER)
#undef MOCKET_METHOD_NUMBER
        MOCKET_METHOD_COUNT
};

/* Exact, case counts. */
enum mocket_http_method mocket__method_of(mocket_span text);

/* Returns whether a request may be sent again when the client does not know whether the server has acted on it (RFC
 * 9110, section 9.2.2). Methods without a number count as not idempotent. */
bool mocket__method_is_idempotent(mocket_span text);

/* Returns the text of a method. ptr NULL for MOCKET_METHOD_OTHER and unknown numbers. */
mocket_span mocket__method_text(unsigned method);

#endif
