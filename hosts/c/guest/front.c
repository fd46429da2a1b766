/* The handler that stands for the guest on the native side.
 *
 * Handlers run on small fibers, guests must run on a thread's stack: so the front parks, and the guest is entered from
 * the loop, by the worker. From then on both go their own way: the front sleeps until there is news, and then passes a
 * streamed answer on piece by piece, or reads more of a body that the guest wants. A client may take its time with
 * either, and no guest waits for it.
 *
 * What must stay true: nothing that may enter a guest is called on the fiber. The worker is entered from visit and
 * client_left only, which run on the loop's stack. */
#include "front.h"

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../../../src/core/event.h"
#include "../../../src/backend/native/native.h"
#include "socket.h"
#include "worker.h"

#define BODY_PIECE 65536u

/* On the loop's own stack. */
static void visit(void *arg, struct mocket_park *park)
{
    struct guest_request *r = arg;
    if (r->news) {
        r->news = false;
        mocket__native_unpark(park, 0);
        return;
    }
    r->park = park;
    if (!r->submitted)
        guest_worker_submit(r->worker, r, r->loop);
}

static void client_left(void *arg, struct mocket_park *park)
{
    struct guest_request *r = arg;
    (void)park;
    guest_worker_gone(r->worker, r);
}

/* The host's own answer: who failed it has told why in the log. */
static int answer_failure(mocket_event *e, int status)
{
    mocket_status(e, status);
    if (status == 503)
        mocket_header_set(e, "Retry-After", "1");
    return mocket_text(e, mocket_strerror(status));
}

/* The client left before there was an answer: no status is sent, or told. */
static int answer_nobody(mocket_event *e)
{
    e->res->kind = MOCKET_BODY_BROKEN;
    return 0;
}

/* Passes on what there is of a streamed answer. 0, or below zero when the client is gone. */
static int pass_on(mocket_event *e, struct guest_request *r, struct mocket_buf *piece)
{
    do {
        guest_request_take(r, piece);
        int rc = mocket_write(e, mocket__buf_view(piece));
        if (rc < 0)
            return rc;
    } while (r->out.len > 0);
    return 0;
}

/* The guest wants more of the body, and the client may take its time: news of the answer interrupt it. */
static void read_body(mocket_event *e, struct guest_request *r)
{
    char *room = guest_request_room(r, BODY_PIECE);
    r->reading = e;
    ptrdiff_t n = room ? mocket_read(mocket_body_source(e), room, BODY_PIECE) : MOCKET_ENOMEM;
    r->reading = NULL;
    if (n == MOCKET_EAGAIN)
        return;
    guest_request_feed(r, n);
    if (n == MOCKET_ECLOSED && r->inside)
        guest_request_die(r, MOCKET_ECLOSED); /* not by the worker, which may enter guests: this is a small stack */
}

/* Until there is something to do for the front: more of the body, or of the answer. */
static void wait(mocket_event *e, struct guest_request *r)
{
    if (r->news)
        r->news = false;
    else if (guest_request_wants(r))
        read_body(e, r);
    else
        mocket__native_park_until(e, visit, client_left, r);
}

/* Until the answer is complete, or cannot become so. */
static int stream(mocket_event *e, struct guest_request *r)
{
    struct mocket_buf piece = { .till = r->out.till, .part = r->out.part };
    int rc = 0;
    e->res->status = r->status;
    e->res->fields = r->fields;
    for (;;) {
        enum guest_answer_state state = r->answer;
        rc = pass_on(e, r, &piece);
        if (rc < 0 || state != GUEST_ANSWER_BEGUN)
            break;
        wait(e, r);
    }
    if (rc == 0 && r->answer == GUEST_ANSWER_CUT)
        e->res->kind = MOCKET_BODY_BROKEN;
    mocket__buf_release(&piece);
    return rc;
}

static int become_socket(mocket_event *e, struct guest_request *r)
{
    struct guest_socket *s = r->socket;
    r->socket = NULL;
    e->res->fields = r->fields;
    return guest_socket_hand_over(s, e);
}

static int wait_for_answer(mocket_event *e, struct guest_request *r)
{
    do
        wait(e, r);
    while (r->answer == GUEST_ANSWER_NONE && r->failure == 0 && (r->inside || !r->submitted));
    if (r->streamed)
        return stream(e, r);
    if (r->socket)
        return become_socket(e, r);
    if (r->answer != GUEST_ANSWER_COMPLETE) {
        bool left = r->failure == 0 && r->owner.death == MOCKET_ECLOSED;
        return left ? answer_nobody(e) : answer_failure(e, r->failure ? r->failure : 500);
    }
    e->res->status = r->status;
    e->res->fields = r->fields;
    e->res->body = r->whole;
    e->res->kind = MOCKET_BODY_WHOLE;
    return 0;
}

/* The guest's own middlewares and handler answer for a body that cannot be had, as they would natively. Not in a guest
 * that knows nothing of it: it would take such a body for an empty one. */
static int pass_failure(mocket_event *e, const struct guest_worker *worker, struct guest_request *r, int status)
{
    if (status <= 0 || !worker->program->declared.body_errors)
        return status;
    e->req->message.body_error = status == 413 ? MOCKET_ETOOBIG : status == 408 ? MOCKET_ETIMEDOUT : MOCKET_EINVAL;
    r->body = (mocket_span){ NULL, 0 };
    return 0;
}

/* The body as the guest wants it: whole, or as it comes. 0 or what to return. */
static int choose_body(mocket_event *e, const struct guest_worker *worker, struct guest_request *r)
{
    r->body_comes = worker->program->declared.streams && e->req->source;
    if (!r->body_comes)
        return pass_failure(e, worker, r, mocket_body(e, &r->body));
    return 0; /* body_read tells of the limit */
}

int guest_front_forward(mocket_event *e)
{
    struct guest_worker *worker = mocket_worker(e);
    if (e->req->message.method == MOCKET_METHOD_CONNECT) {
        mocket_header_set(e, "Allow", "");
        return 405;
    }
    struct guest_request *r = worker ? guest_worker_request(worker) : NULL;
    if (!r)
        return answer_failure(e, 503);
    r->message = &e->req->message;
    r->arena = e->req->arena;
    r->loop = mocket__native_loop(e);
    int rc = choose_body(e, worker, r);
    if (rc == 0)
        rc = wait_for_answer(e, r);
    guest_request_leave(r, rc < 0);
    if (rc == MOCKET_ENOMEM && e->res->kind == MOCKET_BODY_NONE) { /* for the request's body: a small answer may fit */
        guest_log_full(&worker->log);
        e->req->arena->failed = false;
        return answer_failure(e, 503);
    }
    return rc;
}
