/* The WebSocket handshake, seen from the server (RFC 6455, section 4.2). */
#ifndef MOCKET_HTTP_WEBSOCKET_H
#define MOCKET_HTTP_WEBSOCKET_H

#include "message.h"

/* Can the handshake be accepted? 0; 426: no upgrade is asked for, or to another version than 13; 400: malformed. With
 * MOCKET_MESSAGE_VOUCHED version and key are not looked at. */
int mocket__ws_check(const struct mocket_message *msg);

#endif
