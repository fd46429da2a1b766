/* The life of a request: find the route, run middlewares and handler, turn an error into an answer, send, clean up. */
#include "dispatch.h"

#include "../base/check.h"
#include "../base/span.h"
#include "../http/reason.h"
#include "chain.h"

/* ---- what the framework answers itself, through the middlewares like a handler (R-30 to R-34) ---- */

static int own_answer(mocket_event *e)
{
    int rc = e->allow.ptr ? mocket__response_set(e->res, MOCKET_SPAN("Allow"), e->allow) : 0;
    if (rc < 0)
        return rc;
    return e->own_status >= 400 ? e->own_status : mocket_empty(e, e->own_status);
}

static void find_own_answer(mocket_event *e, const struct mocket_request *req)
{
    const mocket_app *app = e->app;
    enum mocket_http_method method = req->message.method;
    bool auto_options = mocket__app_setting(app, MOCKET_AUTO_OPTIONS);
    bool not_allowed = mocket__app_setting(app, MOCKET_METHOD_NOT_ALLOWED);
    bool as_get = mocket__app_setting(app, MOCKET_AUTO_HEAD);
    bool whole_server = mocket__span_eq(req->path, MOCKET_SPAN("*"));
    if ((auto_options || not_allowed) && !whole_server && method != MOCKET_METHOD_CONNECT)
        e->allow = mocket__router_allow(&app->root->router, req->path, as_get, auto_options, req->arena);
    if (method == MOCKET_METHOD_OPTIONS && auto_options && (e->allow.ptr || whole_server))
        e->own_status = 204;
    else if (method == MOCKET_METHOD_CONNECT || (not_allowed && (e->allow.ptr || method == MOCKET_METHOD_TRACE)))
        e->own_status = 405;
    else
        e->own_status = 404;
    if (e->own_status == 404)
        e->allow = (mocket_span){ NULL, 0 };
    else if (!e->allow.ptr)
        e->allow = MOCKET_SPAN(""); /* RFC 9110, section 10.2.1: an empty list is a valid Allow */
}

/* ---- the way in ---- */

/* The handler's route; NULL: the framework answers. */
static const struct mocket_route *find_handler(mocket_event *e, struct mocket_chain *chain)
{
    struct mocket_request *req = e->req;
    bool routable = req->message.method != MOCKET_METHOD_CONNECT && !mocket__span_eq(req->path, MOCKET_SPAN("*"));
    const struct mocket_route *route = NULL;
    if (routable)
        route = mocket__router_find(&e->app->root->router, req->message.method_text, req->path,
                                    mocket__app_setting(e->app, MOCKET_AUTO_HEAD), req->arena, &req->params);
    if (route) {
        chain->handler = route->fn;
        chain->data = route->data;
        e->route_text = route->template.ptr;
        return route;
    }
    chain->handler = own_answer;
    e->route_text = "no route";
    find_own_answer(e, req);
    return NULL;
}

/* A path without a canonical form (M-04) is 400, seen only by middlewares that cover everything. */
static int select_middlewares(mocket_event *e, struct mocket_chain *chain, const struct mocket_route *route)
{
    const struct mocket_root *root = e->app->root;
    if (!root->coverage)
        return 0;
    if (route && route->selection && root->frozen) {
        chain->middlewares = *route->selection;
        return 0;
    }
    struct mocket_place place = { .path = e->req->path };
    if (route)
        place.template = route->template;
    int rc = root->coverage->select(root, &place, e->req->arena, &chain->middlewares);
    if (rc != MOCKET_EINVAL)
        return rc;
    chain->handler = own_answer;
    e->own_status = 400;
    e->allow = (mocket_span){ NULL, 0 };
    return 0;
}

static int run(mocket_event *e)
{
    struct mocket_chain chain = { 0 };
    const struct mocket_route *route = find_handler(e, &chain);
    int rc = select_middlewares(e, &chain, route);
    if (rc < 0)
        return rc;
    if (e->req->arena->failed)
        return MOCKET_ENOMEM; /* a lookup that ran out of memory is not "not found" */
    if (e->app->root->trace)
        e->app->root->trace(e, route, &chain.middlewares);
    rc = mocket__execute_middlewares(e, &chain);
    e->chain = NULL; /* it lives on this stack */
    return rc;
}

/* ---- errors (section 9 of the contract) ---- */

static bool is_status(int error)
{
    return error >= 400 && error <= 599;
}

static void log_error(mocket_event *e, int error, const char *what)
{
    const char *method = mocket_method(e), *path = mocket_path(e);
    int level =
        error == MOCKET_ECLOSED ? MOCKET_LOG_DEBUG : MOCKET_LOG_ERROR; /* a client that leaves is not an error */
    mocket__event_log(e, level, method, " ", path, ": ", mocket_strerror(error), what ? ": " : NULL, what, NULL);
}

/* E-02 */
static void default_error(mocket_event *e, int error)
{
    int status = is_status(error) ? error : 500;
    const char *text = e->error_text && e->error_status == error ? e->error_text : mocket_strerror(status);
    mocket__response_clear(e->res);
    e->res->status = status;
    mocket__answer(e, mocket__span(text), MOCKET_SPAN("text/plain; charset=utf-8"));
    if (status >= 500)
        log_error(e, error, e->error_text);
}

/* The app's own error handler; did it answer? */
static bool app_error(mocket_event *e, int error)
{
    const struct mocket_root *root = e->app->root;
    if (!root->on_error)
        return false;
    struct mocket_frame frame = { .next_called = true, .data = root->on_error_data };
    mocket__response_clear(e->res);
    e->res->status = is_status(error) ? error : 500;
    e->frame = &frame;
    int rc = root->on_error(e, error);
    e->frame = NULL;
    if (rc == 0 && e->res->kind != MOCKET_BODY_NONE && e->res->problem == 0)
        return true;
    if (rc != 0 && rc != error)
        log_error(e, rc, "the error handler failed too");
    if (e->res->kind != MOCKET_BODY_WRITTEN)
        return false;
    e->res->kind = MOCKET_BODY_BROKEN;
    return true;
}

/* Maps the result of a handler to an error: a body that could not be read is an error of the client. */
static int error_of(mocket_event *e, int rc)
{
    if (e->req->body_status > 0 && rc < 0)
        return e->req->body_status;
    if (rc < 0 || is_status(rc))
        return rc;
    log_error(e, 500, "a handler returned neither 0, nor 400 to 599, nor an error code");
    return 500;
}

static void settle(mocket_event *e, int rc)
{
    struct mocket_response *res = e->res;
    if (rc == 0 && res->kind == MOCKET_BODY_NONE) {
        log_error(e, 500, "a middleware neither answered nor called mocket_next");
        rc = 500;
    }
    if (rc == 0 && res->problem < 0) {
        log_error(e, res->problem, res->problem_text);
        rc = 500;
    }
    if (rc == 0 && e->req->arena->failed)
        rc = MOCKET_ENOMEM; /* an allocation of the handler failed, so its answer is not reliable */
    if (rc == 0)
        return;
    if (rc == MOCKET_ECLOSED && res->kind == MOCKET_BODY_WRITTEN && e->req->message.method == MOCKET_METHOD_HEAD)
        return; /* the head was the whole answer: sse.c ends its streams in this way */
    rc = error_of(e, rc);
    if (res->kind == MOCKET_BODY_WRITTEN || res->kind == MOCKET_BODY_BROKEN) {
        res->kind =
            MOCKET_BODY_BROKEN; /* the head was sent: only cutting the answer shows the error to the client */
        log_error(e, rc, "after the head was sent");
        return;
    }
    if (res->stream && res->stream->close)
        res->stream->close(res->stream);
    res->stream = NULL;
    if (!app_error(e, rc))
        default_error(e, rc);
}

/* The event of a request that may become a socket outlives this stack. When out of memory, the arena is marked as
 * failed, and the request does not become a socket. */
static mocket_event *choose_event(mocket_event *here)
{
    if (!(here->req->message.flags & MOCKET_MESSAGE_UPGRADE))
        return here;
    mocket_event *kept = mocket__arena_alloc(here->req->arena, sizeof *kept);
    if (!kept)
        return here;
    *kept = *here;
    return kept;
}

void mocket_dispatch(mocket_app *app, struct mocket_request *req, struct mocket_response *res)
{
    mocket_event here = { .app = app, .req = req, .res = res }, *e = choose_event(&here);
    res->arena = req->arena;
    mocket__request_begin(req, mocket__app_setting(app, MOCKET_MAX_BODY));
    settle(e, run(e));
    MOCKET_CHECK_CALL(mocket__response_check(res));
    if (mocket__response_send(res) < 0 && res->kind != MOCKET_BODY_BROKEN)
        mocket__event_log(e, MOCKET_LOG_DEBUG, "the client left before the answer was complete", NULL);
    if (res->kind != MOCKET_BODY_UPGRADED)
        mocket__event_run_deferred(e, NULL);
}
