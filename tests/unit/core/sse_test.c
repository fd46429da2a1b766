/* Server-Sent Events: what is written for what was said, and how long sleeps are cut. */
#include "unit.h"

#include "src/base/buf.h"
#include "src/core/dispatch.h"
#include "src/core/backend.h"

/* ---- A sink that keeps what it got, and a clock that tells what it was asked ---- */

struct catcher {
    struct mocket_sink sink;
    struct mocket_fields fields;
    struct mocket_buf body;
    int pieces;
    int write_fails_at; /* the piece; 0: none */
    bool ended, aborted;
};

static int take_head(struct mocket_sink *s, const struct mocket_response_head *head, int64_t body_len)
{
    struct catcher *c = (struct catcher *)s;
    (void)body_len;
    c->fields = *head->fields;
    return 0;
}

static int take_whole(struct mocket_sink *s, const struct mocket_response_head *head, mocket_span body)
{
    struct catcher *c = (struct catcher *)s;
    c->fields = *head->fields;
    mocket__buf_span(&c->body, body);
    return 0;
}

static int take(struct mocket_sink *s, mocket_span bytes)
{
    struct catcher *c = (struct catcher *)s;
    if (++c->pieces == c->write_fails_at)
        return MOCKET_ECLOSED;
    mocket__buf_span(&c->body, bytes);
    return 0;
}

static int end(struct mocket_sink *s)
{
    ((struct catcher *)s)->ended = true;
    return 0;
}

static void cut(struct mocket_sink *s)
{
    ((struct catcher *)s)->aborted = true;
}

struct clock {
    struct mocket_env env;
    struct mocket_buf naps; /* such as "15000 1 " */
    int count;
    int fails_at; /* the nap; 0: none */
};

static int nap(struct mocket_env *env, mocket_event *e, uint32_t ms)
{
    struct clock *c = (struct clock *)env;
    (void)e;
    mocket__buf_decimal(&c->naps, ms);
    mocket__buf_text(&c->naps, " ");
    return ++c->count == c->fails_at ? MOCKET_ECLOSED : 0;
}

static void log_nothing(struct mocket_env *env, int level, mocket_span line)
{
    (void)env;
    (void)level;
    (void)line;
}

struct run {
    struct catcher catcher;
    struct clock clock;
    struct mocket_arena arena;
};

static void run_begin(struct run *r)
{
    *r = (struct run){ 0 };
    r->catcher.sink =
        (struct mocket_sink){ .respond = take_whole, .begin = take_head, .write = take, .end = end, .abort = cut };
    r->clock.env = (struct mocket_env){ .log = log_nothing, .sleep = nap };
    mocket__arena_init(&r->arena, 0);
}

static void run_dispatch(struct run *r, mocket_app *app, const struct mocket_field *header)
{
    struct mocket_request req = { .arena = &r->arena, .env = &r->clock.env };
    req.message.method = MOCKET_METHOD_GET;
    req.message.method_text = MOCKET_SPAN("GET");
    req.message.target = MOCKET_SPAN("/");
    if (header)
        mocket__fields_add(&req.message.fields, &r->arena, header->name, header->value);
    struct mocket_response res = { .sink = &r->catcher.sink };
    mocket_dispatch(app, &req, &res);
}

static void run_go(struct run *r, mocket_handler *handler, const struct mocket_field *header)
{
    mocket_app *app = mocket_new();
    mocket_get(app, "/", handler);
    run_dispatch(r, app, header);
    mocket_free(app);
}

static void run_end(struct run *r)
{
    mocket__buf_release(&r->catcher.body);
    mocket__buf_release(&r->clock.naps);
    mocket__arena_release(&r->arena);
}

static mocket_span field(const struct run *r, mocket_span name)
{
    size_t at = 0;
    const struct mocket_field *row = mocket__fields_next(&r->catcher.fields, name, &at);
    return row ? row->value : (mocket_span){ NULL, 0 };
}

/* ---- Events ---- */

static const struct {
    const char *event, *id, *data;
    int result;
    mocket_span text;
} events[] = {
    { NULL, NULL, "one", 0, UNIT_ROW("data: one\n\n") },
    { NULL, NULL, "", 0, UNIT_ROW("data: \n\n") },
    { NULL, NULL, NULL, 0, UNIT_ROW("data: \n\n") },
    { "tick", "7", "a", 0, UNIT_ROW("event: tick\nid: 7\ndata: a\n\n") },
    { "", "", "a", 0, UNIT_ROW("event: \nid: \ndata: a\n\n") },
    { NULL, NULL, "a\nb\r\nc\rd", 0, UNIT_ROW("data: a\ndata: b\ndata: c\ndata: d\n\n") },
    { NULL, NULL, "a\n", 0, UNIT_ROW("data: a\ndata: \n\n") },
    { NULL, NULL, "\n", 0, UNIT_ROW("data: \ndata: \n\n") },
    { NULL, NULL, "\r\r\n", 0, UNIT_ROW("data: \ndata: \ndata: \n\n") },
    { NULL, NULL, "\n\r", 0, UNIT_ROW("data: \ndata: \ndata: \n\n") },
    { NULL, NULL, "a\n\nid: 9\nretry: 0", 0, UNIT_ROW("data: a\ndata: \ndata: id: 9\ndata: retry: 0\n\n") },
    { NULL, NULL, " two blanks", 0, UNIT_ROW("data:  two blanks\n\n") },
    { "a\nb", NULL, "c", MOCKET_EINVAL, UNIT_ROW("") },
    { "a\r", NULL, "c", MOCKET_EINVAL, UNIT_ROW("") },
    { NULL, "\n", "c", MOCKET_EINVAL, UNIT_ROW("") },
    { NULL, "1\r\ndata: x", "c", MOCKET_EINVAL, UNIT_ROW("") },
};

static int send_row(mocket_event *e)
{
    size_t i = *(size_t *)mocket_data(e);
    unit_equal(mocket_sse(e, events[i].event, events[i].id, events[i].data), events[i].result, i);
    return mocket_sse_retry(e, 0); /* so that there is an answer */
}

static void test_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(events); i++) {
        struct run r;
        run_begin(&r);
        mocket_app *app = mocket_new();
        mocket_on(app, "GET", "/", send_row, &i);
        run_dispatch(&r, app, NULL);
        mocket_free(app);
        mocket_span got = mocket__buf_view(&r.catcher.body);
        assert_true(got.len >= 10);
        unit_same(mocket__span_slice(got, got.len - 10, got.len), MOCKET_SPAN("retry: 0\n\n"), i);
        unit_same(mocket__span_slice(got, 0, got.len - 10), events[i].text, i);
        assert_true(r.catcher.ended);
        unit_equal(r.catcher.pieces, events[i].result ? 1 : 2, i); /* an event is one piece */
        run_end(&r);
    }
}

/* ---- The head ---- */

static int plain(mocket_event *e)
{
    return mocket_sse(e, NULL, NULL, "x");
}

static int choosy(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "text/plain");
    mocket_header_set(e, "Cache-Control", "no-cache");
    mocket_header_set(e, "X-Accel-Buffering", "yes");
    return mocket_sse_sleep(e, 1);
}

static void test_head(void **state)
{
    (void)state;
    static const struct {
        mocket_handler *handler;
        mocket_span cache, buffering;
    } rows[] = { { plain, UNIT_ROW("no-store"), UNIT_ROW("no") }, { choosy, UNIT_ROW("no-cache"), UNIT_ROW("yes") } };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct run r;
        run_begin(&r);
        run_go(&r, rows[i].handler, NULL);
        unit_same(field(&r, MOCKET_SPAN("content-type")), MOCKET_SPAN("text/event-stream"), i);
        unit_same(field(&r, MOCKET_SPAN("cache-control")), rows[i].cache, i);
        unit_same(field(&r, MOCKET_SPAN("x-accel-buffering")), rows[i].buffering, i);
        run_end(&r);
    }
}

static int tell_last_id(mocket_event *e)
{
    const char *id = mocket_sse_last_id(e);
    return mocket_sse(e, NULL, NULL, id ? id : "none");
}

static void test_last_id(void **state)
{
    (void)state;
    const struct mocket_field header = { UNIT_ROW("last-event-id"), UNIT_ROW("41") };
    struct run r;
    run_begin(&r);
    run_go(&r, tell_last_id, &header);
    unit_same(mocket__buf_view(&r.catcher.body), MOCKET_SPAN("data: 41\n\n"), 0);
    run_end(&r);
    run_begin(&r);
    run_go(&r, tell_last_id, NULL);
    unit_same(mocket__buf_view(&r.catcher.body), MOCKET_SPAN("data: none\n\n"), 1);
    run_end(&r);
}

static int for_ever(mocket_event *e)
{
    int rc = 0;
    while (rc == 0)
        rc = mocket_sse_sleep(e, 1000);
    return rc;
}

static void test_head_request_ends(void **state)
{
    (void)state;
    struct run r;
    run_begin(&r);
    r.clock.fails_at = 3; /* so that this test ends in any case */
    mocket_app *app = mocket_new();
    mocket_head(app, "/", for_ever);
    struct mocket_request req = { .arena = &r.arena, .env = &r.clock.env };
    req.message.method = MOCKET_METHOD_HEAD;
    req.message.method_text = MOCKET_SPAN("HEAD");
    req.message.target = MOCKET_SPAN("/");
    struct mocket_response res = { .sink = &r.catcher.sink };
    mocket_dispatch(app, &req, &res);
    mocket_free(app);
    unit_same(field(&r, MOCKET_SPAN("content-type")), MOCKET_SPAN("text/event-stream"), 0);
    assert_int_equal(r.clock.count, 0);
    assert_true(r.catcher.ended && !r.catcher.aborted);
    run_end(&r);
}

/* ---- Waiting ---- */

static uint32_t wish_ms;

static int sleeper(mocket_event *e)
{
    int rc = mocket_sse_sleep(e, wish_ms);
    return rc < 0 ? rc : mocket_sse(e, NULL, NULL, "up");
}

static void test_sleep(void **state)
{
    (void)state;
    static const struct {
        uint32_t ms;
        int nap_fails_at, write_fails_at;
        mocket_span naps, text;
    } rows[] = {
        { 0, 0, 0, UNIT_ROW("0 "), UNIT_ROW("data: up\n\n") },
        { 1, 0, 0, UNIT_ROW("1 "), UNIT_ROW("data: up\n\n") },
        { 15000, 0, 0, UNIT_ROW("15000 "), UNIT_ROW("data: up\n\n") },
        { 15001, 0, 0, UNIT_ROW("15000 1 "), UNIT_ROW(":\n\ndata: up\n\n") },
        { 40000, 0, 0, UNIT_ROW("15000 15000 10000 "), UNIT_ROW(":\n\n:\n\ndata: up\n\n") },
        { 40000, 2, 0, UNIT_ROW("15000 15000 "), UNIT_ROW(":\n\n") }, /* the client left while it slept */
        { 40000, 0, 2, UNIT_ROW("15000 15000 "), UNIT_ROW(":\n\n") }, /* or a comment told */
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        struct run r;
        run_begin(&r);
        r.clock.fails_at = rows[i].nap_fails_at;
        r.catcher.write_fails_at = rows[i].write_fails_at;
        wish_ms = rows[i].ms;
        run_go(&r, sleeper, NULL);
        unit_same(mocket__buf_view(&r.clock.naps), rows[i].naps, i);
        unit_same(mocket__buf_view(&r.catcher.body), rows[i].text, i);
        bool fails = rows[i].nap_fails_at || rows[i].write_fails_at;
        unit_equal(r.catcher.aborted, fails, i);
        unit_equal(r.catcher.ended, !fails, i);
        run_end(&r);
    }
}

/* ---- No memory ---- */

static int hungry(mocket_event *e)
{
    static char long_text[4000];
    memset(long_text, 'x', sizeof long_text - 1);
    int rc = mocket_sse(e, "name", "id", "data");
    if (rc == 0)
        rc = mocket_sse(e, NULL, NULL, long_text);
    return rc == 0 ? mocket_sse_retry(e, 5) : rc;
}

static int go_hungry(void *app)
{
    struct run r;
    run_begin(&r);
    run_dispatch(&r, app, NULL);
    int rc = r.catcher.ended && r.catcher.body.status == 0 ? 0 : MOCKET_ENOMEM;
    run_end(&r);
    return rc;
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    mocket_app *app = mocket_new();
    mocket_get(app, "/", hungry);
    assert_true(unit_each_allocation_fails(go_hungry, app) > 3);
    mocket_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),  cmocka_unit_test(test_head),
        cmocka_unit_test(test_last_id), cmocka_unit_test(test_head_request_ends),
        cmocka_unit_test(test_sleep),   cmocka_unit_test(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
