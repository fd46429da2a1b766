/* The rules of WebSockets that do not depend on frames (RFC 6455): the handshake as the server sees it, and what may be
 * sent. The core, the native server and the wasm host check by them. */
#ifndef MOCKET_HTTP_WEBSOCKET_H
#define MOCKET_HTTP_WEBSOCKET_H

#include "message.h"

#define MOCKET_CONTROL_MAX 125  /* bytes of a ping, a pong or a close frame: RFC 6455, section 5.5 */
#define MOCKET_CLOSE_CODE_LEN 2 /* bytes of the code in a close frame */
#define MOCKET_CLOSE_REASON_MAX (MOCKET_CONTROL_MAX - MOCKET_CLOSE_CODE_LEN)
#define MOCKET_TOPIC_MAX 255         /* bytes of a topic */
#define MOCKET_TOPICS_MAX 1024       /* of one socket, */
#define MOCKET_TOPIC_NAMES_MAX 65536 /* and bytes of their names together */

/* The close codes that are used here by themselves (RFC 6455, section 7.4.1; 1012 and 1013 by IANA's registry). */
enum mocket_close_code {
    MOCKET_WS_CODE_NORMAL = 1000,
    MOCKET_WS_CODE_GOING_AWAY = 1001,
    MOCKET_WS_CODE_PROTOCOL = 1002,
    MOCKET_WS_CODE_RESERVED = 1004,
    MOCKET_WS_CODE_NONE = 1005, /* a close frame without a code; never sent */
    MOCKET_WS_CODE_LOST = 1006, /* no close frame came; never sent */
    MOCKET_WS_CODE_TEXT = 1007,
    MOCKET_WS_CODE_TOO_BIG = 1009,
    MOCKET_WS_CODE_FAILED = 1011, /* the server cannot go on: no memory, a guest that ended */
    MOCKET_WS_CODE_RESTART = 1012,
    MOCKET_WS_CODE_TRY_LATER = 1013, /* the peer is too slow, or no more may be held */
    MOCKET_WS_CODE_LAST = 1014       /* of the registered ones */
};

/* Can the handshake be accepted? 0; 426: no upgrade is asked for, or to another version than 13; 400: malformed. With
 * MOCKET_MESSAGE_VOUCHED version and key are not looked at. */
int mocket__ws_check(const struct mocket_message *msg);
/* Does the client offer this subprotocol? Compared exactly. */
bool mocket__ws_offers(const struct mocket_message *msg, mocket_span protocol);

/* May this be sent to a client? 0 or MOCKET_EINVAL. kind: enum mocket_ws_event. */
int mocket__ws_check_message(int kind, mocket_span data);
/* May this be published? Only texts and binary messages may. */
int mocket__ws_check_publish(mocket_span topic, int kind, mocket_span data);
int mocket__ws_check_topic(mocket_span topic);
/* May a close frame hold this? code 0 and an empty reason: a close frame without a code. */
int mocket__ws_check_close(int code, mocket_span reason);

#endif
