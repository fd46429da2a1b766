/* The core's part of a WebSocket, with a backend that only writes down what it is told: handshake, the life of the
 * event, memory, what a handler may do in each state. */
#include "unit.h"

#include "src/core/dispatch.h"
#include "src/core/backend.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

struct rig {
    mocket_app *app;
    struct mocket_arena arena;
    struct mocket_env env;
    struct mocket_request req;
    struct mocket_response res;
    struct mocket_sink sink;
    struct mocket_socket *socket; /* once it was accepted */
    int status;                   /* of the answer, 101 too */
    int upgrade_result;
    int results[4], sends, waits; /* of ops->send, one after the other */
    int topics, closes;
    int drops;          /* of what the handler deferred */
    int kinds[8], seen; /* that the handler got */
    const char *kept;   /* of MOCKET_WS_OPEN */
};

/* ---- The backend ---- */

static struct rig *rig_of(struct mocket_sink *s)
{
    return (struct rig *)((char *)s - offsetof(struct rig, sink));
}

static int respond(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    (void)body;
    rig_of(s)->status = head->status;
    return 0;
}

static int send(struct mocket_socket *s, int kind, mocket_span data)
{
    struct rig *r = s->backend;
    (void)kind, (void)data;
    return r->results[r->sends++ % 4];
}

static int wait(struct mocket_socket *s)
{
    struct rig *r = s->backend;
    return ++r->waits > 2 ? MOCKET_ECLOSED : 0;
}

static int close_socket(struct mocket_socket *s, int code, mocket_span reason)
{
    (void)code, (void)reason;
    ((struct rig *)s->backend)->closes++;
    return 0;
}

static int subscribe(struct mocket_socket *s, mocket_span topic, bool on)
{
    (void)topic;
    ((struct rig *)s->backend)->topics += on ? 1 : -1;
    return 0;
}

static const struct mocket_socket_ops ops = { send, wait, close_socket, subscribe };

static int upgrade(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket)
{
    struct rig *r = rig_of(s);
    if (r->upgrade_result < 0)
        return r->upgrade_result;
    r->status = head->status;
    r->socket = socket;
    socket->ops = &ops;
    socket->backend = r;
    return 0;
}

static void no_log(struct mocket_env *env, int level, mocket_span line)
{
    (void)env, (void)level, (void)line;
}

/* ---- The app ---- */

static int closed_streams;

static void count_drop(void *ptr)
{
    ((struct rig *)ptr)->drops++;
}

static void on_event(mocket_socket *s, int kind, mocket_span data)
{
    struct rig *r = mocket_data(mocket_ws_event(s));
    mocket_event *e = mocket_ws_event(s);
    (void)data;
    r->kinds[r->seen++] = kind;
    mocket_defer(e, count_drop, r);
    char *text = mocket_format(e, "kind %d of %s for %s", kind, mocket_param(e, "room"), mocket_header(e, "x-who"));
    mocket_local_set(e, kind == MOCKET_WS_OPEN ? (void *)r : (void *)&r->kept, text);
    if (kind == MOCKET_WS_OPEN)
        r->kept = text;
}

static void count_close(mocket_source *s)
{
    (void)s;
    closed_streams++;
}

static int count_middleware(mocket_event *e)
{
    static mocket_source stream = { .close = count_close };
    struct rig *r = mocket_data(e);
    if (mocket_header(e, "x-stream"))
        mocket_stream(e, &stream);
    int rc = mocket_next(e);
    mocket_defer(e, count_drop, r);
    return mocket_header(e, "x-refuse") ? 403 : rc;
}

static void set_up(struct rig *r, const struct mocket_ws_opts *given)
{
    static const char *const protocols[] = { "chat.v2", "chat", NULL };
    static const char *const origins[] = { "https://other.example", NULL };
    struct mocket_ws_opts o = { .data = r, .protocols = protocols, .origins = origins };
    *r = (struct rig){ .app = mocket_new(), .env = { .log = no_log } };
    r->sink = (struct mocket_sink){ .respond = respond, .upgrade = upgrade };
    mocket_use(r->app, NULL, count_middleware, r);
    mocket_ws(r->app, "/ws/:room", on_event, given ? given : &o);
    assert_null(mocket_problem(r->app));
    assert_int_equal(mocket__app_freeze(r->app), 0);
}

static void add(struct rig *r, const char *name, const char *value)
{
    mocket__fields_add(&r->req.message.fields, &r->arena, mocket__span(name), mocket__span(value));
}

static void begin(struct rig *r, const char *version)
{
    unit_arena(&r->arena);
    r->req = (struct mocket_request){ .arena = &r->arena, .env = &r->env };
    r->res = (struct mocket_response){ .sink = &r->sink };
    r->req.message = (struct mocket_message){ .method = MOCKET_METHOD_GET,
                                              .method_text = MOCKET_SPAN("GET"),
                                              .target = MOCKET_SPAN("/ws/moon"),
                                              .authority = MOCKET_SPAN("example.org:8080"),
                                              .flags = MOCKET_MESSAGE_UPGRADE };
    r->status = r->seen = r->drops = 0;
    r->socket = NULL;
    add(r, "Sec-WebSocket-Key", KEY);
    add(r, "Sec-WebSocket-Version", version);
    add(r, "X-Who", "me");
}

static int run(struct rig *r)
{
    mocket_dispatch(r->app, &r->req, &r->res);
    return r->status;
}

static void tear_down(struct rig *r)
{
    mocket__arena_release(&r->arena);
    mocket__app_thaw(r->app);
    mocket_free(r->app);
}

/* ---- The handshake ---- */

static void test_handshake(void **state)
{
    (void)state;
    static const struct {
        const char *version, *name, *value;
        int status;
        const char *protocol;
    } rows[] = {
        { "13", "X", "", 101, NULL },
        { "8", "X", "", 426, NULL },
        { "13", "Sec-WebSocket-Version", "13", 426, NULL }, /* twice */
        { "13", "Sec-WebSocket-Key", KEY, 400, NULL },
        { "13", "X-Refuse", "yes", 403, NULL },
        { "13", "Origin", "http://example.org:8080", 101, NULL },
        { "13", "Origin", "http://EXAMPLE.org:8080", 101, NULL },
        { "13", "Origin", "http://example.org", 403, NULL },
        { "13", "Origin", "https://other.example", 101, NULL },
        { "13", "Origin", "null", 403, NULL },
        { "13", "Sec-WebSocket-Protocol", "chat", 101, "chat" },
        { "13", "Sec-WebSocket-Protocol", "x, chat , chat.v2", 101, "chat.v2" },
        { "13", "Sec-WebSocket-Protocol", "chat.v", 101, NULL },
        { "13", "Sec-WebSocket-Protocol", ",,", 101, NULL },
    };
    struct rig r;
    set_up(&r, NULL);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        begin(&r, rows[i].version);
        add(&r, rows[i].name, rows[i].value);
        unit_equal(run(&r), rows[i].status, i);
        unit_equal(r.socket != NULL, rows[i].status == 101, i);
        unit_equal(r.drops, rows[i].status == 101 ? 0 : 1, i); /* the event goes on, or has ended */
        if (r.socket) {
            const char *got = mocket_ws_protocol(r.socket);
            unit_equal(got ? strcmp(got, rows[i].protocol ? rows[i].protocol : "") : rows[i].protocol != NULL, 0, i);
            mocket__socket_end(r.socket);
        }
        unit_equal(r.drops, 1, i);
        mocket__arena_reset(&r.arena);
    }
    tear_down(&r);
}

/* A middleware answers with a stream and goes on: the socket replaces the answer, and the stream is closed. */
static void test_earlier_stream(void **state)
{
    (void)state;
    struct rig r;
    set_up(&r, NULL);
    closed_streams = 0;
    begin(&r, "13");
    add(&r, "x-stream", "1");
    assert_int_equal(run(&r), 101);
    assert_int_equal(closed_streams, 1);
    assert_null(r.res.stream);
    mocket__socket_end(r.socket);
    tear_down(&r);
}

static void test_no_upgrade(void **state)
{
    (void)state;
    static const struct {
        int result, status;
    } rows[] = { { MOCKET_ENOTSUP, 501 },
                 { MOCKET_ELIMIT, 503 },
                 { MOCKET_EINVAL, 400 },
                 { MOCKET_ENOMEM, 500 },
                 { MOCKET_ECLOSED, 0 } };
    struct rig r;
    set_up(&r, NULL);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        r.upgrade_result = rows[i].result;
        begin(&r, "13");
        unit_equal(run(&r), rows[i].status, i);
        unit_equal(r.drops, 1, i);
        mocket__arena_release(&r.arena);
    }
    r.sink.upgrade = NULL;
    begin(&r, "13");
    assert_int_equal(run(&r), 501);
    mocket__arena_release(&r.arena);
    begin(&r, "13");
    r.req.message.flags = 0;
    assert_int_equal(run(&r), 426);
    tear_down(&r);
}

/* ---- Events ---- */

static void test_life(void **state)
{
    (void)state;
    struct rig r;
    set_up(&r, NULL);
    begin(&r, "13");
    assert_int_equal(run(&r), 101);
    mocket__socket_event(r.socket, MOCKET_WS_OPEN, MOCKET_SPAN(""), 0);
    assert_int_equal(r.drops, 0); /* what was deferred there belongs to the socket */
    struct mocket_arena_mark before = mocket__arena_mark(&r.arena);
    for (int i = 0; i < 3; i++) {
        mocket__socket_event(r.socket, MOCKET_WS_TEXT, MOCKET_SPAN("x"), 0);
        assert_int_equal(r.drops, i + 1); /* there: to the message */
        assert_ptr_equal(mocket__arena_mark(&r.arena).next, before.next);
        assert_string_equal(r.kept, "kind 0 of moon for me");
        assert_ptr_equal(mocket_local(r.socket->event, &r), r.kept);
        assert_null(mocket_local(r.socket->event, &r.kept));
    }
    mocket__socket_event(r.socket, MOCKET_WS_CLOSED, MOCKET_SPAN("bye"), 1001);
    assert_int_equal(mocket_ws_code(r.socket), 1001);
    assert_int_equal(r.drops, 4);
    mocket__socket_end(r.socket);
    assert_int_equal(r.drops, 6); /* the middleware's and that of the opening */
    assert_int_equal(r.seen, 5);
    tear_down(&r);
}

static void test_answering_is_over(void **state)
{
    (void)state;
    struct rig r;
    set_up(&r, NULL);
    begin(&r, "13");
    assert_int_equal(run(&r), 101);
    mocket_event *e = r.socket->event;
    assert_true(mocket_response_committed(e));
    assert_int_equal(mocket_text(e, "late"), MOCKET_ESTATE);
    assert_int_equal(mocket_write(e, MOCKET_SPAN("late")), MOCKET_ESTATE);
    mocket_header_set(e, "X-Late", "1");
    assert_null(mocket_response_header(e, "X-Late"));
    mocket__socket_end(r.socket);
    tear_down(&r);
}

/* ---- Sending ---- */

static void test_sending(void **state)
{
    (void)state;
    struct rig r;
    char long_text[126];
    memset(long_text, 'x', sizeof long_text);
    mocket_span data = { long_text, 126 }, most = { long_text, 125 };
    set_up(&r, NULL);
    begin(&r, "13");
    assert_int_equal(run(&r), 101);
    mocket_socket *s = r.socket;
    assert_int_equal(mocket_ws_send(s, 0, data), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_send(s, 5, data), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_send(s, MOCKET_WS_PING, data), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_send(s, MOCKET_WS_PING, most), 0);
    assert_int_equal(mocket_ws_text(s, "\xff"), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_send(s, MOCKET_WS_BINARY, MOCKET_SPAN("\xff")), 0);
    assert_int_equal(mocket_ws_text(s, NULL), 0);
    for (int i = 0; i < 4; i++)
        r.results[i] = i % 2 ? 0 : MOCKET_EAGAIN;
    r.sends = 0;
    assert_int_equal(mocket_ws_text(s, "slow"), 0);
    assert_int_equal(r.waits, 1);
    r.results[2] = r.results[3] = MOCKET_EAGAIN;
    assert_int_equal(mocket_ws_text(s, "slower"), MOCKET_ECLOSED);
    tear_down(&r);
}

static void test_closing(void **state)
{
    (void)state;
    static const struct {
        int code, result;
    } rows[] = { { 999, MOCKET_EINVAL },  { 1004, MOCKET_EINVAL }, { 1005, MOCKET_EINVAL }, { 1006, MOCKET_EINVAL },
                 { 1015, MOCKET_EINVAL }, { 2999, MOCKET_EINVAL }, { 5000, MOCKET_EINVAL }, { 4999, 0 } };
    struct rig r;
    char reason[125] = "";
    set_up(&r, NULL);
    begin(&r, "13");
    assert_int_equal(run(&r), 101);
    memset(reason, 'x', sizeof reason - 1);
    assert_int_equal(mocket_ws_close(r.socket, 1000, reason), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_close(r.socket, 0, "a reason needs a code"), MOCKET_EINVAL);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        unit_equal(mocket_ws_close(r.socket, rows[i].code, NULL), rows[i].result, i);
    assert_int_equal(r.closes, 1);
    assert_int_equal(mocket_ws_close(r.socket, 1000, NULL), MOCKET_ESTATE);
    assert_int_equal(mocket_ws_text(r.socket, "x"), MOCKET_ESTATE);
    mocket__socket_event(r.socket, MOCKET_WS_CLOSED, MOCKET_SPAN(""), 1005);
    assert_int_equal(mocket_ws_text(r.socket, "x"), MOCKET_ECLOSED);
    assert_int_equal(mocket_ws_close(r.socket, 1000, NULL), MOCKET_ECLOSED);
    assert_int_equal(mocket_ws_subscribe(r.socket, "t"), MOCKET_ECLOSED);
    tear_down(&r);
}

static void test_topics(void **state)
{
    (void)state;
    struct rig r;
    char topic[257] = "";
    set_up(&r, NULL);
    begin(&r, "13");
    assert_int_equal(run(&r), 101);
    memset(topic, 'x', 256);
    assert_int_equal(mocket_ws_subscribe(r.socket, topic), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_subscribe(r.socket, ""), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_subscribe(r.socket, NULL), MOCKET_EINVAL);
    assert_int_equal(mocket_ws_subscribe(r.socket, topic + 1), 0);
    assert_int_equal(mocket_ws_unsubscribe(r.socket, topic + 1), 0);
    assert_int_equal(r.topics, 0);
    assert_int_equal(mocket_ws_publish(r.socket, "t", MOCKET_WS_TEXT, MOCKET_SPAN("x")), MOCKET_ENOTSUP);
    assert_int_equal(mocket_publish(r.app, "t", MOCKET_WS_PING, MOCKET_SPAN("x")), MOCKET_EINVAL);
    assert_int_equal(mocket_publish(r.app, "t", MOCKET_WS_TEXT, MOCKET_SPAN("\xff")), MOCKET_EINVAL);
    assert_int_equal(mocket_publish(r.app, "", MOCKET_WS_TEXT, MOCKET_SPAN("x")), MOCKET_EINVAL);
    assert_int_equal(mocket_publish(NULL, "t", MOCKET_WS_TEXT, MOCKET_SPAN("x")), MOCKET_EINVAL);
    tear_down(&r);
}

/* ---- Registration ---- */

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const protocols[] = { "not a token", NULL };
    mocket_app *app = mocket_new();
    mocket_ws(app, "/", on_event, &(struct mocket_ws_opts){ .protocols = protocols });
    assert_string_equal(mocket_problem(app), "mocket_ws: a subprotocol is not a token");
    mocket_free(app);
    app = mocket_new();
    mocket_ws(app, "/", NULL, NULL);
    assert_string_equal(mocket_problem(app), "mocket_ws: no handler");
    mocket_free(app);
}

/* Whatever allocation fails: a socket, or a 500, and the event ends once. */
static int run_without_memory(void *context)
{
    struct rig *r = context;
    begin(r, "13");
    int status = run(r);
    if (r->socket)
        mocket__socket_end(r->socket);
    mocket__arena_release(&r->arena);
    return status == 101 ? 0 : MOCKET_ENOMEM;
}

static void test_memory(void **state)
{
    (void)state;
    struct rig r;
    set_up(&r, NULL);
    assert_true(unit_each_allocation_fails(run_without_memory, &r) > 3);
    tear_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake),         cmocka_unit_test(test_no_upgrade),
        cmocka_unit_test(test_earlier_stream),    cmocka_unit_test(test_life),
        cmocka_unit_test(test_answering_is_over), cmocka_unit_test(test_sending),
        cmocka_unit_test(test_closing),           cmocka_unit_test(test_topics),
        cmocka_unit_test(test_mistakes),          cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
