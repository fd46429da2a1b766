/* The adapter for wasi:http 0.3 gives back every handle, in whatever order things end. The platform is a model of the
 * canonical ABI that traps where the canonical ABI does. Wherever the platform may behave in several ways, each of them
 * is tried: choose() returns one number after the other, over all runs together every sequence of numbers. */
#include "tests/unit/unit.h"

#pragma GCC diagnostic ignored "-Wattributes" /* of imports, which only wasm has */
#define WASI_MINOR 3
#include "hosts/adapter/wasi/error_code.c"
#include "hosts/adapter/wasi_http3/body.c"
#include "hosts/adapter/wasi_http3/fetch.c"
#include "hosts/adapter/wasi_http3/waitable.c"

/* ---- Choices ---- */

enum { CHOICES_MAX = 64 };
static struct {
    unsigned taken[CHOICES_MAX], of[CHOICES_MAX];
    size_t at, count;
} choices;

static unsigned choose(unsigned of)
{
    assert_true(choices.at < CHOICES_MAX);
    if (choices.at == choices.count) {
        choices.taken[choices.count] = 0;
        choices.of[choices.count++] = of;
    }
    assert_int_equal(choices.of[choices.at], of);
    return choices.taken[choices.at++];
}

/* False: all sequences were tried. */
static bool next_sequence(void)
{
    choices.at = 0;
    while (choices.count > 0 && choices.taken[choices.count - 1] + 1 == choices.of[choices.count - 1])
        choices.count--;
    if (choices.count > 0)
        choices.taken[choices.count - 1]++;
    return choices.count > 0;
}

/* ---- The platform ---- */

enum kind { FREE, STREAM_READ, STREAM_WRITE, FUTURE_READ, FUTURE_WRITE, FIELDS, REQUEST, RESPONSE, SUBTASK };
enum progress { IDLE, COPYING, ENDED }; /* ENDED: its event has not been delivered */

struct entry {
    enum kind kind;
    enum progress progress;
    bool is_done;             /* a future that was read or written; a subtask that has ended */
    uint32_t code, set, most; /* most: bytes that a stream may take */
    union wasi_result *to;
    uint32_t request; /* of a subtask that has not started */
};

enum { HANDLES = 64, ARRIVE = 5 };
static struct entry table[HANDLES];
static struct http3 port;

static uint32_t give(enum kind kind)
{
    uint32_t handle = 1;
    while (handle < HANDLES && table[handle].kind != FREE)
        handle++;
    assert_true(handle < HANDLES);
    table[handle] = (struct entry){ .kind = kind };
    return handle;
}

static struct entry *entry(uint32_t handle, enum kind kind)
{
    assert_true(handle > 0 && handle < HANDLES);
    assert_int_equal(table[handle].kind, kind);
    return &table[handle];
}

static void take(uint32_t handle, enum kind kind)
{
    struct entry *e = entry(handle, kind);
    assert_int_equal(e->progress, IDLE);
    e->kind = FREE;
}

static size_t count_handles(void)
{
    size_t count = 0;
    for (size_t i = 0; i < HANDLES; i++)
        count += table[i].kind != FREE;
    return count;
}

/* What is read from a future: no trailers, trailers, or an error. */
static void land_trailers(union wasi_result *to)
{
    unsigned how = choose(3);
    memset(to, 0, sizeof *to);
    to->bytes[0] = how == 2;
    to->bytes[8] = how == 1;
    if (how == 1)
        to->words[3] = give(FIELDS);
}

static void land_response(union wasi_result *to)
{
    memset(to, 0, sizeof *to);
    to->bytes[0] = (uint8_t)choose(2);
    if (to->bytes[0] == 0)
        to->words[2] = give(RESPONSE);
}

/* The end of what is under way, in one of its ways. */
static uint32_t end_of(struct entry *e)
{
    unsigned how = choose(2);
    e->is_done |= e->kind == FUTURE_READ || e->kind == FUTURE_WRITE;
    if (e->kind == STREAM_READ || e->kind == STREAM_WRITE)
        return how ? WASI_DROPPED : (e->most < ARRIVE ? e->most : ARRIVE) << WASI_COPY_SHIFT;
    if (e->kind == FUTURE_READ && how == 0)
        land_trailers(e->to);
    return how ? WASI_DROPPED : WASI_COMPLETED;
}

static uint32_t begin(uint32_t handle, enum kind kind, union wasi_result *to, uint32_t most)
{
    struct entry *e = entry(handle, kind);
    assert_int_equal(e->progress, IDLE);
    assert_false(e->is_done);
    e->to = to;
    e->most = most;
    if (choose(2))
        return end_of(e);
    e->progress = COPYING;
    return WASI_BLOCKED;
}

/* Blocks: a copy that has ended returns its code, and its event is not delivered. */
static uint32_t cancel(uint32_t handle, enum kind kind)
{
    struct entry *e = entry(handle, kind);
    assert_int_not_equal(e->progress, IDLE);
    assert_int_equal(e->set, 0);
    uint32_t code = e->progress == ENDED ? e->code : choose(2) ? end_of(e) : WASI_CANCELLED;
    e->progress = IDLE;
    return code;
}

static void start_subtask(struct entry *e)
{
    take(e->request, REQUEST);
    e->request = 0;
}

static uint32_t end_subtask(struct entry *e)
{
    if (e->request)
        start_subtask(e);
    e->is_done = true;
    land_response(e->to);
    return WASI_RETURNED;
}

/* Something of what is under way ends, or starts; its event is delivered later. */
static void progress(void)
{
    for (uint32_t handle = 1; handle < HANDLES; handle++) {
        struct entry *e = &table[handle];
        if (e->kind == FREE || e->progress != COPYING || !choose(2))
            continue;
        if (e->kind == SUBTASK && e->request && choose(2)) {
            start_subtask(e);
            e->code = WASI_STARTED;
        } else {
            e->code = e->kind == SUBTASK ? end_subtask(e) : end_of(e);
        }
        e->progress = ENDED;
    }
}

static bool deliver(void)
{
    for (uint32_t handle = 1; handle < HANDLES; handle++) {
        struct entry *e = &table[handle];
        if (e->kind == FREE || e->progress != ENDED || e->set == 0)
            continue;
        e->progress = e->kind == SUBTASK && !e->is_done ? COPYING : IDLE;
        http3_event(e->kind == SUBTASK ? WASI_EVENT_SUBTASK : WASI_EVENT_STREAM_READ, handle, e->code);
        return true;
    }
    return false;
}

/* ---- The functions of the platform ---- */

void wasi_join(uint32_t waitable, uint32_t set)
{
    assert_true(waitable > 0 && waitable < HANDLES && table[waitable].kind != FREE);
    table[waitable].set = set;
}

/* The readable end of what the adapter makes is the platform's at once: it has no place in the table. */
uint64_t wasi_stream_new(void)
{
    return (uint64_t)give(STREAM_WRITE) << 32;
}
uint64_t wasi_trailers_new(void)
{
    return (uint64_t)give(FUTURE_WRITE) << 32;
}
uint64_t wasi_outcome_new(void)
{
    return (uint64_t)give(FUTURE_WRITE) << 32;
}
uint32_t wasi_stream_read(uint32_t end, void *to, uint32_t len)
{
    assert_true(to && len > 0);
    memset(to, 'x', len < ARRIVE ? len : ARRIVE);
    return begin(end, STREAM_READ, NULL, len);
}
uint32_t wasi_stream_write(uint32_t end, const void *from, uint32_t len)
{
    assert_true(from && len > 0);
    return begin(end, STREAM_WRITE, NULL, len);
}
uint32_t wasi_stream_cancel_read(uint32_t end)
{
    return cancel(end, STREAM_READ);
}
uint32_t wasi_stream_cancel_write(uint32_t end)
{
    return cancel(end, STREAM_WRITE);
}
void wasi_stream_drop_readable(uint32_t end)
{
    take(end, STREAM_READ);
}
void wasi_stream_drop_writable(uint32_t end)
{
    take(end, STREAM_WRITE);
}
uint32_t wasi_trailers_read(uint32_t end, union wasi_result *to)
{
    return begin(end, FUTURE_READ, to, 0);
}
uint32_t wasi_trailers_write(uint32_t end, const union wasi_result *from)
{
    assert_non_null(from);
    return begin(end, FUTURE_WRITE, NULL, 0);
}
uint32_t wasi_trailers_cancel_read(uint32_t end)
{
    return cancel(end, FUTURE_READ);
}
void wasi_trailers_drop_readable(uint32_t end)
{
    take(end, FUTURE_READ);
}
void wasi_trailers_drop_writable(uint32_t end)
{
    assert_true(entry(end, FUTURE_WRITE)->is_done);
    take(end, FUTURE_WRITE);
}
uint32_t wasi_outcome_write(uint32_t end, const union wasi_result *from)
{
    return wasi_trailers_write(end, from);
}
void wasi_outcome_drop_writable(uint32_t end)
{
    wasi_trailers_drop_writable(end);
}
void wasi_outcome_drop_readable(uint32_t end)
{
    assert_int_equal(end, 0);
}
void wasi_fields_drop(uint32_t self)
{
    take(self, FIELDS);
}
void wasi_request_drop(uint32_t self)
{
    take(self, REQUEST);
}
void wasi_response_drop(uint32_t self)
{
    take(self, RESPONSE);
}
void wasi_request_new(uint32_t headers, uint32_t has_body, uint32_t body, uint32_t trailers, uint32_t has_options,
                      uint32_t options, union wasi_result *ret)
{
    take(headers, FIELDS);
    assert_true(!body && !trailers && !has_options && !options && has_body < 2);
    ret->words[0] = give(REQUEST);
    ret->words[1] = 0;
}
uint32_t wasi_response_status(uint32_t self)
{
    entry(self, RESPONSE);
    return 200;
}
uint32_t wasi_response_headers(uint32_t self)
{
    entry(self, RESPONSE);
    return give(FIELDS);
}
void wasi_response_consume(uint32_t self, uint32_t outcome, union wasi_result *ret)
{
    take(self, RESPONSE);
    assert_int_equal(outcome, 0);
    ret->words[0] = give(STREAM_READ);
    ret->words[1] = give(FUTURE_READ);
}

/* A call that other calls hold up has not started: the request is not the callee's yet. */
uint32_t wasi_send(uint32_t request, union wasi_result *ret)
{
    struct entry call = { .kind = SUBTASK, .progress = COPYING, .request = request, .to = ret };
    unsigned state = choose(3);
    if (state == WASI_RETURNED)
        return end_subtask(&call);
    if (state == WASI_STARTED)
        start_subtask(&call);
    uint32_t handle = give(SUBTASK);
    table[handle] = call;
    return handle << WASI_SUBTASK_SHIFT | state;
}
uint32_t wasi_subtask_cancel(uint32_t subtask)
{
    struct entry *e = entry(subtask, SUBTASK);
    assert_int_equal(e->set, 0);
    assert_false(e->is_done && e->progress == IDLE);
    e->progress = IDLE;
    if (!e->is_done && choose(2))
        end_subtask(e);
    if (e->is_done)
        return WASI_RETURNED;
    e->is_done = true;
    return e->request ? WASI_CANCELLED_BEFORE_STARTED : WASI_CANCELLED_BEFORE_RETURNED;
}
void wasi_subtask_drop(uint32_t subtask)
{
    assert_true(entry(subtask, SUBTASK)->is_done);
    take(subtask, SUBTASK);
}

/* ---- What body.c, fetch.c and waitable.c use beside the platform ---- */

struct http3 *http3_here(void)
{
    return &port;
}
uint32_t http3_set_of(struct http3_task *task)
{
    assert_null(task);
    return 1;
}
void http3_timer_event(struct http3_task *t, uint32_t state)
{
    (void)t, (void)state;
    fail();
}
void http3_wake_event(struct http3_task *t)
{
    (void)t;
    fail();
}
void app_load(void *to, uint32_t at, size_t len)
{
    (void)to, (void)at, (void)len;
    fail();
}
struct landing_point landing_mark(void)
{
    return (struct landing_point){ { NULL, NULL }, NULL };
}
void landing_release(struct landing_point mark)
{
    assert_null(mark.grown);
}
uint32_t wasi_fields_make(const struct mocket_fields *fields)
{
    assert_int_equal(fields->count, 0);
    return give(FIELDS);
}
int wasi_fields_copy(uint32_t fields, struct mocket_fields *out, struct mocket_arena *arena)
{
    (void)arena;
    entry(fields, FIELDS);
    out->count = 0;
    return 0;
}
bool wasi_head_write(uint32_t request, const struct adapter_outgoing *o)
{
    entry(request, REQUEST);
    return o->status == 0;
}

/* ---- The tests ---- */

static void begin_run(void)
{
    memset(table, 0, sizeof table);
    memset(&port, 0, sizeof port);
}

/* All that the platform still does comes to its end. */
static void settle(void)
{
    do
        for (uint32_t handle = 1; handle < HANDLES; handle++)
            if (table[handle].kind != FREE && table[handle].progress == COPYING) {
                table[handle].code = end_of(&table[handle]);
                table[handle].progress = ENDED;
            }
    while (deliver());
}

static void end_run(void)
{
    settle();
    assert_int_equal(count_handles(), 0);
    assert_true(mocket__list_is_empty(&port.waitables));
}

/* A body that is read for a while, and is closed at any time. */
static void input_run(void)
{
    enum { STEPS = 5 };
    struct http3_input in = { 0 };
    union wasi_result parts = { .words = { give(STREAM_READ), give(FUTURE_READ) } };
    char to[2 * ARRIVE];
    http3_input_open(&in, &parts, give(FUTURE_WRITE), choose(2) ? ARRIVE : -1);
    for (int i = 0; i < STEPS && choose(2); i++) {
        http3_input_read(&in, to, sizeof to);
        progress();
        if (choose(2))
            deliver();
    }
    http3_input_close(&in);
    http3_input_close(&in);
}

/* A body that is written for a while, and is closed, cut or given up. */
static void output_run(void)
{
    enum { STEPS = 3 };
    static const struct adapter_bytes bytes = { "12345", 0, ARRIVE };
    struct http3_output out = { 0 };
    http3_output_open(&out, true);
    for (int i = 0; i < STEPS && choose(2); i++) {
        http3_output_write(&out, &bytes);
        progress();
        if (choose(2))
            deliver();
    }
    if (choose(2))
        http3_output_close(&out, choose(2));
    progress();
    if (choose(2))
        deliver();
    if (choose(2)) {
        http3_output_abandon(&out);
    } else {
        http3_output_cut(&out);
        settle();
        assert_true(http3_output_is_done(&out));
    }
}

/* An outgoing request that is dropped at any time. */
static void fetch_run(void)
{
    enum { STEPS = 5 };
    static struct adapter a;
    struct adapter_outgoing o = { .adapter = &a, .owner = &a.owner, .request.body_len = -1 };
    char to[2 * ARRIVE];
    o.status = choose(2) ? -1 : 0; /* the platform refuses the head */
    bool is_open = port_fetch(&o) == 0, is_taken = false;
    for (int i = 0; is_open && i < STEPS && choose(2); i++) {
        if (!is_taken)
            is_taken = port_fetch_head(&o) == 0;
        else
            port_fetch_read(&o, to, sizeof to);
        progress();
        deliver();
    }
    port_fetch_drop(&o);
    port_fetch_drop(&o);
}

static void every_order(void (*run)(void), size_t at_least)
{
    size_t count = 0;
    memset(&choices, 0, sizeof choices);
    do {
        begin_run();
        run();
        end_run();
        count++;
    } while (next_sequence());
    print_message("%zu orders\n", count);
    assert_true(count >= at_least);
}

static void bodies_that_are_read(void **state)
{
    (void)state;
    every_order(input_run, 1000);
}

static void bodies_that_are_written(void **state)
{
    (void)state;
    every_order(output_run, 1000);
}

static void outgoing_requests(void **state)
{
    (void)state;
    every_order(fetch_run, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_that_are_read),
        cmocka_unit_test(bodies_that_are_written),
        cmocka_unit_test(outgoing_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
