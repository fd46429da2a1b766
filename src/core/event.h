/* The event of one request: connects request, response and chain. Lives on mocket_dispatch's stack. */
#ifndef MOCKET_CORE_EVENT_H
#define MOCKET_CORE_EVENT_H

#include "app.h"
#include "request.h"
#include "response.h"

struct mocket_local_entry {
    const void *key;
    void *value;
    struct mocket_local_entry *next;
};

struct mocket_deferred {
    mocket_drop *drop;
    void *ptr;
    struct mocket_deferred *next;
};

/* One handler that is running; on its caller's stack. */
struct mocket_frame {
    size_t step;
    bool next_called;
    void *data;
};

struct mocket_event {
    mocket_app *app;
    struct mocket_request *req;
    struct mocket_response *res;
    struct mocket_chain *chain;
    struct mocket_frame *frame;
    struct mocket_local_entry *locals;
    struct mocket_deferred *deferred;
    const char *error_text; /* of mocket_error, for error_status alone */
    int error_status;
    mocket_multipart *multipart;
    const char *route_text; /* the route's template, for log lines */
    int own_status;         /* the answer that the framework itself gives: 204, 400, 404, 405; 0: a route's handler */
    mocket_span allow;      /* with it: Allow, or absent */
};

static inline struct mocket_arena *mocket__arena(mocket_event *e)
{
    return e->req->arena;
}

/* Runs the functions that were deferred after until; NULL: all of them. */
void mocket__event_run_deferred(mocket_event *e, const struct mocket_deferred *until);

/* Logs a line that consists of the pieces, without formatting (small guests do not link printf). NULL ends the
 * pieces. */
void mocket__event_log(mocket_event *e, int level, const char *piece, ...);

/* The first mistake of a setter (RESULTS in mocket.h): turns the answer into a 500. */
void mocket__event_problem(mocket_event *e, int code, const char *text);

/* Sets Content-Length, for an answer without a body that could be counted. */
void mocket__announce_len(mocket_event *e, int64_t len);

/* A Content-Type unless there is one, and a whole body. type lives as long as the answer: it is a literal, or in
 * its arena. */
int mocket__answer(mocket_event *e, mocket_span body, mocket_span type);

#endif
