/* Whether a request is a WebSocket handshake, and what may be sent on a socket. The fields Connection and Upgrade are
 * not looked at here: MOCKET_MESSAGE_UPGRADE says what the reader of the head found in them. */
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

bool mocket__ws_offers(const struct mocket_message *msg, mocket_span protocol)
{
    const struct mocket_field *row;
    for (size_t at = 0; (row = mocket__fields_next(&msg->fields, MOCKET_SPAN("sec-websocket-protocol"), &at));) {
        size_t from = 0;
        for (mocket_span item; (item = mocket__span_list_next(row->value, &from)).ptr;)
            if (mocket__span_eq(item, protocol))
                return true;
    }
    return false;
}

int mocket__ws_check_message(int kind, mocket_span data)
{
    switch (kind) {
    case MOCKET_WS_TEXT:
        return mocket__utf8_valid(data) ? 0 : MOCKET_EINVAL;
    case MOCKET_WS_BINARY:
        return 0;
    case MOCKET_WS_PING:
    case MOCKET_WS_PONG:
        return data.len <= MOCKET_CONTROL_MAX ? 0 : MOCKET_EINVAL;
    default:
        return MOCKET_EINVAL;
    }
}

int mocket__ws_check_topic(mocket_span topic)
{
    return topic.len > 0 && topic.len <= MOCKET_TOPIC_MAX ? 0 : MOCKET_EINVAL;
}

int mocket__ws_check_publish(mocket_span topic, int kind, mocket_span data)
{
    if (kind != MOCKET_WS_TEXT && kind != MOCKET_WS_BINARY)
        return MOCKET_EINVAL;
    int rc = mocket__ws_check_topic(topic);
    return rc == 0 ? mocket__ws_check_message(kind, data) : rc;
}

static bool may_be_sent(int code)
{
    if (code == MOCKET_WS_CODE_RESERVED || code == MOCKET_WS_CODE_NONE || code == MOCKET_WS_CODE_LOST)
        return false;
    return (code >= MOCKET_WS_CODE_NORMAL && code <= MOCKET_WS_CODE_LAST) || (code >= 3000 && code <= 4999);
}

int mocket__ws_check_close(int code, mocket_span reason)
{
    if (code == 0 && reason.len == 0)
        return 0;
    bool fits = reason.len <= MOCKET_CLOSE_REASON_MAX && mocket__utf8_valid(reason);
    return fits && may_be_sent(code) ? 0 : MOCKET_EINVAL;
}
