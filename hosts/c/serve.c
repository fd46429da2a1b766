/* `mocket serve`: the native backend in front, guests behind.
 *
 *     socket -> native -> mocket_dispatch -> forward -> [the loop's stack: guest_worker_serve] -> the event's answer
 *
 * forward is a middleware that covers everything and never calls mocket_next. Handlers run on small fibers, guests must
 * run on a thread's stack: so it parks, and the guest is entered from the loop.
 *
 * The first instance is started before anything listens. What goes wrong in a start is seen at once, and what that
 * instance declares (address, reuse, limits) is the module's word. It then serves the first worker that comes. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/base/memory.h"
#include "../../src/base/span.h"
#include "../../src/core/event.h"
#include "../../src/native/native.h"
#include "guest/worker.h"

#define DEFAULT_ADDRESS ":4000"
#define DEFAULT_MAX_BODY (INT64_C(1) << 20)
#define INSTANCES_PER_WORKER 32u
#define STACK_NEEDED (UINT64_C(1) << 20) /* of a thread: the engine gives guests half of it */

struct host {
    const struct mocket_host_opts *opts;
    const char *name; /* of the module, without its folder */
    struct mocket_buf file;
    struct engine *engine;
    struct guest_module *module;
    struct guest_program program;
    struct ticker ticker;
    struct guest_log log;         /* of the first instance's start */
    struct guest_instance *first; /* until a worker takes it */
    atomic_bool first_taken;
    atomic_size_t workers_started;
    uint32_t reuse;
    mocket_app *app;
};

/* ---- Lines for the operator ---- */

/* One line in one piece, so that lines of several workers do not mix. */
static void write_line(void *data, int level, mocket_span line)
{
    static const char *const prefixes[] = { "mocket: error: ", "mocket: warning: ", "mocket: ", "mocket: debug: " };
    const struct host *h = data;
    int shown = h->opts->verbose ? MOCKET_LOG_DEBUG : h->opts->quiet ? MOCKET_LOG_WARN : MOCKET_LOG_INFO;
    if (level > shown)
        return;
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, prefixes[level < 0 ? 0 : level > 3 ? 3 : level]);
    mocket__buf_span(&text, line);
    mocket__buf_text(&text, "\n");
    if (mocket__buf_status(&text) == 0) {
        ssize_t written = write(STDERR_FILENO, text.ptr, text.len);
        (void)written; /* nobody is left to be told */
    }
    mocket__buf_release(&text);
}

static void problem(void *data, const char *text)
{
    write_line(data, MOCKET_LOG_ERROR, mocket__span(text));
}

/* "subject: why", or the code's text when there is no why; a line for each of its lines. Returns rc. */
static int refuse(struct host *h, const char *subject, const struct mocket_buf *why, int rc)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, subject);
    mocket__buf_text(&text, ": ");
    mocket__buf_text(&text, why->len ? "" : mocket_strerror(rc));
    mocket__buf_span(&text, mocket__buf_view(why));
    guest_log_raw(&h->log, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return rc;
}

/* ---- The module ---- */

static int read_all(int fd, struct mocket_buf *file)
{
    for (;;) {
        char *room = mocket__buf_room(file, 1u << 16);
        if (!room)
            return file->status;
        ssize_t n = read(fd, room, 1u << 16);
        if (n == 0)
            return 0;
        if (n > 0)
            file->len += (size_t)n;
        else if (errno != EINTR)
            return MOCKET_EIO;
    }
}

static int load_file(struct host *h)
{
    const char *path = h->opts->path;
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 ? MOCKET_EIO : read_all(fd, &h->file);
    struct mocket_buf why = { 0 };
    if (rc == MOCKET_EIO)
        mocket__buf_text(&why, strerror(errno));
    if (fd >= 0 && !standard)
        close(fd);
    if (rc < 0)
        refuse(h, path, &why, rc);
    mocket__buf_release(&why);
    return rc;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(path, "-") == 0 ? "standard input" : slash && slash[1] ? slash + 1 : path;
}

/* Threads get the stack that the limit names, and guests need half a MiB of it. */
static int check_stack(struct host *h)
{
    struct rlimit stack;
    if (getrlimit(RLIMIT_STACK, &stack) < 0 || stack.rlim_cur == RLIM_INFINITY || stack.rlim_cur >= STACK_NEEDED)
        return 0;
    problem(h, "the stack limit of threads (ulimit -s) is below 1024 KiB: guests do not fit");
    return MOCKET_ELIMIT;
}

static int open_module(struct host *h)
{
    struct mocket_buf why = { 0 };
    struct engine_opts opts = {
        .instances = (uint32_t)h->opts->workers * INSTANCES_PER_WORKER,
        .least = (uint32_t)h->opts->workers + 1,
        .memory_bytes = h->opts->max_memory,
    };
    int rc = engine_open(&opts, &h->engine, &why);
    if (rc < 0)
        refuse(h, engine_name(), &why, rc);
    else if ((rc = guest_module_open(h->engine, h->name, mocket__buf_view(&h->file), &h->module, &why)) < 0)
        refuse(h, h->name, &why, rc);
    mocket__buf_release(&why);
    mocket__buf_release(&h->file);
    return rc;
}

/* ---- The program: what the first instance says, and what the operator allows ---- */

static int start_first(struct host *h)
{
    struct mocket_buf why = { 0 };
    int rc = guest_instance_open(&h->program, &h->log, &h->ticker.seats[0], &h->first, &why);
    if (rc < 0)
        refuse(h, h->name, &why, rc);
    mocket__buf_release(&why);
    if (rc < 0)
        return rc;
    h->program.declared = h->first->declared;
    h->program.known = true;
    return 0;
}

/* The stricter of guest and operator. */
static int choose_reuse(struct host *h)
{
    h->reuse = h->program.declared.reuse;
    if (h->opts->reuse >= 0 && (uint32_t)h->opts->reuse < h->reuse)
        h->reuse = (uint32_t)h->opts->reuse;
    if (h->reuse != MOCKET_REUSE_CONCURRENT)
        return 0;
    problem(h,
            "the app asks for concurrent reuse, which this version cannot do yet; "
            "--reuse serial or --reuse none serve it without");
    return MOCKET_ENOTSUP;
}

/* The smallest of guest, operator and what can fit in an instance at all. */
static int64_t body_limit(const struct host *h)
{
    int64_t guest = h->program.declared.max_body, operator_ = h->opts->max_body;
    int64_t most = h->opts->max_memory > INT64_MAX ? INT64_MAX : (int64_t)h->opts->max_memory;
    int64_t limit = guest >= 0 ? guest : guest == -1 ? INT64_MAX : operator_ >= 0 ? operator_ : DEFAULT_MAX_BODY;
    if (operator_ >= 0 && operator_ < limit)
        limit = operator_;
    return limit < most ? limit : most;
}

/* ---- Workers ---- */

/* The engine turns faults of guest code into traps: a thread that blocks these signals dies of them instead. */
static void admit_faults(void)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaddset(&set, faults[i]);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *worker_start(void *data)
{
    struct host *h = data;
    admit_faults();
    struct guest_worker *w = mocket__new(sizeof *w);
    size_t number = atomic_fetch_add(&h->workers_started, 1) + 1; /* seat 0 is the main thread's */
    if (!w || number >= h->ticker.seat_count) {
        mocket__free(w);
        return NULL;
    }
    w->program = &h->program;
    w->log = (struct guest_log){ .write = write_line, .data = h };
    w->seat = &h->ticker.seats[number];
    w->reuse = h->reuse;
    if (!atomic_exchange(&h->first_taken, true))
        guest_worker_adopt(w, h->first);
    return w;
}

static void worker_stop(void *worker)
{
    if (!worker)
        return;
    guest_worker_release(worker);
    mocket__free(worker);
}

/* ---- Requests ---- */

struct visit {
    struct guest_worker *worker;
    struct guest_request request;
};

/* On the loop's own stack. */
static void visit_guest(void *arg, struct mocket_park *park)
{
    struct visit *v = arg;
    mocket__native_unpark(park, guest_worker_serve(v->worker, &v->request));
}

/* The host's own answer: guest_request_run has told why in the log. */
static int answer_failure(mocket_event *e, int status)
{
    mocket_status(e, status);
    if (status == 503)
        mocket_header_set(e, "Retry-After", "1");
    return mocket_text(e, mocket_strerror(status));
}

static int forward(mocket_event *e)
{
    struct visit visit = { .worker = mocket_worker(e) };
    struct guest_request *r = &visit.request;
    if (e->req->message.method == MOCKET_METHOD_CONNECT) {
        mocket_header_set(e, "Allow", "");
        return 405;
    }
    if (!visit.worker)
        return 503;
    *r = (struct guest_request){ .message = &e->req->message, .arena = e->req->arena };
    int rc = mocket_body(e, &r->body);
    if (rc != 0)
        return rc;
    rc = mocket__native_park(e, visit_guest, &visit);
    if (rc != 0)
        return rc < 0 ? rc : answer_failure(e, rc);
    e->res->status = r->status;
    e->res->fields = r->fields;
    e->res->body = r->answer;
    e->res->kind = MOCKET_BODY_WHOLE;
    return 0;
}

/* ---- Serving ---- */

static void ready(void *data, const char *url)
{
    struct host *h = data;
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "serving ");
    mocket__buf_text(&text, h->name);
    mocket__buf_text(&text, " on ");
    mocket__buf_text(&text, url);
    write_line(h, MOCKET_LOG_INFO, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static void make_app(struct host *h)
{
    h->app = mocket_new();
    mocket_use(h->app, NULL, forward, NULL);
    mocket_on_worker(h->app, worker_start, worker_stop, h);
    mocket_set(h->app, MOCKET_AUTO_HEAD, 0); /* the guest answers everything */
    mocket_set(h->app, MOCKET_AUTO_OPTIONS, 0);
    mocket_set(h->app, MOCKET_METHOD_NOT_ALLOWED, 0);
    mocket_set(h->app, MOCKET_MAX_BODY, body_limit(h));
}

static int serve(struct host *h)
{
    const char *wish = h->program.declared.address[0] ? h->program.declared.address : DEFAULT_ADDRESS;
    bool chosen = h->opts->address_count > 0;
    struct mocket_native_opts opts = {
        .addresses = chosen ? h->opts->addresses : &wish,
        .address_count = chosen ? h->opts->address_count : 1,
        .workers = h->opts->workers,
        .on_ready = ready,
        .log = write_line,
        .on_problem = problem,
        .data = h,
        .signals = true,
    };
    make_app(h);
    int rc = mocket__native_serve(h->app, &opts);
    mocket_free(h->app);
    if (!atomic_load(&h->first_taken))
        guest_instance_close(h->first);
    return rc;
}

int mocket__host_serve(const struct mocket_host_opts *opts)
{
    struct host h = { .opts = opts, .name = base_name(opts->path) };
    h.log = (struct guest_log){ .write = write_line, .data = &h };
    int rc = check_stack(&h);
    if (rc == 0)
        rc = load_file(&h);
    if (rc == 0)
        rc = open_module(&h);
    if (rc == 0)
        rc = ticker_start(&h.ticker, h.engine, (size_t)opts->workers + 1);
    h.program =
        (struct guest_program){ .module = h.module, .timeout_ms = opts->timeout_ms, .memory_bytes = opts->max_memory };
    if (rc == 0)
        rc = start_first(&h);
    if (rc == 0 && (rc = choose_reuse(&h)) < 0)
        guest_instance_close(h.first);
    if (rc == 0)
        rc = serve(&h);
    ticker_stop(&h.ticker);
    guest_module_close(h.module);
    engine_close(h.engine);
    mocket__buf_release(&h.file);
    return rc;
}
