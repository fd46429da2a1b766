/* Outgoing requests without a handler: who is asked where they may go, what an owner may do and when, and that nothing
 * is left of them. The rest is tested through an app, by tests/native/fetch. */
#include "unit.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "src/backend/native/client/outgoing.h"

/* ---- a server of a few words, one connection at a time ---- */

struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    atomic_int accepted;
};

static void answer(int fd, const char *request)
{
    char text[512];
    const char *to = strstr(request, "?to=");
    if (strncmp(request, "GET /silent", 11) == 0)
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    else if (to)
        snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %.*s\r\n\r\n",
                 (int)strcspn(to + 4, " "), to + 4);
    else
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    while (strncmp(request, "GET /silent", 11) == 0 && read(fd, text, sizeof text) > 0)
        ; /* until the other side goes */
}

static void *serve(void *arg)
{
    struct server *s = arg;
    char request[4096];
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        atomic_fetch_add(&s->accepted, 1);
        ssize_t n = read(fd, request, sizeof request - 1);
        request[n > 0 ? n : 0] = '\0';
        if (n > 0)
            answer(fd, request);
        close(fd);
    }
    return NULL;
}

static void server_listen(struct server *s)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    *s = (struct server){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s->fd, 1024), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
    s->port = ntohs(at.sin_port);
}

static void server_open(struct server *s)
{
    server_listen(s);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

/* The same port of ::1. False: there is no such address here. */
static bool server_open6(struct server *s, uint16_t port)
{
    struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons(port) };
    *s = (struct server){ .fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), .port = port };
    if (s->fd < 0)
        return false;
    if (bind(s->fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(s->fd, 16) < 0) {
        close(s->fd);
        return false;
    }
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return true;
}

static void server_close(struct server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

/* ---- names: getaddrinfo of this program ---- */

static struct {
    atomic_int called;
    atomic_int last_byte; /* of 127.0.0.x, which every name has */
    pthread_mutex_t held; /* while this is locked, nobody gets an answer */
} names = { .last_byte = 1, .held = PTHREAD_MUTEX_INITIALIZER };

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    (void)service, (void)hints;
    atomic_fetch_add(&names.called, 1);
    pthread_mutex_lock(&names.held);
    pthread_mutex_unlock(&names.held);
    if (strncmp(name, "gone", 4) == 0)
        return EAI_NONAME;
    struct addrinfo *row = calloc(1, sizeof *row + sizeof(struct sockaddr_in));
    struct sockaddr_in *at = (struct sockaddr_in *)(void *)(row + 1);
    at->sin_family = AF_INET;
    at->sin_addr.s_addr = htonl(0x7f000000u + (uint32_t)atomic_load(&names.last_byte));
    row->ai_family = AF_INET;
    row->ai_addr = (struct sockaddr *)at;
    row->ai_addrlen = sizeof *at;
    *out = row;
    return 0;
}

void freeaddrinfo(struct addrinfo *row)
{
    free(row);
}

/* ---- an owner ---- */

struct fixture {
    uv_loop_t loop;
    struct mocket_pool *pool;
    struct server server;
    size_t descriptors;
};

struct owner {
    struct mocket_outgoing *out, *other;
    bool end_at_once;
    int told;
    /* what allow was asked, and answers: */
    char asked[8][80];
    size_t asked_count;
    const char *deny_host;
    bool deny_addresses, deny_once;
};

static void changed(void *arg)
{
    struct owner *o = arg;
    o->told++;
    if (!o->end_at_once)
        return;
    mocket__outgoing_end(o->out);
    mocket__outgoing_end(o->other);
    o->out = o->other = NULL;
}

static bool allow(void *arg, mocket_span host, uint16_t port, const struct sockaddr *address)
{
    struct owner *o = arg;
    assert_true(port > 0 && o->asked_count < UNIT_COUNT(o->asked));
    snprintf(o->asked[o->asked_count++], sizeof o->asked[0], "%.*s%s", (int)host.len, host.ptr, address ? " +" : "");
    bool once = address && o->deny_once;
    o->deny_once &= !once;
    if (address)
        return !o->deny_addresses && !once;
    return !o->deny_host || !mocket__span_eq(host, mocket__span(o->deny_host));
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->descriptors = unit_open_files();
    atomic_store(&names.called, 0);
    atomic_store(&names.last_byte, 1);
    server_open(&f->server);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    f->pool = mocket__pool_new(&f->loop, 512);
    assert_non_null(f->pool);
    *state = f;
    return 0;
}

/* Nothing may be left, whatever the test did. */
static int tear_down(void **state)
{
    struct fixture *f = *state;
    mocket__pool_free(f->pool);
    assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    server_close(&f->server);
    assert_int_equal(unit_open_files(), f->descriptors);
    free(f);
    return 0;
}

static int start(struct fixture *f, struct owner *o, const char *url, struct mocket_outgoing_opts opts)
{
    char whole[300];
    snprintf(whole, sizeof whole, url, f->server.port, f->server.port);
    opts.url = mocket__span(whole);
    opts.method = opts.method.ptr ? opts.method : MOCKET_SPAN("GET");
    opts.changed = changed;
    opts.allow = allow;
    opts.data = o;
    return mocket__outgoing_start(f->pool, &opts, &o->out);
}

/* Until the head is here; the state. */
static int wait_head(struct fixture *f, struct owner *o)
{
    while (mocket__outgoing_state(o->out) == MOCKET_EAGAIN)
        uv_run(&f->loop, UV_RUN_ONCE);
    return mocket__outgoing_state(o->out);
}

/* All of the body; its length, or why it broke off. */
static ptrdiff_t read_all(struct fixture *f, struct owner *o, char *buf, size_t cap)
{
    size_t len = 0;
    for (;;) {
        ptrdiff_t n = mocket__outgoing_read(o->out, buf + len, cap - len);
        if (n == MOCKET_EAGAIN) {
            assert_false(mocket__outgoing_readable(o->out));
            uv_run(&f->loop, UV_RUN_ONCE);
        } else if (n <= 0) {
            return n < 0 ? n : (ptrdiff_t)len;
        } else {
            len += (size_t)n;
        }
    }
}

/* ---- tests ---- */

static void test_exchange(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    char body[64];
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    assert_int_equal(o.told, 0);
    assert_int_equal(wait_head(f, &o), 0);
    assert_int_equal(mocket__outgoing_status(o.out), 200);
    assert_int_equal(read_all(f, &o, body, sizeof body), 5);
    assert_memory_equal(body, "hello", 5);
    assert_true(o.told > 0);
    mocket__outgoing_end(o.out);
    mocket__outgoing_end(NULL);
}

static void test_name_is_denied(void **state)
{
    struct fixture *f = *state;
    struct owner o = { .deny_host = "localhost" };
    struct mocket_outgoing_opts opts = { .follow = true };
    assert_int_equal(start(f, &o, "http://LocalHost:%u/", opts), MOCKET_EDENIED);
    assert_null(o.out);
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/?to=http://localhost:%u/", opts), 0);
    assert_int_equal(wait_head(f, &o), MOCKET_EDENIED);
    mocket__outgoing_end(o.out);
    assert_int_equal(atomic_load(&f->server.accepted), 1);
}

static void test_address_is_denied(void **state)
{
    struct fixture *f = *state;
    struct owner o = { .deny_addresses = true };
    assert_int_equal(start(f, &o, "http://localhost:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    assert_int_equal(wait_head(f, &o), MOCKET_EDENIED);
    mocket__outgoing_end(o.out);
    assert_int_equal(atomic_load(&f->server.accepted), 0);
    assert_string_equal(o.asked[0], "localhost");
    assert_string_equal(o.asked[1], "localhost +");
}

/* Rules are about what will be connected to, however it was written. */
static void test_what_is_asked(void **state)
{
    static const struct {
        const char *url, *host;
    } rows[] = {
        { "http://127.1:%u/", "127.0.0.1" },        { "http://0x7f.0.0.1:%u/", "127.0.0.1" },
        { "http://2130706433:%u/", "127.0.0.1" },   { "http://127.0.0.1:%u/?to=//LOCALHOST:%u/", "127.0.0.1" },
        { "http://%%6cocalhost:%u/", "localhost" }, { "http://[::1]:%u/", "::1" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct owner o = { .deny_addresses = true };
        assert_int_equal(start(f, &o, rows[i].url, (struct mocket_outgoing_opts){ .follow = true }), 0);
        assert_int_equal(wait_head(f, &o), MOCKET_EDENIED);
        mocket__outgoing_end(o.out);
        assert_string_equal(o.asked[0], rows[i].host);
    }
    assert_int_equal(atomic_load(&f->server.accepted), 0);
}

static void test_what_cannot_start(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    struct mocket_field bad[] = { { MOCKET_SPAN("a b"), MOCKET_SPAN("1") },
                                  { MOCKET_SPAN("a"), MOCKET_SPAN("1\r\nb: 2") } };
    static const char *const urls[] = { "", "x", "ftp://a/", "http://u:p@127.0.0.1:%u/", "file:///", "http://a b/" };
    for (size_t i = 0; i < UNIT_COUNT(urls); i++)
        assert_int_equal(start(f, &o, urls[i], (struct mocket_outgoing_opts){ 0 }), MOCKET_EINVAL);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct mocket_fields fields = { &bad[i], 1, 1 };
        assert_int_equal(start(f, &o, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ .fields = &fields }),
                         MOCKET_EINVAL);
    }
    assert_int_equal(
        start(f, &o, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ .method = MOCKET_SPAN("CONNECT") }),
        MOCKET_EINVAL);
    assert_null(o.out);
}

/* Two of them: whichever is told first ends both, in changed. */
static void test_end_inside_changed(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 20; round++) {
        struct owner one = { .end_at_once = true }, two = { .end_at_once = true };
        assert_int_equal(start(f, &one, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
        assert_int_equal(start(f, &two, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
        one.other = two.out;
        two.other = one.out;
        while (one.told + two.told == 0)
            uv_run(&f->loop, UV_RUN_ONCE);
        uv_run(&f->loop, UV_RUN_NOWAIT);
        assert_int_equal(one.told + two.told, 1);
    }
}

static void test_silence(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    char body[64];
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/silent", (struct mocket_outgoing_opts){ .silence_ms = 100 }), 0);
    assert_int_equal(wait_head(f, &o), 0);
    assert_int_equal(read_all(f, &o, body, sizeof body), MOCKET_ETIMEDOUT);
    mocket__outgoing_end(o.out);
}

static void test_streamed_body(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    struct mocket_outgoing_opts opts = { .method = MOCKET_SPAN("POST"), .streams = true, .body_len = 3 };
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/", opts), 0);
    assert_true(mocket__outgoing_writable(o.out));
    assert_int_equal(mocket__outgoing_write(o.out, MOCKET_SPAN("abcd")), MOCKET_EINVAL);
    assert_int_equal(mocket__outgoing_write(o.out, MOCKET_SPAN("ab")), 2);
    assert_int_equal(mocket__outgoing_write(o.out, MOCKET_SPAN("cd")), MOCKET_EINVAL);
    assert_int_equal(mocket__outgoing_finish(o.out), MOCKET_EINVAL);
    assert_int_equal(mocket__outgoing_state(o.out), MOCKET_EINVAL);
    mocket__outgoing_end(o.out);

    static char much[200000];
    opts.body_len = -1;
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/", opts), 0);
    ptrdiff_t n = mocket__outgoing_write(o.out, (mocket_span){ much, sizeof much });
    assert_true(n > 0 && n < (ptrdiff_t)sizeof much);
    assert_int_equal(mocket__outgoing_write(o.out, (mocket_span){ much, 1 }), MOCKET_EAGAIN);
    assert_false(mocket__outgoing_writable(o.out));
    assert_int_equal(mocket__outgoing_finish(o.out), 0);
    assert_int_equal(mocket__outgoing_write(o.out, (mocket_span){ much, 1 }), MOCKET_ESTATE);
    mocket__outgoing_end(o.out);
}

/* It answers before the body has come, and a redirect wants none of it any more: that is nobody's mistake. */
static void test_streamed_body_nobody_wants(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    struct mocket_outgoing_opts opts = { .method = MOCKET_SPAN("POST"), .streams = true, .body_len = 3 };
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/?to=/silent", opts), 0);
    opts.follow = true;
    mocket__outgoing_end(o.out);
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/?to=/silent", opts), 0);
    assert_int_equal(wait_head(f, &o), 0);
    assert_true(mocket__outgoing_writable(o.out));
    assert_int_equal(mocket__outgoing_write(o.out, MOCKET_SPAN("abc")), MOCKET_ECLOSED);
    assert_int_equal(mocket__outgoing_finish(o.out), 0);
    mocket__outgoing_end(o.out);

    opts = (struct mocket_outgoing_opts){ .method = MOCKET_SPAN("POST"), .body = MOCKET_SPAN("abc") };
    assert_int_equal(start(f, &o, "http://127.0.0.1:%u/", opts), 0);
    assert_int_equal(mocket__outgoing_write(o.out, MOCKET_SPAN("abc")), MOCKET_ESTATE);
    mocket__outgoing_end(o.out);
}

/* An address of one hop that was denied says nothing about the next one. */
static void test_denied_on_the_way(void **state)
{
    struct fixture *f = *state;
    struct owner o = { .deny_once = true };
    struct mocket_outgoing_opts opts = { .follow = true };
    struct server other;
    if (!server_open6(&other, f->server.port))
        skip();
    assert_int_equal(start(f, &o, "http://localhost:%u/?to=http://127.0.0.1:1/", opts), 0);
    assert_int_equal(wait_head(f, &o), MOCKET_EIO);
    assert_int_equal(o.asked_count, 5);
    mocket__outgoing_end(o.out);
    server_close(&other);
}

/* One exchange from beginning to end; its state. */
static int fetch(struct fixture *f, struct owner *o, const char *url)
{
    *o = (struct owner){ .deny_addresses = o->deny_addresses };
    int rc = start(f, o, url, (struct mocket_outgoing_opts){ .follow = true });
    if (rc == 0)
        rc = wait_head(f, o);
    mocket__outgoing_end(o->out);
    return rc;
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    assert_int_equal(fetch(f, &o, "http://A.test:%u/"), 0);
    assert_int_equal(o.asked_count, 2);
    assert_string_equal(o.asked[0], "a.test");
    assert_string_equal(o.asked[1], "a.test +");
    assert_int_equal(fetch(f, &o, "http://a.test:%u/"), 0); /* another connection, the same lookup */
    assert_int_equal(atomic_load(&f->server.accepted), 2);
    assert_int_equal(atomic_load(&names.called), 1);
    assert_int_equal(fetch(f, &o, "http://127.0.0.1:%u/?to=http://b.test:%u/"), 0);
    assert_int_equal(atomic_load(&names.called), 2);
    assert_int_equal(fetch(f, &o, "http://gone.test:%u/"), MOCKET_EIO);
    assert_int_equal(atomic_load(&names.called), 3);
    assert_int_equal(fetch(f, &o, "http://localhost:%u/"), 0); /* these are known */
    assert_int_equal(fetch(f, &o, "http://x.localhost:%u/"), 0);
    assert_int_equal(atomic_load(&names.called), 3);
}

/* An address is looked at each time that a connection is made, also when it was there before. */
static void test_addresses_of_names_are_denied(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    assert_int_equal(fetch(f, &o, "http://a.test:%u/"), 0);
    o.deny_addresses = true;
    assert_int_equal(fetch(f, &o, "http://a.test:%u/"), MOCKET_EDENIED);
    assert_int_equal(fetch(f, &o, "http://new.test:%u/"), MOCKET_EDENIED);
    assert_int_equal(atomic_load(&f->server.accepted), 1);
}

/* What libcurl got for one exchange is not used when the lookup does not hold any more. */
static void test_addresses_that_change(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    char url[64];
    assert_int_equal(fetch(f, &o, "http://a.test:%u/"), 0);
    atomic_store(&names.last_byte, 9);   /* where nobody listens */
    for (unsigned i = 0; i < 300; i++) { /* so that a.test is not among the names that are kept */
        snprintf(url, sizeof url, "http://x%u.test:%%u/", i);
        assert_int_equal(fetch(f, &o, url), MOCKET_EIO);
    }
    assert_int_equal(fetch(f, &o, "http://a.test:%u/"), MOCKET_EIO);
    assert_int_equal(atomic_load(&names.called), 302);
    assert_int_equal(atomic_load(&f->server.accepted), 1);
}

static void test_a_lookup_that_takes_long(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 }, left = { 0 };
    pthread_mutex_lock(&names.held);
    assert_int_equal(start(f, &o, "http://a.test:%u/", (struct mocket_outgoing_opts){ .timeout_ms = 50 }), 0);
    assert_int_equal(start(f, &left, "http://left.test:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    uv_run(&f->loop, UV_RUN_ONCE);
    mocket__outgoing_end(left.out);
    assert_int_equal(wait_head(f, &o), MOCKET_ETIMEDOUT);
    assert_string_equal(mocket__outgoing_reason(o.out), "looking up the server's name takes too long");
    mocket__outgoing_end(o.out);
    pthread_mutex_unlock(&names.held);
    assert_int_equal(fetch(f, &o, "http://a.test:%u/"), 0);
    assert_int_equal(atomic_load(&names.called), 2);
}

static void test_a_streamed_body_waits_for_the_name(void **state)
{
    struct fixture *f = *state;
    struct owner o = { 0 };
    struct mocket_outgoing_opts opts = { .method = MOCKET_SPAN("POST"), .streams = true, .body_len = 3 };
    pthread_mutex_lock(&names.held);
    assert_int_equal(start(f, &o, "http://a.test:%u/", opts), 0);
    while (atomic_load(&names.called) == 0)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_true(mocket__outgoing_writable(o.out));
    assert_int_equal(mocket__outgoing_write(o.out, MOCKET_SPAN("abc")), 3);
    assert_int_equal(mocket__outgoing_finish(o.out), 0);
    pthread_mutex_unlock(&names.held);
    assert_int_equal(wait_head(f, &o), 0);
    mocket__outgoing_end(o.out);
}

static void count_lookups(void *arg, int change)
{
    *(int *)arg += change;
}

/* More names at once than the queue takes from one owner; those that left keep the threads that they have. */
static void test_too_many_names(void **state)
{
    struct fixture *f = *state;
    static struct owner o[500];
    int lookups = 0, refused = 0;
    char url[64];
    mocket__pool_watch_lookups(f->pool, count_lookups, &lookups);
    pthread_mutex_lock(&names.held);
    for (size_t i = 0; i < UNIT_COUNT(o); i++) {
        o[i] = (struct owner){ 0 };
        snprintf(url, sizeof url, "http://x%zu.test:%%u/", i);
        assert_int_equal(start(f, &o[i], url, (struct mocket_outgoing_opts){ 0 }), 0);
    }
    for (int i = 0; i < 20; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < UNIT_COUNT(o); i++) {
        refused += mocket__outgoing_state(o[i].out) == MOCKET_ELIMIT;
        mocket__outgoing_end(o[i].out);
    }
    assert_int_equal(refused, 500 - 354);
    assert_int_equal(lookups, 12);
    while (atomic_load(&names.called) < 12)
        usleep(1000);
    pthread_mutex_unlock(&names.held);
    assert_int_equal(fetch(f, &o[0], "http://y.test:%u/"), 0);
    while (lookups > 0)
        assert_int_equal(fetch(f, &o[0], "http://127.0.0.1:%u/"), 0);
    mocket__pool_watch_lookups(f->pool, NULL, NULL);
}

/* To a server that accepts nothing. */
static void test_an_exchange_costs_one_descriptor(void **state)
{
    struct fixture *f = *state;
    struct owner o[20] = { { 0 } };
    struct server still = { 0 };
    server_listen(&still);
    struct fixture to_still = { .pool = f->pool, .server = still };
    assert_int_equal(fetch(f, &o[0], "http://127.0.0.1:%u/"), 0);
    usleep(20000); /* the server's side of that is closed, too */
    size_t before = unit_open_files();
    for (size_t i = 0; i < UNIT_COUNT(o); i++)
        assert_int_equal(start(&to_still, &o[i], "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    for (int i = 0; i < 20; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(unit_open_files() - before, UNIT_COUNT(o));
    for (size_t i = 0; i < UNIT_COUNT(o); i++)
        mocket__outgoing_end(o[i].out);
    close(still.fd);
}

/* To a server that answers nothing: more exchanges than there may be connections wait, and begin when others end. */
static void test_connections_are_bounded(void **state)
{
    struct fixture *f = *state;
    static struct owner o[40];
    struct server still = { 0 };
    server_listen(&still);
    struct fixture few = { .pool = mocket__pool_new(&f->loop, 8), .server = still };
    size_t before = unit_open_files();
    for (size_t i = 0; i < UNIT_COUNT(o); i++) {
        o[i] = (struct owner){ 0 };
        assert_int_equal(start(&few, &o[i], "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    }
    for (int i = 0; i < 50; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(unit_open_files() - before, 8 + 2); /* two are libcurl's own */
    for (size_t i = 0; i < UNIT_COUNT(o); i++) {
        mocket__outgoing_end(o[i].out);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    few.server = f->server;
    assert_int_equal(start(&few, &o[0], "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    assert_int_equal(wait_head(f, &o[0]), 0);
    mocket__pool_free(few.pool);
    close(still.fd);
}

/* Each answer's end makes libcurl forget all addresses: exchanges that have begun must not need them any more. */
static void exchange_with_names(struct fixture *f, struct owner *o, size_t count, unsigned name_count)
{
    char url[64];
    for (size_t i = 0; i < count; i++) {
        o[i] = (struct owner){ 0 };
        snprintf(url, sizeof url, "http://n%zu.test:%%u/", i % name_count);
        assert_int_equal(start(f, &o[i], url, (struct mocket_outgoing_opts){ 0 }), 0);
    }
    for (size_t i = 0; i < count; i++) {
        wait_head(f, &o[i]);
        assert_string_equal(mocket__outgoing_reason(o[i].out), "");
        assert_int_equal(mocket__outgoing_state(o[i].out), 0);
        mocket__outgoing_end(o[i].out);
    }
}

static void test_names_of_more_exchanges_than_connections(void **state)
{
    struct fixture *f = *state;
    static struct owner o[600];
    exchange_with_names(f, o, UNIT_COUNT(o), 1);
    exchange_with_names(f, o, UNIT_COUNT(o), 6);
    mocket__pool_free(f->pool);
    f->pool = mocket__pool_new(&f->loop, 8);
    exchange_with_names(f, o, 200, 6);
}

/* The first two have the connections; their line is long, and the server behind it does not answer. */
static void test_servers_take_turns(void **state)
{
    struct fixture *f = *state;
    struct owner slow[10], late = { 0 }, other = { 0 };
    struct server still = { 0 };
    server_listen(&still);
    struct fixture few = { .pool = mocket__pool_new(&f->loop, 2), .server = still };
    for (size_t i = 0; i < UNIT_COUNT(slow); i++) {
        slow[i] = (struct owner){ 0 };
        assert_int_equal(start(&few, &slow[i], "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    }
    few.server = f->server;
    assert_int_equal(start(&few, &late, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ .timeout_ms = 50 }), 0);
    assert_int_equal(wait_head(f, &late), MOCKET_ETIMEDOUT);
    assert_string_equal(mocket__outgoing_reason(late.out), "waiting for a free connection takes too long");
    mocket__outgoing_end(late.out);
    assert_int_equal(start(&few, &other, "http://127.0.0.1:%u/", (struct mocket_outgoing_opts){ .timeout_ms = 2000 }),
                     0);
    mocket__outgoing_end(slow[0].out);
    mocket__outgoing_end(slow[1].out);
    assert_int_equal(wait_head(f, &other), 0);
    mocket__outgoing_end(other.out);
    mocket__pool_free(few.pool);
    close(still.fd);
}

static void test_a_lookup_needs_no_connection(void **state)
{
    struct fixture *f = *state;
    struct owner named = { 0 }, other = { 0 };
    struct mocket_outgoing_opts opts = { .timeout_ms = 2000 };
    mocket__pool_free(f->pool);
    f->pool = mocket__pool_new(&f->loop, 1);
    pthread_mutex_lock(&names.held);
    assert_int_equal(start(f, &named, "http://a.test:%u/", (struct mocket_outgoing_opts){ 0 }), 0);
    assert_int_equal(start(f, &other, "http://127.0.0.1:%u/", opts), 0);
    int rc = wait_head(f, &other);
    pthread_mutex_unlock(&names.held);
    assert_int_equal(rc, 0);
    mocket__outgoing_end(other.out);
    assert_int_equal(wait_head(f, &named), 0);
    mocket__outgoing_end(named.out);
}

static void test_pool_ends_with_requests_under_way(void **state)
{
    struct fixture *f = *state;
    struct owner o[5] = { { 0 } };
    for (size_t i = 0; i < UNIT_COUNT(o); i++) {
        assert_int_equal(start(f, &o[i], "http://127.0.0.1:%u/silent", (struct mocket_outgoing_opts){ 0 }), 0);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
}

static int run_exchange(void *arg)
{
    struct fixture *f = arg;
    struct owner o = { 0 };
    char body[64];
    int rc = start(f, &o, "http://127.0.0.1:%u/?to=/x", (struct mocket_outgoing_opts){ .follow = true });
    if (rc == 0) {
        rc = wait_head(f, &o);
        ptrdiff_t n = rc == 0 ? read_all(f, &o, body, sizeof body) : rc;
        rc = n == 5 ? 0 : (int)n;
        mocket__outgoing_end(o.out);
    }
    uv_run(&f->loop, UV_RUN_NOWAIT);
    return rc;
}

static void test_each_allocation_fails(void **state)
{
    assert_true(unit_each_allocation_fails(run_exchange, *state) >= 3);
}

/* What a program opens once and keeps is no leak of a test. */
static void warm_up(void)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_loop_close(&loop);
}

int main(void)
{
    warm_up();
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(test_exchange),
        TEST(test_name_is_denied),
        TEST(test_address_is_denied),
        TEST(test_what_is_asked),
        TEST(test_what_cannot_start),
        TEST(test_end_inside_changed),
        TEST(test_silence),
        TEST(test_streamed_body),
        TEST(test_streamed_body_nobody_wants),
        TEST(test_denied_on_the_way),
        TEST(test_each_allocation_fails),
        TEST(test_names_of_more_exchanges_than_connections),
        TEST(test_servers_take_turns),
        TEST(test_a_lookup_needs_no_connection),
        TEST(test_pool_ends_with_requests_under_way),
        TEST(test_names),
        TEST(test_addresses_of_names_are_denied),
        TEST(test_addresses_that_change),
        TEST(test_a_lookup_that_takes_long),
        TEST(test_a_streamed_body_waits_for_the_name),
        TEST(test_too_many_names),
        TEST(test_an_exchange_costs_one_descriptor),
        TEST(test_connections_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
