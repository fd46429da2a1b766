/* What a backend hands to mocket_dispatch, and what handlers ask of it. */
#ifndef MOCKET_CORE_REQUEST_H
#define MOCKET_CORE_REQUEST_H

#include "../http/message.h"
#include "source.h"

struct mocket_env; /* backend.h */

struct mocket_request {
    /* from the backend: */
    struct mocket_message message;
    struct mocket_arena *arena; /* lives until the answer is out */
    struct mocket_env *env;
    struct mocket_source *source; /* the body; NULL: none. The backend knows no limit but its own */
    mocket_span whole;            /* the body, if it is already here whole, with a NUL behind; else ptr NULL */

    /* made on demand by request.c: */
    mocket_span path; /* the target's, raw */
    mocket_span query_text;
    struct mocket_fields params; /* filled by the router */
    struct mocket_fields query;
    struct mocket_fields headers; /* lower case names, for mocket_fields_of */
    struct mocket_fields cookies;
    bool has_query, has_headers, has_cookies;
    struct mocket_source_memory memory; /* over whole */
    struct mocket_source *limited;      /* what mocket_body_source gives: the body, with the limit */
    int64_t limit;                      /* MOCKET_MAX_BODY of the app */
    int64_t taken;                      /* bytes read through limited */
    int body_status;                    /* 0, or why the body cannot be had */
};

/* The header fields. A backend that kept them back (MOCKET_MESSAGE_ON_DEMAND) is asked now, for the peer too. */
const struct mocket_fields *mocket__request_fields(struct mocket_request *req);
/* One header; repeated ones are joined. ptr NULL: absent. */
mocket_span mocket__request_field(mocket_event *e, mocket_span name);

/* The backend has filled in its part of a zeroed request. */
void mocket__request_begin(struct mocket_request *req, int64_t body_limit);

#endif
