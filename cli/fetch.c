/* `mocket fetch`: one request to an app, for scripts and tests.
 *
 * It serves the app as `mocket serve` does, with the same limits and grants, but on a Unix socket in a folder of its
 * own, which other users cannot enter. When the host is ready, a second thread sends the request, writes the answer,
 * and stops the host. So an app gets what it would get from the network, and no port is opened. A signal ends all of it
 * at once, since nobody else is served. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "../hosts/c/serve.h"
#include "../src/base/buf.h"
#include "../src/base/span.h"
#include "../src/http/method.h"
#include "exchange.h"
#include "guest_options.h"
#include "guest_verbs.h"
#include "progress.h"
#include "project.h"
#include "read.h"
#include "verbs.h"

#define STATUS_EXIT 22 /* as curl --fail: the status is not 2xx */

struct fetch {
    struct cli_guest guest; /* the first member, for the options of guest_options.h */
    const char *words[3];   /* module, method, target */
    size_t word_count;
    const char *data;
    const char *out;
    struct cli_exchange exchange;
    struct mocket_buf body;
    char folder[64], socket[80], address[96];
    mocket_app *app;
    uv_thread_t thread;
    bool started; /* the thread */
    struct cli_progress starting;
};

/* ---- Options ---- */

static int take_word(void *into, const char *text)
{
    struct fetch *f = into;
    if (f->word_count == sizeof f->words / sizeof *f->words)
        return mocket__cli_misuse("fetch", "%s: a word too many; give a wasm file, a method and a path", text);
    f->words[f->word_count++] = text;
    return 0;
}

/* Bytes at the beginning that a method or the name of a header may have. */
static size_t token_len(const char *text)
{
    return strspn(text, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

static int take_header(void *into, const struct cli_said *said, const char *text)
{
    struct cli_exchange *x = &((struct fetch *)into)->exchange;
    size_t name_len = token_len(text);
    if (name_len == 0 || text[name_len] != ':' || text[strcspn(text, "\r\n")])
        return mocket__cli_misuse(said->verb, "%s '%s': a line such as 'X-Name: value' is needed", said->option, text);
    if (x->header_count == CLI_EXCHANGE_HEADERS_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d headers", said->option, CLI_EXCHANGE_HEADERS_MAX);
    x->headers[x->header_count++] = text;
    return 0;
}

static int take_data(void *into, const struct cli_said *said, const char *text)
{
    (void)said;
    ((struct fetch *)into)->data = text; /* may be empty */
    return 0;
}

static const struct cli_option options[] = {
    { CLI_GROUP, .help = "Request" },
    { CLI_OWN, "header", 'H', .many = true, .value = "LINE", .take = take_header,
      .help = "header line, such as 'Content-Type: application/json'" },
    { CLI_OWN, "data", 'd', .value = "DATA|@FILE|@-", .files = true, .take = take_data,
      .also = "body data-binary data-raw",
      .help = "body: the text, the bytes of a file, or standard input. The method is then POST if none is given; no "
              "Content-Type is added" },
    { CLI_GROUP, .help = "Answer" },
    { CLI_SWITCH, "include", 'i', .at = offsetof(struct fetch, exchange.show_head), .also = "head I",
      .help = "write the status line and the headers too" },
    { CLI_WORD, "out", 'o', .value = "FILE", .files = true, .at = offsetof(struct fetch, out), .also = "output",
      .initial_words = "standard output", .help = "file for the answer" },
    { CLI_SWITCH, "verbose", 'v', .at = offsetof(struct fetch, guest.opts.verbose),
      .help = "log what the host logs, debug lines too, as with MOCKET_LOG=debug; else warnings and errors only" },
    { .name = NULL },
};

/* ---- The request ---- */

static bool is_token(const char *text)
{
    return text[0] && !text[token_len(text)];
}

/* Returns whether a word is a request target: /path, a URL, or * of OPTIONS. */
static bool is_target(const char *text)
{
    return text[0] == '/' || strcmp(text, "*") == 0 || strstr(text, "://");
}

/* A blank would end the target in the request line, and a line break the line itself. */
static bool has_blanks(const char *target)
{
    for (; *target; target++)
        if ((unsigned char)*target <= ' ' || *target == 0x7f)
            return true;
    return false;
}

/* Is the first word the wasm file? Without one the app of the present folder gets the request. */
static bool names_module(const struct fetch *f)
{
    return f->word_count == 3 ||
           (f->word_count == 2 && mocket__method_of(mocket__span(f->words[0])) == MOCKET_METHOD_OTHER);
}

static int take_words(struct fetch *f)
{
    const char *target = f->word_count > 0 ? f->words[f->word_count - 1] : NULL;
    size_t method = names_module(f);
    if (!target)
        return mocket__cli_misuse("fetch", "give a wasm file and a path, as in `mocket fetch app.wasm GET /`");
    if (!is_target(target))
        return mocket__cli_misuse("fetch", "%s: a path that begins with / is needed", target);
    if (has_blanks(target))
        return mocket__cli_misuse("fetch", "a path has no blanks and no control characters: write %%20 for a blank");
    int rc = method ? 0 : mocket__cli_project_wasm("fetch", &f->guest.opts.path);
    if (rc != 0)
        return rc;
    if (method)
        f->guest.opts.path = f->words[0];
    f->exchange.target = target;
    f->exchange.method = method + 1 < f->word_count ? f->words[method] : f->data ? "POST" : "GET";
    if (!is_token(f->exchange.method) || strcmp(f->exchange.method, "CONNECT") == 0)
        return mocket__cli_misuse("fetch", "%s: not a method that can be sent", f->exchange.method);
    if (f->data && strcmp(f->exchange.method, "HEAD") == 0)
        return mocket__cli_misuse("fetch", "HEAD has no body: leave out -d");
    if (f->data && strcmp(f->data, "@") == 0)
        return mocket__cli_misuse("fetch", "-d @: the name of a file is needed behind @, or - for standard input");
    if (f->out && mocket__cli_same_file(f->out, f->guest.opts.path))
        return mocket__cli_misuse("fetch", "-o %s: this is the app itself; choose another file", f->out);
    return 0;
}

static int read_body(struct fetch *f)
{
    if (!f->data)
        return 0;
    f->exchange.body = (mocket_span){ f->data, strlen(f->data) };
    if (f->data[0] != '@')
        return 0;
    bool standard = strcmp(f->data, "@-") == 0;
    const char *path = standard ? "standard input" : f->data + 1;
    int rc = standard ? mocket__cli_read_stream(stdin, &f->body) : mocket__cli_read(path, &f->body);
    if (rc != 0)
        return mocket__cli_failure("fetch", "%s: %s", path, strerror(rc));
    f->exchange.body = (mocket_span){ f->body.ptr ? f->body.ptr : "", f->body.len };
    return 0;
}

/* When the app has started: a file keeps its bytes if the app cannot be asked. False: problem says why. */
static bool open_out(struct fetch *f)
{
    struct cli_exchange *x = &f->exchange;
    x->out = f->out ? fopen(f->out, "wbe") : stdout;
    if (!x->out)
        snprintf(x->problem, sizeof x->problem, "%s: %s", f->out, strerror(errno));
    return x->out;
}

static int close_out(struct fetch *f)
{
    if (!f->out || !f->exchange.out || fclose(f->exchange.out) == 0)
        return 0;
    return mocket__cli_failure("fetch", "%s: %s", f->out, strerror(errno));
}

/* ---- The host ---- */

static void exchange(void *arg)
{
    struct fetch *f = arg;
    if (open_out(f))
        mocket__cli_exchange(&f->exchange);
    mocket_stop(f->app);
}

static void ready(void *data, mocket_app *app)
{
    struct fetch *f = data;
    mocket__cli_progress_end(&f->starting);
    f->app = app;
    f->started = uv_thread_create(&f->thread, exchange, f) == 0;
    if (!f->started) {
        snprintf(f->exchange.problem, sizeof f->exchange.problem, "a thread could not be started");
        mocket_stop(app);
    }
}

/* A Unix socket's path has at most 107 bytes, so the folder is not in TMPDIR. */
static int open_folder(struct fetch *f)
{
    snprintf(f->folder, sizeof f->folder, "/tmp/mocket-fetch-XXXXXX");
    if (!mkdtemp(f->folder))
        return mocket__cli_failure("fetch", "%s: %s", f->folder, strerror(errno));
    snprintf(f->socket, sizeof f->socket, "%s/app", f->folder);
    snprintf(f->address, sizeof f->address, "unix:%s", f->socket);
    f->exchange.socket = f->socket;
    return 0;
}

static void remove_folder(void *data)
{
    const struct fetch *f = data;
    unlink(f->socket);
    rmdir(f->folder);
}

static int result(const struct fetch *f)
{
    const struct cli_exchange *x = &f->exchange;
    if (x->write_error == EPIPE && !f->out)
        return 1; /* main ends the process by SIGPIPE */
    if (x->problem[0])
        return mocket__cli_failure("fetch", "%s %s: %s%s", x->method, x->target,
                                   x->status ? "the answer is not complete: " : "", x->problem);
    return x->status >= 200 && x->status <= 299 ? 0 : STATUS_EXIT;
}

static int serve(struct fetch *f)
{
    const char *addresses[] = { f->address };
    struct mocket_host_opts *opts = &f->guest.opts;
    int rc = open_folder(f);
    if (rc != 0)
        return rc;
    mocket__cli_guest_complete(&f->guest);
    opts->addresses = addresses;
    opts->address_count = 1;
    opts->workers = 1;
    opts->max_sockets = 1; /* a request of this verb never becomes a WebSocket */
    opts->sockets_each = 1;
    opts->ws_idle_ms = MOCKET_UNLIMITED;
    opts->quiet = !opts->verbose;
    opts->on_ready = ready;
    opts->on_signal = remove_folder;
    opts->data = f;
    snprintf(f->exchange.problem, sizeof f->exchange.problem, "the host ended before the answer");
    if (opts->quiet) /* else the host says what it does */
        mocket__cli_progress_begin(&f->starting, "fetch", "starting", opts->path);
    rc = mocket__host_serve(opts) < 0 ? 1 : 0;
    mocket__cli_progress_end(&f->starting);
    if (f->started)
        uv_thread_join(&f->thread);
    remove_folder(f);
    return rc == 0 ? result(f) : rc;
}

static int run(int argc, char **argv)
{
    struct fetch f = { .guest.opts = { .reuse = -1, .max_body = -1, .max_message = -1 } };
    int rc = mocket__cli_options(&mocket__cli_fetch, argc, argv, &f);
    if (rc == 0)
        rc = take_words(&f);
    if (rc == 0)
        rc = mocket__cli_guest_level("fetch", &f.guest);
    if (rc == 0)
        rc = read_body(&f);
    if (rc == 0)
        rc = serve(&f);
    int closed = close_out(&f);
    mocket__cli_guest_release(&f.guest);
    mocket__buf_release(&f.body);
    return rc == 0 ? closed : rc;
}

const struct cli_verb mocket__cli_fetch = {
    CLI_FETCH_LISTED,
    .usage = CLI_FETCH_USAGE
    "\n"
    "Runs one request against an app and writes the body of the answer. The app gets\n"
    "what `mocket serve` would give it, but no port is opened. Without a name the app\n"
    "is app.wasm. PATH begins with / and may have a query. The exit status is 0 for a\n"
    "status from 200 to 299, 22 for any other, and 1 when there is no complete\n"
    "answer.\n",
    .options = options,
    .shared = mocket__cli_guest_options,
    .more =
        "Examples:\n"
        "  mocket fetch app.wasm /\n"
        "  mocket fetch app.wasm POST /echo -H 'X: y' -d @file -i\n"
        "  echo '{\"text\":\"milk\"}' | mocket fetch app.wasm POST /notes -d @-\n"
        "  mocket fetch app.wasm /logo.png --dir site -o logo.png\n",
    .run = run,
    .word = take_word,
};
