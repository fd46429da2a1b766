/* An answer that was received: by the test client, or from another server (mocket_fetch). */
#ifndef MOCKET_CORE_REPLY_H
#define MOCKET_CORE_REPLY_H

#include "../http/fields.h"
#include "source.h"

struct mocket_reply {
    struct mocket_arena *arena; /* lives as long as the reply */
    int status;
    struct mocket_fields fields;
    struct mocket_source *source; /* NULL: body is the whole body */
    mocket_span body;             /* once it was read whole */
    bool has_body;
    int body_status;                    /* 0, or the reason why it cannot be read */
    int64_t max_body;                   /* for reading it whole; MOCKET_UNLIMITED */
    bool reads_whole;                   /* the whole body is being read: source must not return MOCKET_EAGAIN */
    struct mocket_source_memory memory; /* a source of body, or one that returns body_status */
};

#endif
