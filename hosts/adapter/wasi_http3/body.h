/* Bodies in both directions, as streams with a future behind them.
 *
 *     input:   NONE -> OPEN <-> READING -> ENDING (what is behind the bytes is read) -> ENDED, FAILED
 *     output:  NONE -> OPEN <-> WRITING -> ENDING (what is behind the bytes is written) -> DONE
 *              WRITING with `closing`: it ends behind the bytes that are under way                                  */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP3_BODY_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP3_BODY_H

#include "../wasi/result.h"
#include "waitable.h"

enum http3_input_state {
    HTTP3_INPUT_NONE,
    HTTP3_INPUT_OPEN,
    HTTP3_INPUT_READING,
    HTTP3_INPUT_ENDING,
    HTTP3_INPUT_ENDED,
    HTTP3_INPUT_FAILED
};

struct http3_input {
    struct http3_waitable waitable;
    enum http3_input_state state;
    uint32_t stream, trailers, outcome; /* ends: two readable ones, and a writable one for what became of the body */
    int64_t left;                       /* bytes of a declared length that are still to come; -1: none was declared */
    char *window;                       /* bytes that arrived: at to len */
    size_t at, len;
    union wasi_result end; /* read from `trailers` */
};

/* parts: the handles of the stream and of the future, as consume-body returns them. waitable.task is set. */
void http3_input_open(struct http3_input *in, const union wasi_result *parts, uint32_t outcome, int64_t declared);
/* Bytes, 0 at the end, MOCKET_EAGAIN: a read is under way; MOCKET_EIO, MOCKET_ENOMEM. */
ptrdiff_t http3_input_read(struct http3_input *in, void *to, size_t cap);
/* Would http3_input_read not return MOCKET_EAGAIN? */
bool http3_input_is_ready(const struct http3_input *in);
void http3_input_event(struct http3_input *in, uint32_t code);
void http3_input_close(struct http3_input *in);

enum http3_output_state {
    HTTP3_OUTPUT_NONE,
    HTTP3_OUTPUT_OPEN,
    HTTP3_OUTPUT_WRITING,
    HTTP3_OUTPUT_ENDING,
    HTTP3_OUTPUT_DONE
};

struct http3_output {
    struct http3_waitable waitable;
    enum http3_output_state state;
    uint32_t stream, trailers; /* writable ends. stream 0: no bytes follow, or no more */
    const char *bytes;         /* at to len: not taken yet */
    size_t at, len;
    char *window;   /* NULL, or where the bytes are */
    bool is_broken; /* the reader takes no more */
    bool closing;
    bool is_cut;
};

/* The readable ends, for the platform. */
struct http3_ends {
    uint32_t stream, trailers;
};
/* has_body: bytes follow. waitable.task is set. */
struct http3_ends http3_output_open(struct http3_output *out, bool has_body);
/* Room for bytes; 0: none; MOCKET_ECLOSED. */
ptrdiff_t http3_output_room(const struct http3_output *out);
/* Bytes taken, MOCKET_EAGAIN, MOCKET_ECLOSED, MOCKET_ENOMEM. */
ptrdiff_t http3_output_write(struct http3_output *out, const struct adapter_bytes *bytes);
/* Sends these bytes, which stay where they are until the output is DONE, then closes it. */
void http3_output_send(struct http3_output *out, mocket_span bytes);
/* Ends the body behind what was written. complete: as it should; else the other side sees that it is cut. */
void http3_output_close(struct http3_output *out, bool complete);
/* Cuts the body now: bytes that the other side has not taken are lost. */
void http3_output_cut(struct http3_output *out);
/* The same, unless it is ending already; nothing of it is used from now on. */
void http3_output_abandon(struct http3_output *out);
void http3_output_event(struct http3_output *out, uint32_t code);
static inline bool http3_output_is_done(const struct http3_output *out)
{
    return out->state == HTTP3_OUTPUT_NONE || out->state == HTTP3_OUTPUT_DONE;
}

#endif
