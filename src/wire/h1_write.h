/* Writes heads of HTTP/1.x answers. Only this file decides their framing (RFC 9112, section 6; A-20). */
#ifndef MOCKET_HTTP_H1_WRITE_H
#define MOCKET_HTTP_H1_WRITE_H

#include "../base/buf.h"
#include "../http/date.h"
#include "../http/message.h"

struct mocket_h1_answer {
    int status;
    const struct mocket_fields *fields; /* hop-by-hop and framing fields among them are not sent */
    int64_t body_len;                   /* -1: unknown */
    mocket_span date;                   /* IMF-fixdate; absent: none is sent. Not sent either when fields have one */
    enum mocket_http_method method;     /* of the request */
    bool http10;                        /* the request's version */
    bool keep_alive;                    /* in: may the connection live on; out: does it */
    bool send_body;                     /* out: false for HEAD, 204, 205, 304 */
    bool chunked;                       /* out: write chunks */
};

/* Appends the head. Decides chunked, send_body and keep_alive. */
void mocket__h1_write_head(struct mocket_buf *out, struct mocket_h1_answer *answer);
/* "1f\r\n" before the bytes of a chunk; behind them "\r\n", and the last chunk is "0\r\n\r\n". len > 0. */
void mocket__h1_write_chunk_size(struct mocket_buf *out, size_t len);

#endif
