/* Connections without a listener: one end of a pair of local sockets is a connection of a worker, the other one is the
 * test's. The protocol is a toy that multiplexes: each line "N text" is a request of its own, whose handler may wait
 * while those of other requests of the same connection run. */
#include <sys/socket.h>
#include <sys/un.h>

#include "src/backend/native/native.h"
#include "src/backend/native/server/connection.h"
#include "src/backend/native/server/environment.h"
#include "src/backend/native/server/h1.h"
#include "src/backend/native/server/worker.h"
#include "unit.h"

/* ---- A worker without a thread; nobody connects to its listener ---- */

struct toy;

struct fixture {
    mocket_app *app;
    struct mocket_native_opts opts;
    struct mocket_listener listener;
    int listening;
    const struct mocket_protocol *protocols[2];
    struct mocket_arrival arrival;
    struct mocket_server server;
    struct mocket_native_worker worker;
    int fd; /* the client's end */
    int emptied;
    struct toy *keeps; /* its park does not end when its client leaves */
    struct toy *mate;  /* its park ends when a client of another one leaves */
};

static void on_empty(struct mocket_native_worker *w)
{
    struct fixture *f = MOCKET_CONTAINER_OF(w, struct fixture, worker);
    f->emptied++;
}

static void worker_open(struct fixture *f)
{
    struct mocket_native_worker *w = &f->worker;
    const struct sockaddr_un any = { .sun_family = AF_UNIX };
    f->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(f->listening, (const struct sockaddr *)&any, sizeof any.sun_family), 0);
    assert_int_equal(listen(f->listening, 1), 0);
    f->listener = (struct mocket_listener){ .fds = &f->listening, .count = 1, .local = true };
    f->server = (struct mocket_server){ .app = f->app, .opts = &f->opts, .max_connections = 10 };
    f->server.listeners = &f->listener;
    f->server.listener_count = 1;
    f->server.grace_ms = f->server.body_silence_ms = f->server.body_total_ms = MOCKET_UNLIMITED;
    w->server = &f->server;
    assert_int_equal(mocket__worker_open(w), 0);
    w->when_empty = on_empty;
    w->env = mocket__native_environment(w);
}

/* Returns the client's end of a new connection. */
static int client_new(struct fixture *f, const struct mocket_protocol *protocol)
{
    int fds[2];
    static const int room = 4096;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    f->arrival.protocols = f->protocols;
    f->protocols[0] = protocol;
    mocket__connection_accept(&f->worker, fds[1], NULL, &f->arrival);
    return fds[0];
}

static struct fixture *fixture_new(mocket_app *app, const struct mocket_protocol *protocol)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->app = app ? app : mocket_new();
    assert_int_equal(mocket__app_freeze(f->app), 0);
    worker_open(f);
    f->fd = client_new(f, protocol);
    return f;
}

/* Whatever the loop has to do without waiting. */
static void turn(struct fixture *f)
{
    for (int i = 0; i < 5; i++)
        uv_run(&f->worker.loop, UV_RUN_NOWAIT);
}

static void say_bytes(struct fixture *f, int fd, mocket_span bytes)
{
    assert_int_equal(send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), bytes.len);
    turn(f);
}

static void say(struct fixture *f, const char *text)
{
    say_bytes(f, f->fd, mocket__span(text));
}

/* All that has come since the last call, and whether the connection's end was seen. */
static void hear(struct fixture *f, const char *want, bool ended)
{
    char got[2000];
    size_t len = 0;
    ssize_t n;
    turn(f);
    while ((n = recv(f->fd, got + len, sizeof got - len, MSG_DONTWAIT)) > 0)
        len += (size_t)n;
    unit_same((mocket_span){ got, len }, mocket__span(want), 0);
    assert_int_equal(n == 0, ended);
}

static void fixture_free(struct fixture *f)
{
    struct mocket_native_worker *w = &f->worker;
    if (f->fd >= 0)
        close(f->fd);
    turn(f);
    assert_int_equal(f->emptied, 1); /* nothing is left of the connection */
    assert_int_equal(w->connection_count, 0);
    assert_int_equal(f->server.connections, 0);
    mocket__worker_close(w);
    mocket__app_thaw(f->app);
    mocket_free(f->app);
    free(f);
}

/* ---- The toy protocol: many exchanges of one connection ---- */

#define TOYS 4

/* What a handler of the toy does with a line: "N wait" parks until "N wake" comes or its client leaves, "N keep" parks
 * until the test wakes it, "N mate" parks until a client leaves, also another one's, "N turn" lets others have their
 * turn; other text does nothing. */
struct toy {
    struct mocket_exchange ex;
    struct mocket_connection *connection;
    char name;
    char text[32];
    struct mocket_park *park;
    bool lost; /* its client left while it waited */
};

struct toys {
    struct toy toys[TOYS];
};

static void answer(struct toy *t, const char *text)
{
    struct mocket_buf *out = &t->connection->worker->out;
    mocket__buf_span(out, (mocket_span){ &t->name, 1 });
    mocket__buf_text(out, text);
    mocket__buf_text(out, "\n");
}

static struct fixture *fixture_of(const struct toy *t)
{
    return MOCKET_CONTAINER_OF(t->connection->worker, struct fixture, worker);
}

static void toy_begins(void *arg, struct mocket_park *park)
{
    struct toy *t = arg;
    t->park = park;
    if (!strcmp(t->text, "mate"))
        fixture_of(t)->mate = t;
}

static void toy_is_gone(void *arg, struct mocket_park *park)
{
    struct toy *t = arg, *mate = fixture_of(t)->mate;
    if (!strcmp(t->text, "keep")) {
        fixture_of(t)->keeps = t;
        return;
    }
    fixture_of(t)->mate = NULL;
    if (mate && mate != t)
        mocket__native_unpark(mate->park, 0);
    t->park = NULL;
    mocket__native_unpark(park, MOCKET_ECLOSED);
}

static void toy_handler(void *arg)
{
    struct toy *t = arg;
    answer(t, " began");
    if (!strcmp(t->text, "wait") || !strcmp(t->text, "keep") || !strcmp(t->text, "mate")) {
        t->ex.park = (struct mocket_park){ .exchange = &t->ex, .begin = toy_begins, .gone = toy_is_gone, .arg = t };
        t->lost = mocket__exchange_wait(&t->ex, MOCKET_EXCHANGE_PARKING) < 0;
    } else if (!strcmp(t->text, "turn")) {
        mocket__exchange_wait(&t->ex, MOCKET_EXCHANGE_YIELDING);
    }
    if (!t->lost)
        answer(t, " done");
}

static bool any_active(const struct toys *s)
{
    for (int i = 0; s && i < TOYS; i++)
        if (mocket__exchange_is_active(&s->toys[i].ex))
            return true;
    return false;
}

static bool end_if_closed(struct mocket_connection *c)
{
    struct toys *s = c->session;
    if (!s || !mocket__connection_is_closing(c) || any_active(s))
        return false;
    for (int i = 0; i < TOYS; i++)
        mocket__exchange_release(&s->toys[i].ex);
    free(s);
    mocket__connection_end_session(c);
    return true;
}

static void toy_flush(struct mocket_exchange *ex)
{
    mocket__connection_flush(((struct toy *)ex->owner)->connection);
}

static void toy_settle(struct mocket_exchange *ex)
{
    mocket__connection_settle(((struct toy *)ex->owner)->connection);
}

static void toy_returned(struct mocket_exchange *ex)
{
    struct mocket_connection *c = ((struct toy *)ex->owner)->connection;
    mocket__connection_flush(c);
    if (!end_if_closed(c))
        mocket__connection_settle(c);
}

static struct toys *toys_of(struct mocket_connection *c)
{
    static const struct mocket_exchange_ops ops = { toy_flush, toy_settle, toy_returned };
    struct toys *s = c->session;
    if (s)
        return s;
    s = c->session = calloc(1, sizeof *s);
    assert_non_null(s);
    for (int i = 0; i < TOYS; i++) {
        mocket__exchange_init(&s->toys[i].ex, c->worker);
        s->toys[i].ex.ops = &ops;
        s->toys[i].ex.owner = &s->toys[i];
        s->toys[i].connection = c;
        s->toys[i].name = (char)('0' + i);
    }
    return s;
}

static void take_line(struct mocket_connection *c, const char *line, size_t len)
{
    struct toy *t = &toys_of(c)->toys[line[0] - '0'];
    if (len == 6 && !memcmp(line + 2, "wake", 4)) {
        mocket__native_unpark(t->park, 0);
        return;
    }
    assert_true(len - 2 < sizeof t->text);
    memcpy(t->text, line + 2, len - 2);
    t->text[len - 2] = '\0';
    t->lost = false;
    t->ex.client = mocket__connection_client(c);
    mocket__exchange_start(&t->ex, mocket__fiber_new(&c->worker->fibers, toy_handler, t));
    if (mocket__exchange_step(&t->ex))
        mocket__connection_flush(c);
}

static void toy_work(struct mocket_connection *c)
{
    const char *end;
    while (mocket__input_len(&c->in) > 0 && (end = memchr(c->in.ptr + c->in.start, '\n', mocket__input_len(&c->in)))) {
        const char *line = c->in.ptr + c->in.start;
        c->in.start += (size_t)(end + 1 - line);
        take_line(c, line, (size_t)(end - line));
    }
    if (!end_if_closed(c))
        mocket__connection_settle(c);
}

static bool toy_prepare(struct mocket_connection *c)
{
    (void)c;
    return true;
}

static void toy_received(struct mocket_connection *c, bool some)
{
    (void)some;
    toy_work(c);
}

static void toy_left(struct mocket_connection *c)
{
    struct toys *s = c->session;
    for (int i = 0; s && i < TOYS; i++)
        if (mocket__exchange_is_active(&s->toys[i].ex))
            mocket__exchange_client(&s->toys[i].ex, mocket__connection_client(c));
}

static void toy_ended(struct mocket_connection *c)
{
    toy_left(c);
    if (!any_active(c->session))
        mocket__connection_settle(c);
}

static bool toy_is_full(const struct mocket_connection *c)
{
    return mocket__input_len(&c->in) > 1000;
}

static enum mocket_need toy_need(const struct mocket_connection *c)
{
    return any_active(c->session) ? MOCKET_NEED_CONNECTION : MOCKET_NEED_NOTHING;
}

static enum mocket_timeout_class toy_time(const struct mocket_connection *c)
{
    return any_active(c->session) ? MOCKET_TIMEOUT_NONE : MOCKET_TIMEOUT_IDLE;
}

static void toy_stop(struct mocket_connection *c)
{
    (void)c; /* what waits may go on */
}

static void toy_closed(struct mocket_connection *c)
{
    end_if_closed(c);
}

static const struct mocket_protocol toy = { .part = MOCKET_CHARGE_ANSWERS,
                                            .work = toy_work,
                                            .prepare = toy_prepare,
                                            .received = toy_received,
                                            .sent = toy_work,
                                            .ended = toy_ended,
                                            .left = toy_left,
                                            .is_full = toy_is_full,
                                            .need = toy_need,
                                            .time_class = toy_time,
                                            .stop = toy_stop,
                                            .closed = toy_closed };

static void test_exchanges_of_one_connection_wait_independently(void **state)
{
    struct fixture *f = fixture_new(NULL, &toy);
    (void)state;
    say(f, "1 wait\n2 x\n3 wa");
    hear(f, "1 began\n2 began\n2 done\n", false);
    say(f, "it\n");
    hear(f, "3 began\n", false);
    say(f, "3 wake\n2 turn\n");
    hear(f, "2 began\n3 done\n2 done\n", false);
    say(f, "1 wake\n");
    hear(f, "1 done\n", false);
    fixture_free(f);
}

/* Each of the exchanges learns that the client has left; the connection is freed when the last one has ended. */
static void test_the_client_leaves_while_several_wait(void **state)
{
    struct fixture *f = fixture_new(NULL, &toy);
    (void)state;
    say(f, "1 wait\n2 wait\n");
    hear(f, "1 began\n2 began\n", false);
    fixture_free(f);
}

/* A handler that does not notice for long that its client has left: the connection waits for it. */
static void test_a_handler_outlives_its_client(void **state)
{
    struct fixture *f = fixture_new(NULL, &toy);
    (void)state;
    say(f, "1 keep\n");
    hear(f, "1 began\n", false);
    close(f->fd);
    f->fd = -1;
    turn(f);
    assert_non_null(f->keeps);
    mocket__connection_cut(f->keeps->connection);
    turn(f);
    assert_int_equal(f->emptied, 0);
    mocket__native_unpark(f->keeps->park, MOCKET_ECLOSED);
    fixture_free(f);
}

/* The second stop cuts every connection, although what ends with the first of them ends the second one's wait, and so
 * closes the second one or moves it to another class of time limits. */
static void test_all_are_cut_while_handlers_end(void **state)
{
    struct fixture *f = fixture_new(NULL, &toy);
    int second = client_new(f, &toy), third = client_new(f, &toy);
    (void)state;
    say(f, "1 wait\n");
    say_bytes(f, second, MOCKET_SPAN("1 mate\n"));
    say_bytes(f, third, MOCKET_SPAN("1 wait\n"));
    mocket__worker_stop(&f->worker);
    turn(f);
    assert_int_equal(f->worker.connection_count, 3);
    mocket__worker_stop(&f->worker);
    turn(f);
    assert_int_equal(f->worker.connection_count, 0);
    close(second);
    close(third);
    fixture_free(f);
}

/* ---- HTTP/1 on the same connections ---- */

static int hello(mocket_event *e)
{
    return mocket_text(e, "hello");
}

static int nap(mocket_event *e)
{
    int rc = mocket_sleep(e, 1000000);
    return mocket_textf(e, "%d", rc);
}

/* More than a socket takes at once, and little enough to be copied. */
static int large(mocket_event *e)
{
    static char text[16001];
    memset(text, 'x', sizeof text - 1);
    return mocket_text(e, text);
}

/* A text is slept over; other messages are sent back, and published. */
static void on_socket(mocket_socket *s, int kind, mocket_span data)
{
    if (kind == MOCKET_WS_TEXT)
        mocket_sleep(mocket_ws_event(s), 1000000);
    if (kind == MOCKET_WS_OPEN)
        mocket_ws_subscribe(s, "all");
    if (kind != MOCKET_WS_BINARY)
        return;
    mocket_ws_send(s, kind, data);
    mocket_publish(mocket_event_app(mocket_ws_event(s)), "all", kind, data);
}

static mocket_app *app_new(void)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/", hello);
    mocket_get(app, "/nap", nap);
    mocket_get(app, "/large", large);
    mocket_ws(app, "/ws", on_socket, NULL);
    return app;
}

static void hear_text(struct fixture *f, const char *part, bool ended)
{
    char got[2000];
    turn(f);
    ssize_t n = recv(f->fd, got, sizeof got - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    got[n] = '\0';
    assert_non_null(strstr(got, part));
    n = recv(f->fd, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(n == 0, ended);
}

static void test_requests_in_pieces_and_in_a_pipeline(void **state)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    say(f, "GET / HT");
    hear(f, "", false);
    say(f, "TP/1.1\r\nHost: x\r\n\r\n");
    hear_text(f, "200 OK", false);
    say(f, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    hear_text(f, "hello", false);
    say(f, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    hear_text(f, "hello", true);
    fixture_free(f);
}

static void test_a_refused_head_is_the_last(void **state)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    say(f, "GET / HTTP/1.1\r\n\r\n");
    hear_text(f, "400 Bad Request", true); /* it lingers: our side is shut, and input is thrown away */
    say(f, "more of it");
    assert_int_equal(f->worker.connection_count, 1);
    fixture_free(f);
}

/* A handler that sleeps is woken when its client has gone, and the memory of both is freed. */
static void test_the_client_leaves_a_handler_that_sleeps(void **state)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    say(f, "GET /nap HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(f, "", false);
    fixture_free(f);
}

static void test_half_a_head_and_the_end(void **state)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    say(f, "GET / HTTP/1.1\r\nHo");
    fixture_free(f);
}

static const mocket_span handshake = UNIT_ROW(
    "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

static void allow_no_input(struct fixture *f, struct mocket_account *account)
{
    mocket__input_pool_release(&f->worker.inputs);
    mocket__account_init(account, 1);
    f->worker.inputs.till = mocket__account_till(account);
}

/* No more memory may be held for what a client sends while its last answer is being sent: that stays the last one. */
static void test_no_room_behind_the_last_answer(void **state)
{
    struct mocket_account account = { 0 };
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    char got[20000] = "";
    size_t len = 0;
    ssize_t n;
    (void)state;
    say(f, "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    allow_no_input(f, &account);
    say(f, "more");
    f->worker.inputs.till = NULL;
    while ((n = recv(f->fd, got + len, sizeof got - 1 - len, MSG_DONTWAIT)) > 0) {
        len += (size_t)n;
        turn(f);
    }
    assert_int_equal(n, 0);
    assert_non_null(strstr(got, "200 OK"));
    assert_null(strstr(got, "503"));
    fixture_free(f);
    mocket__account_release(&account);
}

/* No more memory may be held for what a client sends while the handler of its last message waits: the handler and the
 * socket end, in this order, and the client is told why. */
static void test_no_room_for_a_message_while_a_handler_waits(void **state)
{
    static const mocket_span frame = { "\x81\x84\0\0\0\0wait", 10 };
    struct mocket_account account = { 0 };
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    say_bytes(f, f->fd, handshake);
    hear_text(f, "101 Switching", false);
    say_bytes(f, f->fd, frame);
    allow_no_input(f, &account);
    say_bytes(f, f->fd, frame);
    f->worker.inputs.till = NULL;
    hear(f, "\x88\x02\x03\xf5", true); /* MOCKET_WS_CODE_TRY_LATER */
    fixture_free(f);
    mocket__account_release(&account);
}

/* Frames that come with the handshake are the socket's: a message, whose handler waits, and a close frame, which ends
 * the wait. */
static void test_frames_behind_the_handshake(void **state)
{
    static const mocket_span frames = UNIT_ROW("\x81\x84\0\0\0\0wait\x88\x80\0\0\0\0");
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    assert_int_equal(send(f->fd, handshake.ptr, handshake.len, MSG_NOSIGNAL), handshake.len);
    say_bytes(f, f->fd, frames);
    hear_text(f, "\r\n\r\n\x88", true);
    fixture_free(f);
}

/* The client sends no more, and may still receive: the handler's wait ends, and its answer is sent. */
static void test_a_client_that_is_half_closed(void **state)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    (void)state;
    say(f, "GET /nap HTTP/1.1\r\nHost: x\r\n\r\n");
    shutdown(f->fd, SHUT_WR);
    hear_text(f, "200 OK", true);
    fixture_free(f);
}

/* What is idle closes; the head that has begun is waited for; a socket gets a close frame. */
static void test_a_stop_in_each_state(void **state)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    int idle = f->fd, head = client_new(f, &mocket__h1), socket = client_new(f, &mocket__h1);
    (void)state;
    say_bytes(f, head, MOCKET_SPAN("GET / HTTP/1.1\r\nHo"));
    say_bytes(f, socket, handshake);
    f->fd = socket;
    hear_text(f, "101 Switching", false);
    mocket__worker_stop(&f->worker);
    hear(f, "\x88\x02\x03\xe9", false); /* 1001: going away */
    f->fd = idle;
    hear(f, "", true);
    close(idle);
    f->fd = head;
    hear(f, "", false);
    say(f, "st: x\r\n\r\n");
    hear_text(f, "Connection: close", true);
    close(head);
    f->fd = socket;
    assert_int_equal(f->worker.connection_count, 1);
    say_bytes(f, socket, (mocket_span)UNIT_ROW("\x88\x80\0\0\0\0"));
    fixture_free(f);
}

static bool failing_on; /* all allocations behind the failing one fail too */

static void *fail_once_or_on(void *ptr, size_t len)
{
    unit_allocations++;
    bool fails = failing_on ? unit_allocations >= unit_failing : unit_allocations == unit_failing;
    return fails ? NULL : realloc(ptr, len);
}

/* As far as the server listens. */
static void try_to_say(struct fixture *f, mocket_span bytes)
{
    char got[20000];
    send(f->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    for (int i = 0; i < 10; i++) {
        turn(f);
        recv(f->fd, got, sizeof got, MSG_DONTWAIT);
    }
}

static void log_nothing(void *data, int level, mocket_span line)
{
    (void)data, (void)level, (void)line;
}

/* Returns whether there was an allocation to fail. */
static bool talk_without_memory(const mocket_span *lines, size_t count)
{
    struct fixture *f = fixture_new(app_new(), &mocket__h1);
    f->opts.log = log_nothing;
    unit_allocations = 0;
    mocket__memory_hook(fail_once_or_on);
    for (size_t i = 0; i < count; i++)
        try_to_say(f, lines[i]);
    close(f->fd);
    f->fd = -1;
    turn(f);
    mocket__memory_hook(NULL);
    fixture_free(f);
    return unit_allocations >= unit_failing;
}

/* Whatever there is no memory for, no handler is forgotten, and the connection and its memory are gone in the end. */
static void test_each_allocation_fails(void **state)
{
    static const mocket_span plain[] = {
        UNIT_ROW("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\nGET /nap HTT"),
        UNIT_ROW("P/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n"),
    };
    const mocket_span frames[] = {
        handshake,
        UNIT_ROW("\x82\x84\0\0\0\0echo\x89\x81\0\0\0\0p\x82\x83\0\0\0\0two"),
        UNIT_ROW("\x81\x84\0\0\0\0wait\x82\x84\0\0\0\0more"),
        UNIT_ROW("\x89\x81\0\0\0\0p"),
        UNIT_ROW("\x88\x80\0\0\0\0"),
    };
    (void)state;
    for (int on = 0; on < 2; on++) {
        failing_on = on;
        for (unit_failing = 1; talk_without_memory(plain, UNIT_COUNT(plain)); unit_failing++)
            continue;
        assert_true(unit_failing > 1);
        for (unit_failing = 1; talk_without_memory(frames, UNIT_COUNT(frames)); unit_failing++)
            continue;
        assert_true(unit_failing > 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchanges_of_one_connection_wait_independently),
        cmocka_unit_test(test_the_client_leaves_while_several_wait),
        cmocka_unit_test(test_a_handler_outlives_its_client),
        cmocka_unit_test(test_all_are_cut_while_handlers_end),
        cmocka_unit_test(test_requests_in_pieces_and_in_a_pipeline),
        cmocka_unit_test(test_a_refused_head_is_the_last),
        cmocka_unit_test(test_the_client_leaves_a_handler_that_sleeps),
        cmocka_unit_test(test_half_a_head_and_the_end),
        cmocka_unit_test(test_frames_behind_the_handshake),
        cmocka_unit_test(test_a_client_that_is_half_closed),
        cmocka_unit_test(test_a_stop_in_each_state),
        cmocka_unit_test(test_no_room_behind_the_last_answer),
        cmocka_unit_test(test_no_room_for_a_message_while_a_handler_waits),
        cmocka_unit_test(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
