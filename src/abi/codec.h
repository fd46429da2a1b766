/* The messages of the guest ABI (docs/abi.md, sections 4 and 5) to and from bytes: one codec for guests and hosts.
 * Decoders accept any bytes: a malformed message is MOCKET_EINVAL, never an access outside of it. */
#ifndef MOCKET_ABI_CODEC_H
#define MOCKET_ABI_CODEC_H

#include <mocket_abi.h>

#include "../http/message.h"
#include "../http/websocket.h"

/* Returns the size of the encoded request, or 0 if it does not fit in 32 bits. body: the whole body in the message; may
 * be absent. */
size_t mocket__abi_request_size(const struct mocket_message *msg, mocket_span body);
/* Writes exactly that many bytes at dst, which is 4-aligned. body_left: word 14, 0 if the body is in the message.
 * msg->body_error is used if it is not. */
void mocket__abi_request_encode(const struct mocket_message *msg, mocket_span body, bool body_here, uint32_t body_left,
                                void *dst);
/* Views into bytes; rows in arena. *body has ptr NULL unless flag BODY_HERE is set. bytes.ptr is 4-aligned.
 * 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
int mocket__abi_request_decode(mocket_span bytes, struct mocket_arena *a, struct mocket_message *msg,
                               mocket_span *body);

/* The argument of `fetch`: a request message of which only some words count (section 2). Spans are views into bytes,
 * which the caller has copied out of the guest's memory, 4-aligned. The rows are in arena, without Host and hop-by-hop
 * fields. */
struct mocket_abi_fetch {
    mocket_span method, url; /* url: whatever was given */
    struct mocket_fields fields;
    int64_t body_len;    /* of the content-length row, which is not among the fields; -1: there is none */
    uint32_t timeout_ms; /* 0: not said */
    bool follow, retry;
};
/* Returns 0; MOCKET_EINVAL if it is malformed, the method is CONNECT or differs from word 0, a name is not a token, a
 * value is malformed, or two content-length rows differ; MOCKET_ENOMEM. */
int mocket__abi_fetch_decode(mocket_span bytes, struct mocket_arena *a, struct mocket_abi_fetch *out);

/* The same for a response head. */
size_t mocket__abi_head_size(const struct mocket_fields *fields);
/* lower_case: write names in lower case. */
void mocket__abi_head_encode(int status, const struct mocket_fields *fields, bool lower_case, void *dst);
/* The same into an arena, names as they are spelled; ptr NULL: no memory. */
mocket_span mocket__abi_head_make(struct mocket_arena *a, int status, const struct mocket_fields *fields);
/* The allowed status: of an answer 200..599, of a handshake 101, of a fetched response any status of the server. */
enum mocket_abi_head_kind { MOCKET_ABI_ANSWER, MOCKET_ABI_HANDSHAKE, MOCKET_ABI_FETCHED /* 200..999 */ };
/* Checks status, names and values (section 5); views into bytes, which the caller has copied out of the guest's
 * memory. */
int mocket__abi_head_decode(mocket_span bytes, enum mocket_abi_head_kind kind, struct mocket_arena *a, int *status,
                            struct mocket_fields *fields);

/* The data of a socket's event `closed`: writes code and reason at dst, MOCKET_ABI_CLOSED_LEN(reason.len) bytes, and
 * returns their number. */
#define MOCKET_ABI_CLOSED_LEN(reason_len) (MOCKET_CLOSE_CODE_LEN + (reason_len))
size_t mocket__abi_closed_encode(int code, mocket_span reason, void *dst);
/* The code, MOCKET_WS_CODE_LOST when there is none; *reason is a view. */
int mocket__abi_closed_decode(mocket_span data, mocket_span *reason);

#endif
