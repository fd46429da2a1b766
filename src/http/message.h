/* A request from any backend: the wire, guest memory, a test. Spans are views without a NUL behind them. The backend
 * keeps them valid until the answer was sent. */
#ifndef MOCKET_HTTP_MESSAGE_H
#define MOCKET_HTTP_MESSAGE_H

#include <mocket_abi.h>

#include "fields.h"
#include "method.h"

enum mocket_message_flag { /* the guest ABI's, section 4 */
                           MOCKET_MESSAGE_UPGRADE = MOCKET_ABI_UPGRADE,
                           MOCKET_MESSAGE_TLS = MOCKET_ABI_TLS,
                           MOCKET_MESSAGE_HTTP10 = MOCKET_ABI_HTTP10,
                           MOCKET_MESSAGE_HTTP2 = MOCKET_ABI_HTTP2,
                           MOCKET_MESSAGE_NORMALISED = MOCKET_ABI_NORMALISED,
                           MOCKET_MESSAGE_ON_DEMAND =
                               MOCKET_ABI_ON_DEMAND, /* fields and peer: mocket__request_fields gets them */
                           MOCKET_MESSAGE_VOUCHED =
                               MOCKET_ABI_VOUCHED /* the host has checked version and key of the handshake */
};

struct mocket_message {
    enum mocket_http_method method;
    unsigned flags;
    mocket_span method_text;
    mocket_span target;    /* origin form or `*` (R-41: an absolute form is reduced by the backend) */
    mocket_span authority; /* of the absolute form, else Host */
    mocket_span peer;
    struct mocket_fields fields; /* without hop-by-hop fields; names in any case */
    int64_t body_len;            /* 0: none; -1: unknown */
    int body_error;              /* of a guest's request: why its host has no body, MOCKET_E...; 0 */
};

/* Copies a head into the arena, and moves the message's texts that lie in it there: they outlive the buffer of the
 * head. Returns false when out of memory; the message is unchanged then. */
bool mocket__message_keep(struct mocket_message *msg, struct mocket_arena *arena, mocket_span head);

#endif
