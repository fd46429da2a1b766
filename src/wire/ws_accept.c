/* The answer to the key proves to the client that the server speaks WebSocket. The protocol requires SHA-1, which has
 * no security purpose here. */
#include "ws_accept.h"

#include <sys/types.h>
#include <sha1.h>

#include "../base/span.h"

static void base64(const unsigned char *bytes, size_t len, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        unsigned word = (unsigned)bytes[i] << 16;
        word |= i + 1 < len ? (unsigned)bytes[i + 1] << 8 : 0;
        word |= i + 2 < len ? bytes[i + 2] : 0;
        *text++ = digits[word >> 18];
        *text++ = digits[word >> 12 & 63];
        *text++ = i + 1 < len ? digits[word >> 6 & 63] : '=';
        *text++ = i + 2 < len ? digits[word & 63] : '=';
    }
    *text = '\0';
}

void mocket__ws_accept(mocket_span key, char accept[MOCKET_WS_ACCEPT_LEN + 1])
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA1_DIGEST_LENGTH];
    SHA1_CTX sha;
    SHA1Init(&sha);
    SHA1Update(&sha, (const unsigned char *)key.ptr, key.len);
    SHA1Update(&sha, (const unsigned char *)magic, sizeof magic - 1);
    SHA1Final(digest, &sha);
    base64(digest, sizeof digest, accept);
}

static bool is_ours(mocket_span name)
{
    static const mocket_span handshake = { "sec-websocket-", 14 };
    if (mocket__is_hop_by_hop(name) || mocket__span_ieq(name, MOCKET_SPAN("content-length")))
        return true;
    return mocket__span_ieq(mocket__span_slice(name, 0, handshake.len), handshake) &&
           !mocket__span_ieq(name, MOCKET_SPAN("sec-websocket-protocol"));
}

void mocket__ws_write_answer(struct mocket_buf *out, mocket_span key, const struct mocket_fields *fields)
{
    char accept[MOCKET_WS_ACCEPT_LEN + 1];
    mocket__ws_accept(key, accept);
    mocket__buf_text(out,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: ");
    mocket__buf_text(out, accept);
    mocket__buf_text(out, "\r\n");
    for (size_t i = 0; i < fields->count; i++) {
        const struct mocket_field *row = &fields->rows[i];
        if (is_ours(row->name))
            continue;
        mocket__buf_span(out, row->name);
        mocket__buf_text(out, ": ");
        mocket__buf_span(out, row->value);
        mocket__buf_text(out, "\r\n");
    }
    mocket__buf_text(out, "\r\n");
}
