/* A socket whose events come on the loop's stack, as the wasm host's do: one server, one raw client. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "src/base/buf.h"
#include "src/core/event.h"
#include "src/backend/native/native.h"
#include "unit.h"

#define M "\0\0\0\0"

/* What the socket of this test was told, "kind:data;", written by the server's thread, read when that has ended. */
struct fixture {
    mocket_app *app;
    uv_thread_t thread;
    int port;
    uv_sem_t ready;
    struct mocket_buf told;
    uv_timer_t timer;
    struct mocket_socket *socket; /* that is held */
    int writable;                 /* how often it was told so */
    int done_status;
    uint64_t body_in, body_out;
};

static struct fixture *fixture_of(struct mocket_socket *s)
{
    return mocket_worker(s->event);
}

static void release_timer(uv_timer_t *timer)
{
    struct fixture *f = timer->data;
    uv_close((uv_handle_t *)timer, NULL);
    if (f->socket != NULL)
        mocket__native_ws_hold(f->socket, false);
}

static void now_writable(struct mocket_socket *s)
{
    struct fixture *f = fixture_of(s);
    f->writable++;
    assert_true(mocket__native_ws_backlog(s) < 65536);
    s->ops->send(s, MOCKET_WS_TEXT, MOCKET_SPAN("writable"));
}

/* Fills it until it says that it is full. */
static void fill(struct mocket_socket *s)
{
    static const char piece[8192];
    int rc;
    while ((rc = s->ops->send(s, MOCKET_WS_BINARY, (mocket_span){ piece, sizeof piece })) == 0)
        ;
    assert_int_equal(rc, MOCKET_EAGAIN);
    assert_true(mocket__native_ws_backlog(s) >= 65536);
    mocket__native_ws_when_writable(s, now_writable);
}

static void on_event(struct mocket_socket *s, int kind, mocket_span data, int code)
{
    struct fixture *f = fixture_of(s);
    char text[32];
    snprintf(text, sizeof text, "%d:", kind == MOCKET_WS_CLOSED ? code : kind);
    mocket__buf_text(&f->told, text);
    mocket__buf_span(&f->told, data);
    mocket__buf_text(&f->told, ";");
    if (kind == MOCKET_WS_OPEN)
        assert_int_equal(s->ops->subscribe(s, MOCKET_SPAN("topic"), true), 0);
    if (kind == MOCKET_WS_TEXT && mocket__span_eq(data, MOCKET_SPAN("hold"))) {
        mocket__native_ws_hold(s, true);
        f->socket = s;
        f->timer.data = f;
        uv_timer_init(mocket__native_loop(s->event), &f->timer);
        uv_timer_start(&f->timer, release_timer, 100, 0);
    } else if (kind == MOCKET_WS_TEXT && mocket__span_eq(data, MOCKET_SPAN("fill"))) {
        fill(s);
    } else if (kind == MOCKET_WS_TEXT && mocket__span_eq(data, MOCKET_SPAN("close"))) {
        s->closing = true;
        assert_int_equal(s->ops->close(s, 4000, MOCKET_SPAN("own")), 0);
    } else if (kind == MOCKET_WS_TEXT) {
        assert_int_equal(s->ops->send(s, kind, data), 0);
    } else if (kind == MOCKET_WS_CLOSED) {
        assert_int_equal(s->ops->send(s, MOCKET_WS_TEXT, data), MOCKET_ECLOSED);
        f->socket = NULL;
    }
}

static int accept_socket(mocket_event *e)
{
    struct mocket_socket *s = mocket_mem(e, sizeof *s);
    s->event = e;
    s->on_event = on_event;
    e->res->kind = MOCKET_BODY_UPGRADE;
    e->res->status = 101;
    e->res->socket = s;
    return 0;
}

static void *worker_start(void *data)
{
    return data;
}

static void on_ready(void *data, const char *url)
{
    struct fixture *f = data;
    f->port = atoi(strrchr(url, ':') + 1);
    uv_sem_post(&f->ready);
}

static void on_done(void *data, const struct mocket_native_done *done)
{
    struct fixture *f = data;
    f->done_status = done->status;
    f->body_in = done->body_in;
    f->body_out = done->body_out;
}

static void serve(void *arg)
{
    static const char *const addresses[] = { "127.0.0.1:0" };
    struct fixture *f = arg;
    struct mocket_native_opts opts = {
        .addresses = addresses, .address_count = 1, .workers = 1, .on_ready = on_ready, .on_done = on_done, .data = f
    };
    mocket__native_serve(f->app, &opts);
}

static int connect_to(struct fixture *f, mocket_span rest)
{
    static const char head[] =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)f->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(fd, head, sizeof head - 1), sizeof head - 1);
    assert_int_equal(write(fd, rest.ptr, rest.len), rest.len);
    return fd;
}

static char answer[1 << 22]; /* what one client got */

static size_t end_of_head(size_t len)
{
    size_t end = 0;
    while (end + 4 <= len && memcmp(answer + end, "\r\n\r\n", 4) != 0)
        end++;
    return end + 4;
}

/* Until the end, or until at least wanted bytes came behind the head. */
static size_t read_on(int fd, size_t len, size_t wanted)
{
    ssize_t n = 1;
    while (n > 0 && len < sizeof answer && (end_of_head(len) > len || len - end_of_head(len) < wanted)) {
        n = read(fd, answer + len, sizeof answer - len);
        len += n > 0 ? (size_t)n : 0;
    }
    return len;
}

/* later: sent when that many bytes have come. */
static mocket_span session(struct fixture *f, mocket_span frames, mocket_span later, size_t after)
{
    size_t len = 0;
    *f = (struct fixture){ .app = mocket_new() };
    mocket_on_worker(f->app, worker_start, NULL, f);
    mocket_get(f->app, "/", accept_socket);
    uv_sem_init(&f->ready, 0);
    uv_thread_create(&f->thread, serve, f);
    uv_sem_wait(&f->ready);
    int fd = connect_to(f, frames);
    if (later.len > 0) {
        len = read_on(fd, 0, after);
        assert_int_equal(write(fd, later.ptr, later.len), later.len);
    }
    len = read_on(fd, len, SIZE_MAX);
    close(fd);
    mocket_stop(f->app);
    uv_thread_join(&f->thread);
    uv_sem_destroy(&f->ready);
    mocket_free(f->app);
    mocket_span all = { answer, len };
    assert_true(mocket__span_eq(mocket__span_slice(all, 0, 12), MOCKET_SPAN("HTTP/1.1 101")));
    return mocket__span_slice(all, end_of_head(len), len);
}

static void test_events(void **state)
{
    struct fixture f;
    (void)state;
    mocket_span came = session(&f,
                               MOCKET_SPAN("\x81\x82" M "hi\x89\x81" M "p\x88\x85" M "\x03\xe8"
                                           "bye"),
                               MOCKET_SPAN(""), 0);
    unit_same(came, MOCKET_SPAN("\x81\x02hi\x8a\x01p\x88\x02\x03\xe8"), 0);
    unit_same(mocket__buf_view(&f.told), MOCKET_SPAN("0:;1:hi;3:p;1000:bye;"), 0);
    assert_int_equal(f.done_status, 101);
    assert_int_equal(f.body_in, 2);
    assert_int_equal(f.body_out, 2 + 1 + 2);
    mocket__buf_release(&f.told);
}

/* While it is held pings are answered and messages wait. */
static void test_hold(void **state)
{
    struct fixture f;
    (void)state;
    mocket_span came = session(&f,
                               MOCKET_SPAN("\x81\x84" M "hold\x81\x81" M "a\x89\x81" M "p\x81\x85" M "close"
                                           "\x88\x82" M "\x0f\xa0"),
                               MOCKET_SPAN(""), 0);
    /* The close frame of the client is seen while it is held: what waited is dropped. */
    unit_same(came, MOCKET_SPAN("\x8a\x01p\x88\x02\x0f\xa0"), 0);
    unit_same(mocket__buf_view(&f.told), MOCKET_SPAN("0:;1:hold;4000:;"), 0);
    mocket__buf_release(&f.told);
}

static void test_own_close(void **state)
{
    struct fixture f;
    (void)state;
    mocket_span came =
        session(&f, MOCKET_SPAN("\x81\x85" M "close\x81\x81" M "a\x88\x82" M "\x0f\xa0"), MOCKET_SPAN(""), 0);
    unit_same(came, MOCKET_SPAN("\x88\x05\x0f\xa0own"), 0);
    unit_same(mocket__buf_view(&f.told), MOCKET_SPAN("0:;1:close;4000:;"), 0);
    mocket__buf_release(&f.told);
}

static void test_hold_and_release(void **state)
{
    struct fixture f;
    (void)state;
    mocket_span came = session(&f, MOCKET_SPAN("\x81\x84" M "hold\x81\x81" M "a\x89\x81" M "p\x81\x81" M "b"),
                               MOCKET_SPAN("\x88\x80" M), 9);
    unit_same(came,
              MOCKET_SPAN("\x8a\x01p\x81\x01"
                          "a\x81\x01"
                          "b\x88\x00"),
              0);
    unit_same(mocket__buf_view(&f.told), MOCKET_SPAN("0:;1:hold;1:a;3:p;1:b;1005:;"), 0);
    mocket__buf_release(&f.told);
}

static void test_writable(void **state)
{
    struct fixture f;
    (void)state;
    const size_t len = 8 * (8192 + 4) + 10;
    mocket_span came = session(&f, MOCKET_SPAN("\x81\x84" M "fill"), MOCKET_SPAN("\x88\x80" M), len);
    assert_int_equal(f.writable, 1);
    assert_int_equal(came.len, len + 2);
    unit_same(mocket__span_slice(came, came.len - 12, came.len), MOCKET_SPAN("\x81\x08writable\x88\x00"), 0);
    mocket__buf_release(&f.told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),    cmocka_unit_test(test_hold),     cmocka_unit_test(test_hold_and_release),
        cmocka_unit_test(test_own_close), cmocka_unit_test(test_writable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
