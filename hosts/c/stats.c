/* A small app of the framework, served by the native backend beside the guests': a worker of its own, so that guests
 * that keep every worker busy do not keep the operator from seeing that. */
#include "stats.h"

#include <stdio.h>
#include <string.h>

#include "../../src/base/deadline.h"
#include "../../src/base/memory.h"
#include "../../src/base/span.h"
#include "../../src/core/event.h"
#include "../../src/backend/native/native.h"
#include "ram.h"

static const struct {
    const char *name, *text;
    bool grows;
} rows[GUEST_STAT_COUNT] = {
#define STATS_ROW(id, name, grows, text) [GUEST_STAT_##id] = { #name, text, grows },
    GUEST_STATS(STATS_ROW)
#undef STATS_ROW
};

uint64_t stats_sum(const struct stats *s, enum guest_stat which)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->row_count; i++)
        sum += atomic_load_explicit(&s->rows[i].rows[which], memory_order_relaxed);
    if (which == GUEST_STAT_LOG_DROPPED)
        sum += writer_lost(s->lines);
    if (which == GUEST_STAT_ACCESS_DROPPED)
        sum += writer_lost(s->access);
    return sum;
}

/* Workers are read one after the other, and a gauge may go up on one and down on another meanwhile. */
static int64_t value(const struct stats *s, enum guest_stat which)
{
    int64_t sum = (int64_t)stats_sum(s, which);
    return sum < 0 ? 0 : sum;
}

static const struct {
    const char *name, *text;
} held[MOCKET_CHARGE_COUNT] = {
#define STATS_HELD(id, name, reserve, text) [MOCKET_CHARGE_##id] = { "held_" #name "_bytes", text },
    MOCKET_ACCOUNT_PARTS(STATS_HELD)
#undef STATS_HELD
};

static int64_t live(const struct stats *s)
{
    int64_t ended = value(s, GUEST_STAT_INSTANCES_RETIRED) + value(s, GUEST_STAT_INSTANCES_BROKEN);
    int64_t started = value(s, GUEST_STAT_INSTANCES_STARTED);
    return started > ended ? started - ended : 0;
}

/* ---- Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ ---- */

static void metric(struct mocket_buf *out, const char *name, const char *kind, const char *text)
{
    static const char *const lines[] = { "# HELP mocket_", "# TYPE mocket_" };
    const char *const last[] = { text, kind };
    for (int i = 0; i < 2; i++) {
        mocket__buf_text(out, lines[i]);
        mocket__buf_text(out, name);
        mocket__buf_text(out, " ");
        mocket__buf_text(out, last[i]);
        mocket__buf_text(out, "\n");
    }
}

static void sample(struct mocket_buf *out, const char *name, const char *label, int64_t n)
{
    mocket__buf_text(out, "mocket_");
    mocket__buf_text(out, name);
    mocket__buf_text(out, label);
    mocket__buf_text(out, " ");
    mocket__buf_decimal(out, (uint64_t)n);
    mocket__buf_text(out, "\n");
}

static void gauge(struct mocket_buf *out, const char *name, const char *text, int64_t n)
{
    metric(out, name, "gauge", text);
    sample(out, name, "", n);
}

static bool is_class(size_t which)
{
    return which >= GUEST_STAT_REQUESTS_1XX && which <= GUEST_STAT_REQUESTS_5XX;
}

/* One metric for all classes, with a label. */
static void classes(const struct stats *s, struct mocket_buf *out)
{
    char label[] = "{class=\"1xx\"}";
    metric(out, "requests_total", "counter", "Requests that were answered");
    for (int i = 0; i < 5; i++) {
        label[8] = (char)('1' + i);
        sample(out, "requests_total", label, value(s, (enum guest_stat)(GUEST_STAT_REQUESTS_1XX + i)));
    }
}

void stats_metrics(const struct stats *s, struct mocket_buf *out)
{
    for (size_t i = 0; i < GUEST_STAT_COUNT; i++) {
        char name[64];
        if (is_class(i))
            continue;
        snprintf(name, sizeof name, "%s%s", rows[i].name, rows[i].grows ? "_total" : "");
        metric(out, name, rows[i].grows ? "counter" : "gauge", rows[i].text);
        sample(out, name, "", value(s, (enum guest_stat)i));
    }
    for (int part = 0; s->account && part < MOCKET_CHARGE_COUNT; part++)
        gauge(out, held[part].name, held[part].text,
              (int64_t)mocket__account_part(s->account, (enum mocket_charge)part));
    if (s->account) {
        gauge(out, "held_bytes", "Bytes held in all", (int64_t)mocket__account_held(s->account));
        gauge(out, "held_bytes_max", "Bytes that may be held in all", (int64_t)s->account->limit);
        metric(out, "held_refused_total", "counter", "Times that the host refused something because of that limit");
        sample(out, "held_refused_total", "", (int64_t)mocket__account_refusals(s->account));
    }
    classes(s, out);
    gauge(out, "instances_live", "Instances that are alive", live(s));
    gauge(out, "workers", "Threads that serve", (int64_t)s->row_count - 1);
    gauge(out, "resident_bytes", "Memory of the process", (int64_t)ram_resident());
    gauge(out, "uptime_seconds", "Seconds since the host began to serve",
          (int64_t)((uv_hrtime() - s->began_ns) / MOCKET_SECOND_NS));
}

static int get_metrics(mocket_event *e)
{
    struct mocket_buf text = { 0 };
    stats_metrics(mocket_data(e), &text);
    int rc = mocket__buf_status(&text);
    mocket_span copy = mocket__arena_copy(e->req->arena, mocket__buf_view(&text));
    if (rc == 0)
        rc = copy.ptr ? mocket_bytes(e, copy, "text/plain; version=0.0.4; charset=utf-8") : MOCKET_ENOMEM;
    mocket__buf_release(&text);
    return rc;
}

/* ---- JSON ---- */

static int get_stats(mocket_event *e)
{
    const struct stats *s = mocket_data(e);
    mocket_value *o = mocket_object(e);
    int64_t requests = 0;
    mocket_value_set_text(o, "module", s->module);
    mocket_value_set_int(o, "uptime_s", (int64_t)((uv_hrtime() - s->began_ns) / MOCKET_SECOND_NS));
    mocket_value_set_int(o, "workers", (int64_t)s->row_count - 1);
    for (size_t i = 0; i < GUEST_STAT_COUNT; i++) {
        requests += is_class(i) ? value(s, (enum guest_stat)i) : 0;
        mocket_value_set_int(o, rows[i].name, value(s, (enum guest_stat)i));
    }
    for (int part = 0; s->account && part < MOCKET_CHARGE_COUNT; part++)
        mocket_value_set_int(o, held[part].name, (int64_t)mocket__account_part(s->account, (enum mocket_charge)part));
    if (s->account) {
        mocket_value_set_int(o, "held_bytes", (int64_t)mocket__account_held(s->account));
        mocket_value_set_int(o, "held_bytes_max", (int64_t)s->account->limit);
        mocket_value_set_int(o, "held_refused", (int64_t)mocket__account_refusals(s->account));
    }
    mocket_value_set_int(o, "requests", requests);
    mocket_value_set_int(o, "instances_live", live(s));
    mocket_value_set_int(o, "resident_bytes", (int64_t)ram_resident());
    return mocket_json(e, o);
}

/* ---- The server ---- */

static void ready(void *data, const char *url)
{
    struct stats *s = data;
    snprintf(s->url, sizeof s->url, "%s", url);
    s->listening = true;
    uv_sem_post(&s->settled);
}

static void forward_line(void *data, int level, mocket_span line)
{
    const struct stats *s = data;
    s->log(s->data, level, line);
}

static void problem(void *data, const char *text)
{
    struct mocket_buf line = { 0 };
    mocket__buf_text(&line, "--stats: ");
    mocket__buf_text(&line, text);
    forward_line(data, MOCKET_LOG_ERROR, mocket__buf_view(&line));
    mocket__buf_release(&line);
}

static void run(void *data)
{
    static const struct mocket_descriptors descriptors = { .workers = 1,
                                                           .connections = STATS_CONNECTIONS,
                                                           .refused = 1 };
    struct stats *s = data;
    struct mocket_native_opts opts = {
        .addresses = &s->address,
        .address_count = 1,
        .workers = 1,
        .on_ready = ready,
        .log = forward_line,
        .on_problem = problem,
        .data = s,
        .descriptors = &descriptors,
    };
    mocket__native_serve(s->app, &opts);
    if (!s->listening)
        uv_sem_post(&s->settled);
}

static void make_app(struct stats *s)
{
    s->app = mocket_new();
    mocket_on(s->app, "GET", "/stats", get_stats, s);
    mocket_on(s->app, "GET", "/metrics", get_metrics, s);
    mocket_set(s->app, MOCKET_MAX_CONNECTIONS, STATS_CONNECTIONS);
    mocket_set(s->app, MOCKET_STOP_GRACE, 100);
}

int stats_open(struct stats *s)
{
    s->began_ns = uv_hrtime();
    make_app(s);
    uv_sem_init(&s->settled, 0);
    s->running = uv_thread_create(&s->thread, run, s) == 0;
    if (s->running)
        uv_sem_wait(&s->settled);
    else
        problem(s, "no thread can be started");
    if (s->listening)
        return 0;
    stats_close(s);
    return MOCKET_EIO;
}

void stats_close(struct stats *s)
{
    if (!s->app)
        return;
    if (s->listening)
        mocket_stop(s->app);
    if (s->running)
        uv_thread_join(&s->thread);
    uv_sem_destroy(&s->settled);
    mocket_free(s->app);
    s->app = NULL;
}
