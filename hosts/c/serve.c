/* `mocket serve`: the native backend in front, guests behind.
 *
 *     socket -> native -> mocket_dispatch -> the front -> [the loop's stack: guest_worker_submit] -> the event's answer
 *
 * The host is an app whose only middleware, the front (guest/front.h), covers everything. Here it is put together, from
 * what the operator gives and what the module says, and taken apart again.
 *
 * The first instance is started before anything listens. What goes wrong in a start is seen at once, and what that
 * instance declares (address, reuse, limits) is the module's word. It then serves the first worker that comes. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/base/memory.h"
#include "../../src/base/span.h"
#include "../../src/core/event.h"
#include "../../src/backend/native/native.h"
#include "access.h"
#include "engine/cache.h"
#include "guest/bounds.h"
#include "guest/describe.h"
#include "guest/front.h"
#include "guest/grants.h"
#include "../../src/wasm/sections.h"
#include "guest/worker.h"
#include "lines.h"
#include "notify.h"
#include "ram.h"
#include "sha256.h"
#include "signals.h"
#include "stats.h"

#define DEFAULT_PORT 4000u /* where the guest's address names none */
#define DEFAULT_MAX_BODY (INT64_C(1) << 20)
#define DEFAULT_MAX_MESSAGE (INT64_C(1) << 20)
#define CONNECTIONS 10000 /* beside WebSockets */
#define FILES 4096        /* of all instances, where a folder is granted */
#define MEMORY_SHARE 3    /* of MEMORY_PARTS of what the machine has, when the operator does not say */
#define MEMORY_PARTS 4
#define BODY_MS 30000
#define INSTANCES_PER_WORKER 1024u
#define INSTANCES_IN_ALL 4000u           /* fit into the memory mappings that a kernel grants by default */
#define INSTANCES_LEAST 16u              /* of a worker */
#define STACK_NEEDED (UINT64_C(1) << 20) /* of a thread: the engine gives guests half of it */

struct host {
    const struct mocket_host_opts *opts;
    const char *name;           /* of the module, without its folder */
    char hash[HOST_SHA256_HEX]; /* of the module */
    struct lines lines;
    struct lines_voice *voices; /* of the main thread, then of each worker */
    struct guest_stats *counts; /* likewise */
    struct mocket_account account;
    struct engine_cache cache;
    struct compile_opts compile;
    struct guest_grants grants;
    struct mocket_descriptors descriptors;
    struct access access;
    struct stats stats;
    struct signals signals;
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

/* Lines of the server and of the host itself, which may quote clients. Any thread. */
static void write_line(void *data, int level, mocket_span line)
{
    struct host *h = data;
    guest_log_raw(&h->log, level, line);
}

static void problem(void *data, const char *text)
{
    write_line(data, MOCKET_LOG_ERROR, mocket__span(text));
}

/* "subject: why", or the code's text when there is no why; a line for each of its lines, of which all but the first
 * quote the module. Returns rc. */
static int refuse(struct host *h, const char *subject, const struct mocket_buf *why, int rc)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, subject);
    mocket__buf_text(&text, ": ");
    mocket__buf_text(&text, why->len ? "" : mocket_strerror(rc));
    mocket__buf_span(&text, mocket__buf_view(why));
    guest_log_quote(&h->log, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return rc;
}

/* ---- The module ---- */

/* No more than one byte beyond the limit, so that guest_module_open says what is wrong. */
static int read_all(int fd, struct mocket_buf *file)
{
    while ((int64_t)file->len <= guest_bound_of(GUEST_BOUND_FILE)) {
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
    return 0;
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
    else
        host_sha256_text(mocket__buf_view(&h->file), h->hash);
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

static void tell_compiling(void *data)
{
    struct host *h = data;
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "compiling ");
    mocket__buf_text(&text, h->name);
    mocket__buf_text(&text, " ...");
    write_line(h, MOCKET_LOG_INFO, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static void open_cache(struct host *h)
{
    const char *path = h->opts->cache;
    h->compile = (struct compile_opts){ .cpu_ms = h->opts->compile_timeout_ms,
                                        .memory_bytes = h->opts->compile_memory,
                                        .slow = tell_compiling,
                                        .data = h };
    h->cache = (struct engine_cache){ .dir = -1, .compile = &h->compile, .note = write_line, .data = h };
    if (!path || strcmp(path, "off") != 0)
        engine_cache_open(&h->cache, path);
}

/* What the machine has no room for is said at the start, not found out under load. */
static void tell_room(struct host *h, uint32_t wanted)
{
    uint32_t room = engine_room(h->engine), workers = (uint32_t)h->opts->workers;
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "room for ");
    mocket__buf_decimal(&text, room / workers);
    mocket__buf_text(&text, " instances per worker");
    if (room < wanted) {
        mocket__buf_text(&text, " instead of ");
        mocket__buf_decimal(&text, wanted / workers);
        mocket__buf_text(&text, ": address space or memory mappings are short (ulimit -v and -d, vm.max_map_count)");
    }
    write_line(h, room < wanted ? MOCKET_LOG_WARN : MOCKET_LOG_DEBUG, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static uint32_t instances_wanted(const struct mocket_host_opts *opts)
{
    uint32_t workers = (uint32_t)opts->workers;
    if (opts->max_instances > 0)
        return workers * opts->max_instances;
    uint32_t each = INSTANCES_IN_ALL / workers;
    each = each > INSTANCES_PER_WORKER ? INSTANCES_PER_WORKER : each < INSTANCES_LEAST ? INSTANCES_LEAST : each;
    return workers * each;
}

/* The module has debug information, of which nothing could be kept. */
static void tell_lines(struct host *h)
{
    struct mocket_buf text = { 0 };
    if (!engine_module_no_lines(h->module->code) ||
        mocket__wasm_custom_section(mocket__buf_view(&h->file), MOCKET_SPAN(".debug_line")).bad)
        return;
    mocket__buf_text(&text, h->name);
    mocket__buf_text(&text, ": no source lines in backtraces: its DWARF cannot be read, or they take more than ");
    mocket__buf_decimal(&text, ENGINE_LINES_MAX >> 20);
    mocket__buf_text(&text, " MiB");
    write_line(h, MOCKET_LOG_WARN, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static int open_module(struct host *h)
{
    struct mocket_buf why = { 0 };
    uint32_t wanted = instances_wanted(h->opts), least = (uint32_t)h->opts->workers + 1;
    struct engine_opts opts = {
        .instances = wanted > least ? wanted : least,
        .least = least,
        .memory_bytes = h->opts->max_memory,
    };
    open_cache(h);
    int rc = engine_open(&opts, &h->engine, &why);
    if (rc == 0)
        tell_room(h, opts.instances);
    if (rc < 0)
        refuse(h, engine_name(), &why, rc);
    else if ((rc = guest_module_open(
                  h->engine,
                  &(struct guest_file){ h->name, mocket__buf_view(&h->file), &h->cache, h->opts->max_memory },
                  &h->module, &why)) < 0)
        refuse(h, h->name, &why, rc);
    else
        tell_lines(h);
    mocket__buf_release(&why);
    if (!h->opts->on_routes)
        mocket__buf_release(&h->file);
    engine_cache_close(&h->cache);
    return rc;
}

/* ---- What the operator gives ---- */

static int open_grants(struct host *h)
{
    struct mocket_buf why = { 0 };
    const struct guest_dir *failed;
    h->grants.env = h->opts->env;
    h->grants.env_count = h->opts->env_count;
    h->grants.nets = (struct guest_nets){ h->opts->nets, h->opts->net_count };
    h->grants.dir_count = h->opts->dir_count;
    for (size_t i = 0; i < h->opts->dir_count; i++)
        h->grants.dirs[i] = h->opts->dirs[i];
    int rc = guest_grants_open(&h->grants, &failed);
    if (rc < 0) {
        mocket__buf_text(&why, strerror(errno));
        refuse(h, failed->host, &why, rc);
    }
    mocket__buf_release(&why);
    return rc;
}

/* ENXIO in words. */
static const char *not_opened(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
        return "this pipe has no reader; start the reader first";
    return "a socket or a device without a reader, which cannot be opened by its name; `-` is standard output";
}

static int open_access(struct host *h)
{
    struct mocket_buf why = { 0 };
    if (!h->opts->access_log)
        return 0;
    h->access.path = h->opts->access_log;
    h->access.format = h->opts->log;
    h->access.log = h->lines.writer;
    int rc = access_open(&h->access, (size_t)h->opts->workers + 1);
    if (rc < 0) {
        const char *text = errno == ENXIO ? not_opened(h->opts->access_log) : strerror(errno);
        mocket__buf_text(&why, rc == MOCKET_EIO ? text : "");
        refuse(h, h->opts->access_log, &why, rc);
    }
    mocket__buf_release(&why);
    return rc;
}

static int open_stats(struct host *h)
{
    if (!h->opts->stats)
        return 0;
    h->stats = (struct stats){ .address = h->opts->stats,
                               .module = h->name,
                               .rows = h->counts,
                               .row_count = (size_t)h->opts->workers + 1,
                               .account = &h->account,
                               .lines = h->lines.writer,
                               .access = h->access.writer,
                               .log = write_line,
                               .data = h };
    return stats_open(&h->stats);
}

/* ---- The program: what the first instance says, and what the operator allows ---- */

/* The process as it is now counts too. */
static void count_process(struct host *h)
{
    uint64_t process = ram_resident();
    struct mocket_buf text = { 0 };
    mocket__till_owe(h->log.till, MOCKET_CHARGE_PROCESS, process);
    mocket__buf_text(&text, "memory limit: ");
    mocket__buf_decimal(&text, h->account.limit);
    mocket__buf_text(&text, " bytes in all (--max-memory-total); the process itself takes ");
    mocket__buf_decimal(&text, process);
    write_line(h, MOCKET_LOG_DEBUG, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

/* One instance must fit beside the process and the reserve. */
static int check_total(struct host *h)
{
    struct mocket_buf text = { 0 };
    bool refused = mocket__account_refusals(&h->account) > 0;
    if (!refused && mocket__account_held(&h->account) + h->account.reserve <= h->account.limit)
        return 0;
    mocket__buf_text(&text, "--max-memory-total: ");
    mocket__buf_decimal(&text, h->account.limit);
    mocket__buf_text(&text, " bytes are too few for one instance of ");
    mocket__buf_text(&text, h->name);
    mocket__buf_text(&text, " beside the ");
    mocket__buf_decimal(&text, mocket__account_part(&h->account, MOCKET_CHARGE_PROCESS));
    mocket__buf_text(&text, " that the process has");
    write_line(h, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return MOCKET_ELIMIT;
}

/* Sockets take no connections from requests. */
static void share_descriptors(struct host *h)
{
    char text[MOCKET_DESCRIPTORS_TEXT];
    struct mocket_descriptors *d = &h->descriptors;
    *d = (struct mocket_descriptors){ .workers = (size_t)h->opts->workers,
                                      .listeners = (h->opts->address_count > 0 ? h->opts->address_count : 1) +
                                                   (h->opts->redirect ? 1 : 0),
                                      .others = h->opts->stats ? STATS_CONNECTIONS : 0,
                                      .connections = CONNECTIONS,
                                      .files = h->opts->dir_count > 0 ? FILES : 0,
                                      .outgoing = h->opts->net_count > 0 ? MOCKET_NATIVE_OUTGOING : 0 };
    if (h->module->has[GUEST_WS])
        d->connections += h->opts->max_sockets;
    if (!mocket__native_descriptors(d, text))
        write_line(h, MOCKET_LOG_WARN, mocket__span(text));
    atomic_store(&h->grants.files_left, (int)d->files);
    h->program.outgoing_max = d->outgoing;
}

static int start_first(struct host *h)
{
    struct mocket_buf why = { 0 };
    count_process(h);
    int rc = guest_instance_open(&h->program, &h->log, &h->ticker.seats[0], &h->first, &why);
    if (rc < 0)
        refuse(h, h->name, &why, rc);
    mocket__buf_release(&why);
    int total = check_total(h);
    if (rc == 0 && total < 0)
        guest_instance_close(h->first);
    if (rc < 0 || total < 0)
        return MOCKET_EINVAL;
    h->program.declared = h->first->declared;
    h->program.known = true;
    h->program.instance_bytes = h->first->memory_at_start;
    return 0;
}

/* The stricter of guest and operator. */
static int choose_reuse(struct host *h)
{
    h->reuse = h->program.declared.reuse;
    if (h->opts->reuse >= 0 && (uint32_t)h->opts->reuse < h->reuse)
        h->reuse = (uint32_t)h->opts->reuse;
    return 0;
}

/* The smaller of what guest and operator say, the default when neither does. */
static int64_t smaller(int64_t guest, int64_t operator_, int64_t otherwise)
{
    int64_t limit = guest >= 0 ? guest : guest == -1 ? INT64_MAX : operator_ >= 0 ? operator_ : otherwise;
    return operator_ >= 0 && operator_ < limit ? operator_ : limit;
}

/* What can fit in an instance at all. */
static int64_t fitting(const struct host *h, int64_t limit)
{
    return limit < h->opts->max_memory ? limit : h->opts->max_memory;
}

/* A body that comes piece by piece may be larger than the guest that reads it. */
static int64_t body_limit(const struct host *h)
{
    int64_t limit = smaller(h->program.declared.max_body, h->opts->max_body, DEFAULT_MAX_BODY);
    return h->program.declared.streams ? limit : fitting(h, limit);
}

static int64_t message_limit(const struct host *h)
{
    return fitting(h, smaller(h->program.declared.max_message, h->opts->max_message, DEFAULT_MAX_MESSAGE));
}

/* The time that clients have for their bodies. */
static int64_t body_ms(const struct host *h)
{
    uint64_t timeout_ms = h->opts->timeout_ms;
    if (h->opts->body_ms != 0)
        return h->opts->body_ms;
    return timeout_ms > 0 && timeout_ms < BODY_MS ? (int64_t)timeout_ms : BODY_MS;
}

/* Instead of serving. */
static int describe(struct host *h)
{
    struct mocket_buf text = { 0 }, why = { 0 };
    int rc = guest_describe(h->first, &text, &why);
    if (rc == MOCKET_ENOTSUP)
        mocket__buf_text(&why,
                         "it does not export `mocket_routes`, by which an app describes its routes. "
                         "Build it again with this version; in MoonBit, add the name to `exports` in its moon.pkg");
    if (rc < 0)
        refuse(h, h->name, &why, rc);
    else
        h->opts->on_routes(h->opts->data, mocket__buf_view(&text), mocket__buf_view(&h->file));
    mocket__buf_release(&text);
    mocket__buf_release(&why);
    guest_instance_close(h->first);
    return rc;
}

/* ---- Workers ---- */

/* The log of the main thread, 0, or of a worker. */
static struct guest_log voice_log(struct host *h, size_t number)
{
    h->voices[number] = (struct lines_voice){ .lines = &h->lines, .worker = (int)number };
    return (struct guest_log){ .write = lines_from_log,
                               .wanted = lines_wanted,
                               .dropped = lines_dropped,
                               .data = &h->voices[number],
                               .stats = &h->counts[number],
                               .till = mocket__account_till(&h->account) };
}

static void *worker_start(void *data)
{
    struct host *h = data;
    struct guest_worker *w = mocket__new(sizeof *w);
    size_t number = atomic_fetch_add(&h->workers_started, 1) + 1; /* seat 0 is the main thread's */
    if (!w || number >= h->ticker.seat_count || guest_pace_seed(&w->pace) < 0) {
        mocket__free(w);
        return NULL;
    }
    w->program = &h->program;
    w->log = voice_log(h, number);
    w->seat = &h->ticker.seats[number];
    w->reuse = h->reuse;
    w->instances_max = engine_room(h->engine) / (uint32_t)h->opts->workers;
    w->instances_max += w->instances_max == 0;
    if (h->opts->max_instances > 0 && h->opts->max_instances < w->instances_max)
        w->instances_max = h->opts->max_instances;
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

/* ---- Serving ---- */

static void done(void *data, const struct mocket_native_done *d)
{
    struct host *h = data;
    const struct guest_worker *w = d->worker;
    struct guest_stats *stats = w ? w->log.stats : NULL;
    int class = d->status / 100;
    if (class >= 1 && class <= 5)
        guest_count(stats, (enum guest_stat)(GUEST_STAT_REQUESTS_1XX + class - 1), 1);
    if (!d->complete)
        guest_count(stats, GUEST_STAT_REQUESTS_CUT, 1);
    guest_count(stats, GUEST_STAT_BODY_IN, (int64_t)d->body_in);
    guest_count(stats, GUEST_STAT_BODY_OUT, (int64_t)d->body_out);
    if (h->access.writer)
        access_note(&h->access, stats ? (size_t)(stats - h->counts) : 0, d);
}

/* Completes the line, writes it, and gives the text back. */
static void say_listening(struct host *h, struct mocket_buf *text, const char *url)
{
    mocket__buf_text(text, " on ");
    mocket__buf_text(text, url);
    write_line(h, MOCKET_LOG_INFO, mocket__buf_view(text));
    mocket__buf_release(text);
}

static void say_serving(struct host *h, const char *url)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "serving ");
    mocket__buf_text(&text, h->name);
    mocket__buf_text(&text, " (SHA-256 ");
    mocket__buf_text(&text, h->hash);
    mocket__buf_text(&text, ")");
    say_listening(h, &text, url);
}

static void say_counts(struct host *h)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "counts");
    say_listening(h, &text, h->stats.url);
}

/* Nothing was chosen, so only this machine is served: how other machines get in. */
static void tell_door(struct host *h, const char *url)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "for requests from other machines too: --listen ");
    mocket__buf_text(&text, strrchr(url, ':'));
    write_line(h, MOCKET_LOG_INFO, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static void ready(void *data, const char *url)
{
    struct host *h = data;
    signals_serve(&h->signals, h->app);
    if (h->stats.listening)
        say_counts(h);
    say_serving(h, url);
    if (h->opts->address_count == 0)
        tell_door(h, url);
    if (h->opts->on_ready)
        h->opts->on_ready(h->opts->data, h->app);
}

static void make_app(struct host *h)
{
    h->app = mocket_new();
    mocket_use(h->app, NULL, guest_front_forward, NULL);
    mocket_on_worker(h->app, worker_start, worker_stop, h);
    mocket_set(h->app, MOCKET_AUTO_HEAD, 0); /* the guest answers everything */
    mocket_set(h->app, MOCKET_AUTO_OPTIONS, 0);
    mocket_set(h->app, MOCKET_METHOD_NOT_ALLOWED, 0);
    mocket_set(h->app, MOCKET_MAX_BODY, body_limit(h));
    mocket_set(h->app, MOCKET_BODY_TOTAL, body_ms(h));
    if (h->opts->max_per_address > 0)
        mocket_set(h->app, MOCKET_MAX_PER_ADDRESS, h->opts->max_per_address);
    if (h->module->has[GUEST_WS]) {
        mocket_set(h->app, MOCKET_MAX_MESSAGE, message_limit(h));
        mocket_set(h->app, MOCKET_WS_TIMEOUT, h->opts->ws_idle_ms);
    }
    mocket_set(h->app, MOCKET_MAX_CONNECTIONS, (int64_t)h->descriptors.connections);
    h->program.app = h->app;
    h->program.message_max = message_limit(h);
    for (size_t i = 0; i < h->opts->proxy_count; i++)
        mocket_trust_proxy(h->app, h->opts->proxies[i]);
}

/* One that lives for its sockets serves nothing else: who has no other one should know. */
static void tell_single(struct host *h)
{
    bool pins = h->module->direct_style || h->reuse == MOCKET_REUSE_NONE;
    if (h->module->has[GUEST_WS] && pins && h->opts->max_instances == 1)
        write_line(h, MOCKET_LOG_WARN,
                   MOCKET_SPAN("a worker has one instance, which serves no requests while it has a WebSocket "
                               "(--max-instances)"));
}

/* The guest's address names no port that can be served, so the default is. */
static void tell_default_port(struct host *h, const char *address)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, "the guest listens on \"");
    mocket__buf_text(&text, address);
    mocket__buf_text(&text, "\", which names no port from 1 to 65535: the host serves port ");
    mocket__buf_decimal(&text, DEFAULT_PORT);
    mocket__buf_text(&text, " (--listen chooses another address)");
    write_line(h, MOCKET_LOG_WARN, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

/* The address when the operator names none: this machine alone, at the port of the guest's address. Nothing else of the
 * guest's address counts, so that a guest opens no door. */
static const char *own_address(struct host *h, char text[32])
{
    const char *wish = h->program.declared.address;
    int port = mocket__native_port(wish);
    if (port <= 0 && wish[0] != '\0')
        tell_default_port(h, wish);
    *mocket__decimal(stpcpy(text, "127.0.0.1:"), port > 0 ? (uint32_t)port : DEFAULT_PORT) = '\0';
    return text;
}

/* Logs that a guest asked for an https:// address and is served without TLS: certificates come from the operator alone.
 * It is a warning, except when the operator named addresses with --listen: a proxy may then stand in front. */
static void tell_plain(struct host *h)
{
    const char *wish = h->program.declared.address;
    const struct mocket_host_opts *opts = h->opts;
    struct mocket_buf text = { 0 };
    bool plain = mocket__native_is_secure(wish);
    for (size_t i = 0; i < opts->address_count; i++)
        plain = plain && !mocket__native_is_secure(opts->addresses[i]);
    if (!plain)
        return;
    mocket__buf_text(&text, "the guest listens on \"");
    mocket__buf_text(&text, wish);
    mocket__buf_text(&text,
                     "\", but the host serves plain HTTP (https needs --listen https://ADDRESS, --tls-cert and "
                     "--tls-key)");
    write_line(h, opts->address_count > 0 ? MOCKET_LOG_INFO : MOCKET_LOG_WARN, mocket__buf_view(&text));
    mocket__buf_release(&text);
}

static int serve(struct host *h)
{
    char text[32];
    bool chosen = h->opts->address_count > 0;
    const char *own = chosen ? NULL : own_address(h, text);
    struct mocket_native_opts opts = {
        .addresses = chosen ? h->opts->addresses : &own,
        .address_count = chosen ? h->opts->address_count : 1,
        .workers = h->opts->workers,
        .tls = h->opts->tls,
        .redirect = h->opts->redirect,
        .acme_challenge = h->opts->acme_challenge,
        .on_ready = ready,
        .log = write_line,
        .on_done = h->access.writer || h->stats.listening ? done : NULL,
        .on_problem = problem,
        .data = h,
        .account = &h->account,
        .descriptors = &h->descriptors,
    };
    make_app(h);
    tell_single(h);
    tell_plain(h);
    int rc = mocket__native_serve(h->app, &opts);
    signals_served(&h->signals);
    mocket_free(h->app);
    if (!atomic_load(&h->first_taken))
        guest_instance_close(h->first);
    return rc;
}

static void end_at_once(void *data)
{
    const struct host *h = data;
    h->opts->on_signal(h->opts->data);
}

static int open_voices(struct host *h)
{
    size_t count = (size_t)h->opts->workers + 1;
    h->lines = (struct lines){ .format = h->opts->log,
                               .shown = h->opts->verbose ? MOCKET_LOG_DEBUG
                                        : h->opts->quiet ? MOCKET_LOG_WARN
                                                         : MOCKET_LOG_INFO,
                               .fd = STDERR_FILENO };
    h->voices = mocket__new(count * sizeof *h->voices);
    h->counts = mocket__new(count * sizeof *h->counts);
    if (!h->voices || !h->counts)
        return MOCKET_ENOMEM;
    h->log = voice_log(h, 0);
    signal(SIGPIPE, SIG_IGN); /* a reader of the log that has left is an error code, */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that grows too large, of a log or a guest */
    int rc = lines_open(&h->lines);
    if (rc == 0) {
        h->signals = (struct signals){ .log = write_line,
                                       .data = h,
                                       .reload = h->opts->tls.certificates ? mocket__native_reload : NULL,
                                       .tell = h->opts->on_signal ? NULL : notify_manager,
                                       .at_once = h->opts->on_signal ? end_at_once : NULL };
        rc = signals_open(&h->signals);
    }
    if (rc < 0)
        problem(h, "cannot start the threads for the log and for signals");
    return rc;
}

/* The log is written to its end while signals can still end the process. */
static void close_voices(struct host *h)
{
    signals_served(&h->signals);
    access_close(&h->access);
    lines_close(&h->lines);
    signals_close(&h->signals);
    mocket__free(h->voices);
    mocket__free(h->counts);
}

static int prepare(struct host *h)
{
    int rc = check_stack(h);
    if (rc == 0)
        rc = load_file(h);
    if (rc == 0)
        rc = open_grants(h);
    if (rc == 0)
        rc = open_access(h);
    if (rc == 0)
        rc = open_stats(h);
    if (rc == 0)
        rc = open_module(h);
    return rc;
}

int mocket__host_serve(const struct mocket_host_opts *opts)
{
    struct host h = { .opts = opts, .name = base_name(opts->path) };
    uint64_t total = opts->max_memory_total;
    mocket__account_init(&h.account, total ? total : ram_limit() / MEMORY_PARTS * MEMORY_SHARE);
    int rc = open_voices(&h);
    if (rc == 0)
        rc = prepare(&h);
    if (rc == 0)
        rc = ticker_start(&h.ticker, h.engine, (size_t)opts->workers + 1);
    h.program = (struct guest_program){ .module = h.module,
                                        .grants = &h.grants,
                                        .timeout_ms = opts->timeout_ms,
                                        .cpu_timeout_ms = opts->cpu_timeout_ms,
                                        .message_max = MOCKET_UNLIMITED,
                                        .sockets_each = opts->sockets_each,
                                        .sockets_max = opts->max_sockets,
                                        .memory_bytes = opts->max_memory,
                                        .leave_out = opts->leave_out };
    if (rc == 0) {
        share_descriptors(&h);
        rc = start_first(&h);
    }
    if (rc == 0 && (rc = choose_reuse(&h)) < 0)
        guest_instance_close(h.first);
    if (rc == 0)
        rc = opts->on_routes ? describe(&h) : serve(&h);
    ticker_stop(&h.ticker);
    guest_module_close(h.module);
    engine_close(h.engine);
    stats_close(&h.stats);
    guest_grants_close(&h.grants);
    mocket__buf_release(&h.file);
    close_voices(&h);
    mocket__account_release(&h.account);
    return rc;
}
