/* A request as it came, from whichever backend: the wire, guest memory, a test. Spans are views without a NUL behind
 * them; the backend keeps them valid until the answer is out. */
#ifndef MOCKET_HTTP_MESSAGE_H
#define MOCKET_HTTP_MESSAGE_H

#include "fields.h"
#include "method.h"

enum mocket_message_flag {
    MOCKET_MESSAGE_UPGRADE = 1 << 1, /* the guest ABI's bits, section 4 */
    MOCKET_MESSAGE_TLS = 1 << 2,
    MOCKET_MESSAGE_HTTP10 = 1 << 3,
    MOCKET_MESSAGE_HTTP2 = 1 << 4,
    MOCKET_MESSAGE_NORMALISED = 1 << 5
};

struct mocket_message {
    enum mocket_method method;
    unsigned flags;
    mocket_span method_text;
    mocket_span target;    /* origin form or `*` (R-41: an absolute form is reduced by the backend) */
    mocket_span authority; /* of the absolute form, else Host */
    mocket_span peer;
    struct mocket_fields fields; /* without hop-by-hop fields; names in any case */
    int64_t body_len;            /* 0: none; -1: unknown */
    int body_error;              /* of a guest's request: why its host has no body, MOCKET_E...; 0 */
};

#endif
