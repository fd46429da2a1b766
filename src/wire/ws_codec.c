/* wslay checks the rules: masks, reserved bits and opcodes, fragments, control frames between them, lengths in their
 * shortest form, UTF-8 across fragments, close codes. This file reads the length of each frame and feeds wslay frame by
 * frame, for four reasons:
 *
 * - The caller gets messages one at a time, and can stop between them.
 * - wslay's context is 9 KiB. Between two messages it contains no data of the socket, so it goes back to a pool, and an
 *   idle socket has none. While a message arrives, the socket has its own context.
 * - The announced length is compared with the limit before anything is stored, and the payload is stored as it arrives
 *   (wslay's own buffering allocates the announced length).
 * - Control frames are fed whole: wslay 1.1 checks the text of a close frame wrongly when it comes in pieces.
 *
 * This file unmasks long frames of binary messages, eight bytes at a time instead of wslay's one. wslay is fed an empty
 * frame in their place, so that it checks them, and another empty frame when they end a message. Text goes through
 * wslay, which must look at each byte anyway.
 *
 * wslay also queues pongs and close frames. Only the code of a failure is taken from these; the caller sends the
 * answers. */
#include "ws_codec.h"

#include <assert.h>
#include <stdlib.h>
#include <wslay/wslay.h>

#include "../base/check.h"
#include "../base/memory.h"
#include "../base/span.h"

#define IDLE_MAX 64
#define MACHINE_BYTES 10240 /* what wslay's context takes up, and what it is in */
#define FIN 0x80
#define OPCODE 0x0f
#define CONTROL 0x08
#define MASKED 0x80
#define HEAD_CONTROL 6 /* of a control frame, with its mask */

struct mocket_ws_machine {
    struct mocket_ws_machine *next_idle;
    wslay_event_context_ptr wslay;
    struct mocket_ws_codec *codec;
    struct mocket_ws_message *out;
    mocket_span feed;
    int new_code; /* of the close frame that is fed, which wslay is told is MOCKET_WS_CODE_NORMAL; 0: none */
    int got;      /* opcode, 0 */
    int code;     /* to fail with, 0 */
};

/* ---- what wslay asks for and tells ---- */

static ssize_t on_recv(wslay_event_context_ptr wslay, uint8_t *buf, size_t len, int flags, void *data)
{
    struct mocket_ws_machine *m = data;
    (void)flags;
    len = len < m->feed.len ? len : m->feed.len;
    if (len == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(buf, m->feed.ptr, len);
    m->feed = mocket__span_slice(m->feed, len, m->feed.len);
    return (ssize_t)len;
}

/* A frame that wslay would send: head first, then payload. */
static ssize_t on_send(wslay_event_context_ptr wslay, const uint8_t *bytes, size_t len, int flags, void *data)
{
    (void)wslay, (void)bytes, (void)flags, (void)data;
    return (ssize_t)len;
}

static void on_chunk(wslay_event_context_ptr wslay, const struct wslay_event_on_frame_recv_chunk_arg *arg, void *data)
{
    struct mocket_ws_machine *m = data;
    (void)wslay;
    if (!m->codec->control)
        mocket__buf_add(&m->codec->payload, arg->data, arg->data_length);
}

/* RFC 6455, section 5.5.1: a code is two bytes. wslay takes a single byte for none. */
static void take_close(struct mocket_ws_machine *m, const struct wslay_event_on_msg_recv_arg *arg)
{
    struct mocket_ws_message *out = m->out;
    if (arg->msg_length == 1) {
        m->code = MOCKET_WS_CODE_PROTOCOL;
        return;
    }
    out->code = arg->msg_length == 0 ? MOCKET_WS_CODE_NONE : m->new_code != 0 ? m->new_code : arg->status_code;
    out->len = arg->msg_length == 0 ? 0 : arg->msg_length - 2;
    if (out->len > 0)
        memcpy(out->control, arg->msg + 2, out->len);
}

static int code_of(int status)
{
    return status == MOCKET_ELIMIT ? MOCKET_WS_CODE_TRY_LATER : MOCKET_WS_CODE_FAILED;
}

static void take_data(struct mocket_ws_machine *m)
{
    struct mocket_buf *payload = &m->codec->payload;
    char *end = mocket__buf_room(payload, 1);
    if (!end) {
        m->code = code_of(payload->status);
        return;
    }
    *end = '\0';
    m->out->bytes = *payload;
    *payload = (struct mocket_buf){ .till = payload->till, .part = payload->part };
}

static void on_message(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *arg, void *data)
{
    struct mocket_ws_machine *m = data;
    (void)wslay;
    m->got = arg->opcode;
    if (arg->opcode == MOCKET_WS_OP_CLOSE) {
        take_close(m, arg);
    } else if (arg->opcode & CONTROL) {
        m->out->len = arg->msg_length;
        if (arg->msg_length > 0)
            memcpy(m->out->control, arg->msg, arg->msg_length);
    } else {
        take_data(m);
    }
}

/* ---- machines ---- */

static void destroy(struct mocket_ws_machine *m)
{
    wslay_event_context_free(m->wslay);
    mocket__free(m);
}

static struct mocket_ws_machine *machine_new(void)
{
    static const struct wslay_event_callbacks callbacks = { .recv_callback = on_recv,
                                                            .send_callback = on_send,
                                                            .on_frame_recv_chunk_callback = on_chunk,
                                                            .on_msg_recv_callback = on_message };
    struct mocket_ws_machine *m = mocket__new(sizeof *m);
    if (!m)
        return NULL;
    if (wslay_event_context_server_init(&m->wslay, &callbacks, m) != 0) {
        mocket__free(m);
        return NULL;
    }
    wslay_event_config_set_no_buffering(m->wslay, 1);
    wslay_event_config_set_max_recv_msg_length(m->wslay, INT64_MAX);
    return m;
}

static struct mocket_ws_machine *borrow(struct mocket_ws_machines *pool)
{
    struct mocket_ws_machine *m = pool->idle;
    if (!m)
        return machine_new();
    pool->idle = m->next_idle;
    pool->idle_count--;
    return m;
}

/* It is between two messages. */
static void give_back(struct mocket_ws_codec *c)
{
    struct mocket_ws_machine *m = c->machine;
    c->machine = NULL;
    mocket__till_give(c->payload.till, c->payload.part, MACHINE_BYTES);
    if (c->machines->idle_count >= IDLE_MAX) {
        destroy(m);
        return;
    }
    m->next_idle = c->machines->idle;
    c->machines->idle = m;
    c->machines->idle_count++;
}

void mocket__ws_machines_release(struct mocket_ws_machines *pool)
{
    struct mocket_ws_machine *next;
    for (struct mocket_ws_machine *m = pool->idle; m; m = next) {
        next = m->next_idle;
        destroy(m);
    }
    *pool = (struct mocket_ws_machines){ 0 };
}

/* ---- heads of frames ---- */

struct head {
    unsigned first; /* byte */
    unsigned opcode;
    bool fin, masked;
    size_t len; /* of the head itself */
    uint64_t payload_len;
};

static uint64_t big_endian(const unsigned char *at, size_t count)
{
    uint64_t n = 0;
    while (count-- > 0)
        n = n << 8 | *at++;
    return n;
}

/* False: more bytes are needed. */
static bool read_head(mocket_span in, struct head *h)
{
    const unsigned char *at = (const unsigned char *)in.ptr;
    if (in.len < 2)
        return false;
    unsigned short_len = at[1] & 0x7f;
    size_t extra = short_len == 126 ? 2 : short_len == 127 ? 8 : 0;
    *h = (struct head){ .first = at[0],
                        .opcode = at[0] & OPCODE,
                        .fin = at[0] & FIN,
                        .masked = at[1] & MASKED,
                        .len = 2 + extra + (at[1] & MASKED ? 4 : 0),
                        .payload_len = short_len };
    if (h->opcode & CONTROL && (extra > 0 || !h->fin)) {
        h->len = 2; /* it is refused whatever follows */
        h->payload_len = 0;
        return true;
    }
    if (in.len < h->len)
        return false;
    if (extra > 0)
        h->payload_len = big_endian(at + 2, extra);
    return true;
}

size_t mocket__ws_write_head(char head[MOCKET_WS_HEAD_MAX], int opcode, uint64_t payload_len)
{
    size_t extra = payload_len < 126 ? 0 : payload_len < 65536 ? 2 : 8;
    head[0] = (char)(FIN | opcode);
    head[1] = (char)(extra == 0 ? payload_len : extra == 2 ? 126 : 127);
    for (size_t i = 0; i < extra; i++)
        head[2 + i] = (char)(payload_len >> 8 * (extra - 1 - i));
    return 2 + extra;
}

/* ---- reading ---- */

/* 0, or the code to fail with. Nothing of the frame was fed yet. */
static int begin_frame(struct mocket_ws_codec *c, const struct head *h)
{
    c->control = h->opcode & CONTROL;
    if (!c->control && h->payload_len <= INT64_MAX && h->payload_len > c->max_message - c->payload.len)
        return MOCKET_WS_CODE_TOO_BIG;
    if (!c->machine) {
        if (!mocket__till_take(c->payload.till, c->payload.part, MACHINE_BYTES))
            return MOCKET_WS_CODE_TRY_LATER;
        c->machine = borrow(c->machines);
        if (!c->machine) {
            mocket__till_give(c->payload.till, c->payload.part, MACHINE_BYTES);
            return MOCKET_WS_CODE_FAILED;
        }
        c->machine->codec = c;
    }
    if (!c->control)
        c->fragmented = !h->fin;
    if (!c->control && h->opcode != 0)
        c->binary = h->opcode == MOCKET_WS_OP_BINARY;
    /* wslay refuses lengths of 64 bits as soon as it sees the head. */
    c->frame_left = h->len + (h->payload_len > INT64_MAX ? 0 : h->payload_len);
    return 0;
}

/* Discards the frames that wslay would send, and returns the code with which it would close. */
static int failure(struct mocket_ws_machine *m, int rc)
{
    if (wslay_event_want_write(m->wslay) && wslay_event_send(m->wslay) != 0)
        return MOCKET_WS_CODE_FAILED;
    if (m->code != 0)
        return m->code;
    if (m->codec->payload.status != 0 || rc == WSLAY_ERR_NOMEM)
        return code_of(m->codec->payload.status);
    if (rc != 0)
        return MOCKET_WS_CODE_PROTOCOL; /* the frame itself */
    if (wslay_event_get_read_enabled(m->wslay) || m->got == MOCKET_WS_OP_CLOSE)
        return 0;
    return wslay_event_get_status_code_sent(m->wslay);
}

/* The codes 1012 to 1014 were registered after wslay was written: it is fed a copy of such a frame with another one. */
static mocket_span without_new_code(struct mocket_ws_machine *m, mocket_span frame,
                                    char copy[HEAD_CONTROL + MOCKET_CONTROL_MAX])
{
    m->new_code = 0;
    if (frame.len < HEAD_CONTROL + MOCKET_CLOSE_CODE_LEN || (frame.ptr[0] & OPCODE) != MOCKET_WS_OP_CLOSE ||
        !(frame.ptr[1] & MASKED))
        return frame;
    const unsigned char *at = (const unsigned char *)frame.ptr;
    int code = (at[6] ^ at[2]) << 8 | (at[7] ^ at[3]);
    if (code < MOCKET_WS_CODE_RESTART || code > MOCKET_WS_CODE_LAST)
        return frame;
    m->new_code = code;
    memcpy(copy, frame.ptr, frame.len);
    copy[6] = (char)(at[6] ^ (code ^ MOCKET_WS_CODE_NORMAL) >> 8);
    copy[7] = (char)(at[7] ^ (code ^ MOCKET_WS_CODE_NORMAL));
    return (mocket_span){ copy, frame.len };
}

static int feed(struct mocket_ws_codec *c, mocket_span bytes, struct mocket_ws_message *out)
{
    struct mocket_ws_machine *m = c->machine;
    char copy[HEAD_CONTROL + MOCKET_CONTROL_MAX];
    m->feed = c->control ? without_new_code(m, bytes, copy) : bytes;
    m->out = out;
    m->got = 0;
    int code = failure(m, wslay_event_recv(m->wslay));
    return code != 0 ? -code : m->got;
}

/* A frame without payload. */
static int feed_empty(struct mocket_ws_codec *c, unsigned first, struct mocket_ws_message *out)
{
    const char frame[HEAD_CONTROL] = { (char)first, (char)MASKED };
    return feed(c, (mocket_span){ frame, sizeof frame }, out);
}

/* Checks that the length is in its shortest form, because wslay does not see it then. */
static bool may_be_direct(const struct mocket_ws_codec *c, const struct head *h)
{
    bool shortest = h->len == HEAD_CONTROL + 2 ? h->payload_len >= 126 : h->payload_len >= 65536;
    return c->binary && !c->control && h->masked && shortest && h->payload_len <= INT64_MAX;
}

static int begin_direct(struct mocket_ws_codec *c, const struct head *h, mocket_span in, struct mocket_ws_message *out)
{
    memcpy(c->mask, in.ptr + h->len - 4, 4);
    c->direct = true;
    c->last = h->fin;
    c->frame_left = h->payload_len;
    return feed_empty(c, h->first & ~(unsigned)FIN, out);
}

static void unmask(unsigned char mask[4], const char *from, char *to, size_t len)
{
    uint64_t mask8, word;
    unsigned char turned[4];
    size_t at = 0;
    memcpy(&mask8, mask, 4);
    memcpy((char *)&mask8 + 4, mask, 4);
    for (; len - at >= 8; at += 8) {
        memcpy(&word, from + at, 8);
        word ^= mask8;
        memcpy(to + at, &word, 8);
    }
    for (; at < len; at++)
        to[at] = (char)(from[at] ^ mask[at % 4]);
    for (size_t i = 0; i < 4; i++)
        turned[i] = mask[(len + i) % 4];
    memcpy(mask, turned, 4);
}

static int take_direct(struct mocket_ws_codec *c, mocket_span bytes, struct mocket_ws_message *out)
{
    char *to = mocket__buf_room(&c->payload, bytes.len + 1); /* there is a NUL in the end */
    if (!to)
        return -code_of(c->payload.status);
    unmask(c->mask, bytes.ptr, to, bytes.len);
    c->payload.len += bytes.len;
    if (c->frame_left > 0)
        return 0;
    c->direct = false;
    return c->last ? feed_empty(c, FIN, out) : 0;
}

static int fail(struct mocket_ws_codec *c, int code, struct mocket_ws_message *out)
{
    mocket__buf_release(&out->bytes);
    mocket__ws_release(c);
    return code;
}

int mocket__ws_read(struct mocket_ws_codec *c, mocket_span in, size_t *used, struct mocket_ws_message *out)
{
    int got = 0;
    *used = 0;
    out->bytes = (struct mocket_buf){ 0 };
    while (got == 0 && *used < in.len) {
        mocket_span rest = mocket__span_slice(in, *used, in.len);
        if (c->frame_left == 0) {
            struct head h;
            if (!read_head(rest, &h) || (h.opcode & CONTROL && rest.len < h.len + h.payload_len))
                return 0;
            got = -begin_frame(c, &h);
            if (got == 0 && may_be_direct(c, &h)) {
                *used += h.len;
                got = begin_direct(c, &h, rest, out);
                rest = mocket__span_slice(in, *used, in.len);
            }
            if (got < 0)
                return fail(c, got, out);
        }
        rest = mocket__span_slice(rest, 0, c->frame_left < rest.len ? (size_t)c->frame_left : rest.len);
        *used += rest.len;
        c->frame_left -= rest.len;
        got = c->direct ? take_direct(c, rest, out) : feed(c, rest, out);
        if (got < 0)
            return fail(c, got, out);
        if (got == MOCKET_WS_OP_CLOSE)
            mocket__ws_release(c); /* it reads no further frames */
        else if (c->frame_left == 0 && !c->fragmented)
            give_back(c);
    }
    out->opcode = got;
    MOCKET_CHECK_CALL(mocket__ws_check_codec(c));
    return got;
}

void mocket__ws_check_codec(const struct mocket_ws_codec *c)
{
    if (!c->machine)
        assert(c->payload.len == 0 && !c->direct);
    else
        assert(c->frame_left > 0 || c->fragmented);
    assert(!c->direct || (c->binary && !c->control && c->frame_left > 0));
    assert(c->machines->idle_count <= IDLE_MAX && !c->machines->idle == (c->machines->idle_count == 0));
}

void mocket__ws_init(struct mocket_ws_codec *c, struct mocket_ws_machines *machines, int64_t max_message)
{
    *c = (struct mocket_ws_codec){ .machines = machines,
                                   .max_message = max_message < 0 ? INT64_MAX : (uint64_t)max_message };
}

void mocket__ws_release(struct mocket_ws_codec *c)
{
    if (c->machine) {
        destroy(c->machine);
        mocket__till_give(c->payload.till, c->payload.part, MACHINE_BYTES);
    }
    c->machine = NULL;
    mocket__buf_release(&c->payload);
}
