/* The request that a backend passes to mocket_dispatch, and that handlers read. */
#ifndef MOCKET_CORE_REQUEST_H
#define MOCKET_CORE_REQUEST_H

#include "../http/message.h"
#include "source.h"

struct mocket_env; /* backend.h */

struct mocket_request {
    /* from the backend: */
    struct mocket_message message;
    struct mocket_arena *arena; /* lives until the answer was sent */
    struct mocket_env *env;
    struct mocket_source *source; /* the body, without the app's limit; NULL: none */
    mocket_span whole;            /* the whole body with a NUL behind it, if the backend has it; else ptr NULL */

    /* made on demand by request.c: */
    mocket_span path; /* the target's, raw */
    mocket_span query_text;
    struct mocket_fields params; /* filled by the router */
    struct mocket_fields query;
    struct mocket_fields headers; /* lower case names, for mocket_fields_of */
    struct mocket_fields cookies;
    bool has_query, has_headers, has_cookies;
    int body_status;                    /* 0, or the reason why the body cannot be read */
    struct mocket_source_memory memory; /* over whole */
    struct mocket_source *limited;      /* what mocket_body_source gives: the body, with the limit */
    int64_t limit;                      /* MOCKET_MAX_BODY of the app */
    int64_t taken;                      /* bytes read through limited */
};

/* Returns the header fields. If the backend left them out (MOCKET_MESSAGE_ON_DEMAND), it is asked for them now, and for
 * the peer. */
const struct mocket_fields *mocket__request_fields(struct mocket_request *req);
/* One header; repeated ones are joined. ptr NULL: absent. */
mocket_span mocket__request_field(mocket_event *e, mocket_span name);

/* The backend has filled in its part of a zeroed request. */
void mocket__request_begin(struct mocket_request *req, int64_t body_limit);

#endif
