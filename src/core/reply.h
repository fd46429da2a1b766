/* An answer that was received: by the test client, or from another server (mocket_fetch). */
#ifndef MOCKET_CORE_REPLY_H
#define MOCKET_CORE_REPLY_H

#include "../http/fields.h"
#include "source.h"

struct mocket_reply {
    struct mocket_arena *arena; /* lives as long as the reply */
    int status;
    struct mocket_fields fields;
    struct mocket_source *source; /* NULL: body is all of it, already here */
    mocket_span body;             /* once it was read whole */
    bool has_body;
    int body_status;                    /* 0, or why it cannot be had */
    int64_t max_body;                   /* for reading it whole; MOCKET_UNLIMITED */
    bool reads_whole;                   /* just now: source is not to give up with MOCKET_EAGAIN */
    struct mocket_source_memory memory; /* over body, or what answers body_status */
};

#endif
