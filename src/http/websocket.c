/* Whether a request is a WebSocket handshake. Connection and Upgrade were looked at by whoever read the head: the flag
 * tells. */
#include "websocket.h"

#include "../base/span.h"

#define KEY_LEN 24 /* 16 bytes in base64 */

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* 16 bytes: 22 characters and "==", of which the last one holds but 2 bits. */
static bool is_key(mocket_span key)
{
    if (key.len != KEY_LEN || key.ptr[22] != '=' || key.ptr[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++)
        if (!is_base64(key.ptr[i]))
            return false;
    return true;
}

/* The only row of a name, or absent when there is none or more than one. */
static mocket_span only(const struct mocket_message *msg, mocket_span name)
{
    size_t at = 0;
    const struct mocket_field *first = mocket__fields_next(&msg->fields, name, &at);
    if (!first || mocket__fields_next(&msg->fields, name, &at))
        return (mocket_span){ NULL, 0 };
    return first->value;
}

int mocket__ws_check(const struct mocket_message *msg)
{
    if (!(msg->flags & MOCKET_MESSAGE_UPGRADE))
        return 426;
    bool vouched = msg->flags & MOCKET_MESSAGE_VOUCHED;
    if (!vouched && !mocket__span_eq(only(msg, MOCKET_SPAN("sec-websocket-version")), MOCKET_SPAN("13")))
        return 426;
    if (msg->body_len != 0)
        return 400; /* frames begin where the head ends */
    return vouched || is_key(only(msg, MOCKET_SPAN("sec-websocket-key"))) ? 0 : 400;
}
