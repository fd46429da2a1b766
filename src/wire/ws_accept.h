/* The answer to a WebSocket handshake (RFC 6455, section 4.2.2). */
#ifndef MOCKET_HTTP_WS_ACCEPT_H
#define MOCKET_HTTP_WS_ACCEPT_H

#include "../base/buf.h"
#include "../http/fields.h"

#define MOCKET_WS_ACCEPT_LEN 28

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key, with a NUL behind. */
void mocket__ws_accept(mocket_span key, char accept[MOCKET_WS_ACCEPT_LEN + 1]);

/* Appends the whole head of status 101. Fields that belong to the connection or to the handshake, but for
 * Sec-WebSocket-Protocol, are left out. */
void mocket__ws_write_answer(struct mocket_buf *out, mocket_span key, const struct mocket_fields *fields);

#endif
