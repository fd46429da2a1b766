/* WebSocket frames (RFC 6455, section 5), seen from the server: messages from a client's bytes, and the heads of our
 * own frames.
 *
 *     got = mocket__ws_read(&codec, input, &used, &message)     again until 0: more bytes are needed
 *
 * A codec that is between two messages holds no memory. */
#ifndef MOCKET_HTTP_WS_CODEC_H
#define MOCKET_HTTP_WS_CODEC_H

#include "../base/buf.h"
#include "../http/websocket.h"

enum mocket_ws_opcode {
    MOCKET_WS_OP_TEXT = 1,
    MOCKET_WS_OP_BINARY = 2,
    MOCKET_WS_OP_CLOSE = 8,
    MOCKET_WS_OP_PING = 9,
    MOCKET_WS_OP_PONG = 10
};

#define MOCKET_WS_HEAD_MAX 10 /* of a frame of ours: they are not masked */

/* A pool of wslay's contexts. A codec needs one while a message arrives. Zeroed, it is ready to use. It belongs to one
 * thread. */
struct mocket_ws_machines {
    struct mocket_ws_machine *idle;
    size_t idle_count;
};

struct mocket_ws_codec {
    struct mocket_ws_machines *machines;
    struct mocket_ws_machine *machine; /* NULL between messages */
    uint64_t max_message;
    uint64_t frame_left;       /* bytes of the present frame that have not arrived */
    struct mocket_buf payload; /* of the present message; its till, if it has one, is charged with all memory */
    bool control;              /* the frame under way */
    bool fragmented;           /* a message under way has further frames */
    bool binary;               /* the message under way */
    bool direct, last;         /* the frame under way is unmasked here; it ends its message */
    unsigned char mask[4];     /* of that frame, turned to the next byte */
};

/* What was read. */
struct mocket_ws_message {
    int opcode;
    int code;                         /* of a close frame; MOCKET_WS_CODE_NONE */
    struct mocket_buf bytes;          /* of text and binary, with a NUL behind: the caller's to release */
    size_t len;                       /* of control */
    char control[MOCKET_CONTROL_MAX]; /* payload of a control frame; of a close frame the reason */
};

/* max_message: below zero no limit. */
void mocket__ws_init(struct mocket_ws_codec *c, struct mocket_ws_machines *machines, int64_t max_message);
/* Frees the memory of a codec, also in the middle of a message. */
void mocket__ws_release(struct mocket_ws_codec *c);
void mocket__ws_machines_release(struct mocket_ws_machines *machines);

/* Reads the next message or control frame and returns its opcode. *used bytes of in were used up. Returns 0 if more
 * bytes are needed: pass the bytes behind *used again, with more. Returns below zero if the connection fails with close
 * code -result; nothing more may be read then. */
int mocket__ws_read(struct mocket_ws_codec *c, mocket_span in, size_t *used, struct mocket_ws_message *out);

/* Asserts that a codec between two messages holds no memory, and that an unmasked frame belongs to a message. For
 * tests. */
void mocket__ws_check_codec(const struct mocket_ws_codec *c);

/* The head of a whole message, or of a control frame; returns its length, 2, 4 or 10. */
size_t mocket__ws_write_head(char head[MOCKET_WS_HEAD_MAX], int opcode, uint64_t payload_len);

#endif
