/* The answer of one request, in a guest. */
#ifndef MOCKET_GUEST_SINK_H
#define MOCKET_GUEST_SINK_H

#include "../../base/buf.h"
#include "../../core/sink.h"

struct mocket_guest_sink {
    struct mocket_sink sink;
    int32_t req;   /* the host's handle */
    int32_t owner; /* of what the handler waits for: req, or the socket that it became */
    struct mocket_arena *arena;
    /* Streamed answers that the host does not take piece by piece are collected (stream.c): */
    bool collects;
    struct mocket_response_head head;
    struct mocket_buf collected;
};

#endif
