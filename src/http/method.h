/* HTTP methods (RFC 9110, section 9; RFC 5789): the ones with a number in the guest ABI. Others go by their text. */
#ifndef MOCKET_HTTP_METHOD_H
#define MOCKET_HTTP_METHOD_H

#include <mocket.h>

#define MOCKET_METHODS(X)                                                                                              \
    X(GET, 1) X(HEAD, 2) X(POST, 3) X(PUT, 4) X(DELETE, 5) X(CONNECT, 6) X(OPTIONS, 7) X(TRACE, 8) X(PATCH, 9)

enum mocket_method {
    MOCKET_METHOD_OTHER = 0,
#define MOCKET_METHOD_NUMBER(name, number) MOCKET_METHOD_##name = (number),
    MOCKET_METHODS(MOCKET_METHOD_NUMBER)
#undef MOCKET_METHOD_NUMBER
        MOCKET_METHOD_COUNT
};

/* Exact, case counts. */
enum mocket_method mocket__method_of(mocket_span text);

/* May a request be sent again when nobody knows whether the server has acted on it? (RFC 9110, section 9.2.2) Methods
 * without a number are not known to be idempotent. */
bool mocket__method_is_idempotent(mocket_span text);

/* ptr NULL for MOCKET_METHOD_OTHER and numbers that are none. */
mocket_span mocket__method_text(unsigned method);

#endif
