/* The wasm backend: an instance of the module is a worker that its host calls.
 *
 * The host calls mocket_start, which runs main; main ends in mocket_listen, which declares the app ready and returns.
 * From then on each request is a call of mocket_alloc, for room, and of mocket_handle, which decodes the message,
 * dispatches it and returns the answer with `respond`. There is one request at a time: the room and the arena are kept
 * for the next request, so that a used instance needs no allocation.
 *
 * What must stay true: memory of mocket_alloc belongs to the host until the next call, and no memory of a request
 * outlives mocket_handle, except for a request that became a socket, which keeps all of it (socket.c). */
#include <mocket_abi.h>
#include <stdlib.h>

#include "../../abi/codec.h"
#include "../../base/memory.h"
#include "../../base/span.h"
#include "../../base/word.h"
#include "../../core/app.h"
#include "../../core/backend.h"
#include "../../core/describe.h"
#include "body.h"
#include "imports.h"
#include "request.h"
#include "sink.h"
#include "socket.h"
#include "trace.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define ROOM_KEPT 16384 /* bytes of room that are kept between requests */

/* The instance. There is exactly one in a module's memory, so it may be static. */
static struct {
    mocket_app *app;
    struct mocket_env env;
    struct mocket_arena arena;
    char *room; /* kept */
    size_t room_len;
    char *message; /* of the request; NULL: a socket has it */
} instance;

/* wasi-libc's: runs constructors' work and main. */
extern int __main_void(void);

/* ---- the surroundings ---- */

static uint64_t now_ns(struct mocket_env *env)
{
    (void)env;
    return (uint64_t)mocket__import_now(MOCKET_ABI_MONOTONIC);
}

static void log_line(struct mocket_env *env, int level, mocket_span line)
{
    (void)env;
    mocket__import_log(level, line.ptr, (uint32_t)line.len);
}

static int fill_random(struct mocket_env *env, void *buf, size_t len)
{
    (void)env;
    mocket__import_random(buf, (uint32_t)len);
    return 0;
}

static void log_text(int level, const char *text)
{
    mocket__import_log(level, text, (uint32_t)strlen(text));
}

/* ---- the answer ---- */

static int respond(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    struct mocket_guest_sink *g = (struct mocket_guest_sink *)s;
    mocket_span bytes = mocket__abi_head_make(g->arena, head->status, head->fields);
    if (!bytes.ptr)
        return MOCKET_ENOMEM;
    int rc = mocket__import_respond(g->req, bytes.ptr, (uint32_t)bytes.len, body.ptr, (uint32_t)body.len);
    if (rc < 0 && rc != MOCKET_ECLOSED)
        log_text(MOCKET_LOG_ERROR, rc == MOCKET_EINVAL
                                       ? "the host refused the answer: its head is too large or malformed"
                                       : "the host refused the answer");
    return rc;
}

/* ---- the request ---- */

/* A NUL behind the body (TEXT in mocket.h): the room has a byte more than the message for that. */
static mocket_span terminate(mocket_span body, char *message, size_t len)
{
    if (!body.ptr)
        return body;
    if (body.len == 0 || body.ptr + body.len != message + len)
        return mocket__arena_copy(&instance.arena, body);
    message[len] = '\0';
    return body;
}

/* A body that the host could not read: reading it returns the reason. */
struct failed_body {
    struct mocket_source source;
    int code;
};

static ptrdiff_t read_failed(struct mocket_source *s, void *buf, size_t cap)
{
    (void)buf, (void)cap;
    return ((struct failed_body *)s)->code;
}

static int open_body(struct mocket_request *req, int32_t id, struct failed_body *failed)
{
    *failed = (struct failed_body){ .source = { .read = read_failed }, .code = req->message.body_error };
    if (failed->code < 0)
        req->source = &failed->source;
    else if (!req->whole.ptr && &mocket__guest_body)
        return mocket__guest_body.open(req, id);
    return 0;
}

static void handle(int32_t id, char *message, size_t len)
{
    struct failed_body failed;
    struct mocket_guest_request request = { .request = { .arena = &instance.arena, .env = &instance.env }, .req = id };
    struct mocket_request *req = &request.request;
    struct mocket_guest_sink sink = {
        .sink = { .respond = respond }, /* the rest comes with mocket__stream_prepare */
        .req = id,
        .owner = id,
        .arena = &instance.arena,
    };
    struct mocket_response res = { .sink = &sink.sink };
    mocket_span body;
    if (&mocket__guest_sockets)
        sink.sink.upgrade = mocket__guest_sockets.upgrade;
    int rc = mocket__abi_request_decode((mocket_span){ message, len }, &instance.arena, &req->message, &body);
    if (rc == 0 && !(req->message.flags & MOCKET_MESSAGE_ON_DEMAND))
        rc = mocket__guest_add_host(&req->message, &instance.arena);
    if (rc < 0) {
        log_text(MOCKET_LOG_ERROR, "the host's request message cannot be read");
        return; /* no answer: the host makes it a 500 */
    }
    req->whole = terminate(body, message, len);
    if (open_body(req, id, &failed) < 0)
        return;
    mocket_dispatch(instance.app, req, &res);
}

/* ---- exports ---- */

EXPORT(mocket_start) void mocket__guest_start(void);
EXPORT(mocket_alloc) char *mocket__guest_alloc(uint32_t len);
EXPORT(mocket_handle) void mocket__guest_handle(int32_t req, char *message, uint32_t len);
EXPORT(mocket_routes) const void *mocket__guest_routes(void);

void mocket__guest_start(void)
{
    int code = __main_void();
    const char *late = code == 0 && instance.app ? mocket_problem(instance.app) : NULL;
    if (late) { /* made after mocket_listen, which found none: nothing else would report it */
        log_text(MOCKET_LOG_ERROR, late);
        code = 1;
    }
    if (code != 0)
        exit(code < 0 || code > 125 ? 1 : code);
}

char *mocket__guest_alloc(uint32_t len)
{
    size_t room_len = (size_t)len + 1;
    if (room_len == 0 || room_len <= instance.room_len)
        return room_len == 0 ? NULL : instance.room;
    if (room_len > ROOM_KEPT)
        return mocket__realloc(NULL, room_len);
    mocket__free(instance.room);
    instance.room_len = room_len < ROOM_KEPT / 8 ? ROOM_KEPT / 8 : ROOM_KEPT;
    instance.room = mocket__realloc(NULL, instance.room_len);
    if (!instance.room)
        instance.room_len = 0;
    return instance.room;
}

void mocket__guest_room_free(char *room)
{
    if (room != instance.room)
        mocket__free(room);
}

void mocket__guest_handle(int32_t req, char *message, uint32_t len)
{
    instance.message = message;
    handle(req, message, len);
    mocket__arena_reset(&instance.arena);
    mocket__guest_room_free(instance.message);
    instance.message = NULL;
}

/* Called by tools, at most once in the life of an instance, so the memory is not kept track of. */
const void *mocket__guest_routes(void)
{
    struct mocket_buf text = { 0 };
    mocket__buf_span(&text, (mocket_span){ "\0\0\0", 4 });
    if (instance.app)
        mocket__app_describe(instance.app, &text);
    if (mocket__buf_status(&text) < 0)
        return NULL;
    mocket__store_u32(text.ptr, (uint32_t)text.len - 4);
    return text.ptr;
}

char *mocket__guest_keep(struct mocket_arena *into)
{
    char *message = instance.message;
    *into = instance.arena;
    mocket__arena_init(&instance.arena, 0);
    instance.message = NULL;
    if (message == instance.room) {
        instance.room = NULL;
        instance.room_len = 0;
    }
    return message;
}

/* ---- mocket.h ---- */

int mocket_listen(mocket_app *app, const char *address)
{
    int rc = instance.app ? MOCKET_ESTATE : mocket__app_freeze(app);
    if (rc < 0) {
        log_text(MOCKET_LOG_ERROR,
                 rc == MOCKET_ESTATE ? "mocket_listen: an app is listening already" : mocket_problem(app));
        return rc;
    }
    instance.app = app;
    instance.env = (struct mocket_env){ .now_ns = now_ns, .log = log_line, .random = fill_random };
    instance.env.worker = mocket__app_worker_start(app);
    if (&mocket__guest_trace)
        app->root->trace = mocket__guest_trace.request;
    mocket__arena_init(&instance.arena, 0);
    mocket__import_option(MOCKET_ABI_OPTION_MAX_BODY, mocket__app_setting(app, MOCKET_MAX_BODY));
    if (&mocket__guest_sockets) {
        mocket__import_option(MOCKET_ABI_OPTION_MAX_MESSAGE, mocket__app_setting(app, MOCKET_MAX_MESSAGE));
        if (mocket__app_setting(app, MOCKET_REPLAY_SOCKETS))
            mocket__import_option(MOCKET_ABI_OPTION_REPLAY, 1);
    }
    mocket__import_option(MOCKET_ABI_OPTION_ON_DEMAND, 1);
    uint32_t flags =
        ((uint32_t)mocket__app_setting(app, MOCKET_REUSE) & MOCKET_ABI_REUSE_MASK) | MOCKET_ABI_BODY_ERRORS;
    if (&mocket__guest_body)
        flags |= MOCKET_ABI_STREAM_BODY;
    mocket_span wish = mocket__span(address ? address : "");
    rc = mocket__import_listen(MOCKET_ABI_VERSION, flags, wish.ptr, (uint32_t)wish.len);
    if (rc < 0)
        log_text(MOCKET_LOG_ERROR, "mocket_listen: the host refused to serve this app");
    return rc;
}

void mocket_stop(mocket_app *app)
{
    (void)app; /* the host decides when an instance ends */
}
