/* `mocket serve`: the command line of the wasm host (hosts/c/serve.h). */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "../hosts/c/engine/compile.h"
#include "../hosts/c/serve.h"
#include "../src/backend/native/native.h"
#include "../src/base/span.h"
#include "../src/http/forwarded.h"
#include "verbs.h"

#define ADDRESSES_MAX 16
#define ENV_MAX 256
#define PROXIES_MAX 16
#define WORKERS_MAX 1024

struct command {
    struct mocket_host_opts opts;
    const char *addresses[ADDRESSES_MAX];
    const char *proxies[PROXIES_MAX];
    char *env[ENV_MAX]; /* NAME=VALUE */
    size_t env_count;
    struct guest_dir dirs[GUEST_DIRS_MAX];
    char *dir_texts[GUEST_DIRS_MAX]; /* what their paths point into */
    size_t dir_count;
    struct guest_net nets[GUEST_NETS_MAX];
    size_t net_count;
};

/* ---- Options with a form of their own ---- */

static int take_address(const struct cli_said *said, const char *text, const char **out)
{
    *out = text;
    if (mocket__native_is_address(text))
        return 0;
    return mocket__cli_misuse(said->verb, "%s %s: host:port, :port, [v6]:port or unix:path is needed", said->option,
                              text);
}

static int take_listen(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    if (c->opts.address_count == ADDRESSES_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d addresses", said->option, ADDRESSES_MAX);
    return take_address(said, text, &c->addresses[c->opts.address_count++]);
}

static bool are_networks(const char *text)
{
    struct mocket_networks networks = { 0 };
    struct mocket_arena arena;
    mocket__arena_init(&arena, 0);
    int rc = mocket__networks_add(&networks, &arena, mocket__span(text));
    mocket__arena_release(&arena);
    return rc == 0;
}

static int take_proxy(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    if (c->opts.proxy_count == PROXIES_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d times", said->option, PROXIES_MAX);
    if (!are_networks(text))
        return mocket__cli_misuse(said->verb, "%s %s: networks such as 10.0.0.0/8,::1 are needed", said->option, text);
    c->proxies[c->opts.proxy_count++] = text;
    return 0;
}

/* The place of a variable of that name, or a new one; ENV_MAX when there is none left. */
static size_t env_place(const struct command *c, const char *text, size_t name_len)
{
    for (size_t i = 0; i < c->env_count; i++)
        if (strncmp(c->env[i], text, name_len) == 0 && c->env[i][name_len] == '=')
            return i;
    return c->env_count;
}

static int take_env(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    size_t name_len = strcspn(text, "=");
    const char *value = text[name_len] ? NULL : getenv(text);
    if (name_len == 0)
        return mocket__cli_misuse(said->verb, "%s %s: NAME=VALUE or NAME is needed", said->option, text);
    if (!text[name_len] && !value)
        return mocket__cli_misuse(said->verb, "%s %s: this variable is not set here; give NAME=VALUE, or set it",
                                  said->option, text);
    size_t place = env_place(c, text, name_len), len = strlen(text) + (value ? strlen(value) + 1 : 0);
    if (place == ENV_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d variables", said->option, ENV_MAX);
    char *row = malloc(len + 1);
    if (!row)
        return mocket__cli_misuse(said->verb, "%s: out of memory", said->option);
    stpcpy(stpcpy(stpcpy(row, text), value ? "=" : ""), value ? value : "");
    free(c->env[place]);
    c->env[place] = row;
    c->env_count += place == c->env_count;
    return 0;
}

/* Takes ":ro" or ":rw" off the end of a text. */
static bool take_mode(char *text)
{
    size_t len = strlen(text);
    if (len < 3 || text[len - 3] != ':' || text[len - 2] != 'r' || (text[len - 1] != 'o' && text[len - 1] != 'w'))
        return false;
    bool writable = text[len - 1] == 'w';
    text[len - 3] = '\0';
    return writable;
}

static int take_dir(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    if (c->dir_count == GUEST_DIRS_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d folders", said->option, GUEST_DIRS_MAX);
    char *copy = strdup(text);
    if (!copy)
        return mocket__cli_misuse(said->verb, "%s: out of memory", said->option);
    c->dir_texts[c->dir_count] = copy;
    struct guest_dir *dir = &c->dirs[c->dir_count++];
    dir->writable = take_mode(copy);
    char *colons = strstr(copy, "::");
    if (colons)
        *colons = '\0';
    dir->host = copy;
    dir->guest = colons ? colons + 2 : copy;
    if (!dir->host[0] || !dir->guest[0])
        return mocket__cli_misuse(said->verb, "%s %s: HOST, HOST::GUEST, with :ro or :rw behind it, is needed",
                                  said->option, text);
    for (size_t i = 0; i + 1 < c->dir_count; i++)
        if (strcmp(c->dirs[i].guest, dir->guest) == 0)
            return mocket__cli_misuse(said->verb, "%s %s: another --dir has the guest name %s already", said->option,
                                      text, dir->guest);
    return 0;
}

static int take_net(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    const char *why;
    if (c->net_count == GUEST_NETS_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d rules", said->option, GUEST_NETS_MAX);
    if (guest_net_parse(text, &c->nets[c->net_count], &why) < 0)
        return mocket__cli_misuse(said->verb, "%s %s: %s", said->option, text, why);
    c->net_count++;
    return 0;
}

static int take_stats(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    return take_address(said, text, &c->opts.stats);
}

/* ---- The table ---- */

static const char *const reuses[] = { "none", "serial", "concurrent", NULL }; /* as enum mocket_reuse */
static const char *const formats[] = { "text", "json", NULL };                /* as enum lines_format */

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define AT(field) .at = offsetof(struct command, opts.field)
#define GROUP(text) { .kind = CLI_GROUP, .help = (text) }

static const struct cli_option options[] = {
    GROUP("Serving"),
    { CLI_OWN, "listen", .many = true, .value = "ADDRESS", .take = take_listen,
      .initial_words = "127.0.0.1 with the app's port, else 4000",
      .help = "address to listen on: host:port, :port, [v6]:port or unix:path" },
    { CLI_OWN, "trusted-proxy", .many = true, .value = "NETWORKS", .take = take_proxy, .initial_words = "none",
      .help = "networks of proxies, such as 10.0.0.0/8,::1, or unix for Unix sockets; their Forwarded, "
              "X-Forwarded-For and X-Forwarded-Proto name the client's address and scheme" },
    { CLI_COUNT, "workers", .value = "N", .least = 1, .most = WORKERS_MAX, AT(workers),
      .initial_words = "one for each CPU", .help = "number of threads that serve" },
    { CLI_CHOICE, "reuse", .value = "HOW", .choices = reuses, AT(reuse),
      .initial_words = "the app's choice; the stricter one holds",
      .help = "use of instances. none: a fresh one for each request; serial: one request at a time; "
              "concurrent: many requests at once" },

    GROUP("Limits"),
    { CLI_TIME, "timeout", .value = "TIME", .initial = "30s", .off = 0, AT(timeout_ms),
      .help = "maximum time until the answer to a request begins, then maximum silence" },
    { CLI_TIME, "body-timeout", .value = "TIME", .off = MOCKET_UNLIMITED, AT(body_ms),
      .initial_words = "as --timeout, at most 30s",
      .help = "maximum time to wait for a request body in all; each KiB that arrives adds a second" },
    { CLI_TIME, "cpu-timeout", .value = "TIME", .initial = "1s", .off = 0, AT(cpu_timeout_ms),
      .help = "maximum time that a guest computes without waiting" },
    { CLI_SIZE, "max-memory", .value = "SIZE", .initial = "256M", .least = 64 * KIB, .most = 4 * GIB, AT(max_memory),
      .help = "maximum memory of an instance" },
    { CLI_SIZE, "max-memory-total", .value = "SIZE", .least = 64 * KIB, .most = INT64_MAX, AT(max_memory_total),
      .initial_words = "three quarters of the machine's memory, or of its control group's limit if that is less",
      .help = "maximum memory of the process for instances, requests, answers and messages together" },
    { CLI_TIME, "compile-timeout", .value = "TIME", .initial = "2m", .off = 0, AT(compile_timeout_ms),
      .help = "maximum processor time for compiling the module" },
    { CLI_SIZE, "compile-memory", .value = "SIZE", .initial = "2G", .least = 128 * MIB, .most = 1024 * GIB,
      AT(compile_memory), .help = "maximum memory for compiling the module" },
    { CLI_COUNT, "max-instances", .value = "N", .least = 1, .most = 4000, AT(max_instances),
      .initial_words = "1024, less with more than three workers", .help = "maximum number of instances of a worker" },
    { CLI_SIZE, "max-body", .value = "SIZE", .most = INT64_MAX, AT(max_body),
      .initial_words = "the app's limit, else 1M", .help = "maximum size of a request body" },
    { CLI_SIZE, "max-message", .value = "SIZE", .most = INT64_MAX, AT(max_message),
      .initial_words = "the app's limit, else 1M", .help = "maximum size of a message from a WebSocket's client" },
    { CLI_COUNT, "max-per-address", .value = "N", .least = 1, .most = 10000000, AT(max_per_address),
      .initial_words = "no limit",
      .help = "maximum number of connections of one client address (IPv6: of a /64); trusted proxies and Unix sockets "
              "are exempt" },
    { CLI_COUNT, "max-sockets", .value = "N", .initial = "10000", .most = 10000000, AT(max_sockets),
      .help = "maximum number of open WebSockets, beside other connections" },
    { CLI_COUNT, "sockets-each", .value = "N", .initial = "1024", .least = 1, .most = 4096, /* of 8192 handles */
      AT(sockets_each), .help = "maximum number of open WebSockets of one instance; with --reuse none always one" },
    { CLI_TIME, "ws-idle", .value = "TIME", .initial = "60s", .off = MOCKET_UNLIMITED, AT(ws_idle_ms),
      .help = "maximum silence of a WebSocket's client; it is pinged after half of this time" },

    GROUP("Granted to guests"),
    { CLI_OWN, "env", .many = true, .value = "NAME[=VALUE]", .take = take_env,
      .help = "grants an environment variable; without a value, the host's own variable" },
    { CLI_OWN, "dir", .many = true, .value = "HOST[::GUEST][:ro|:rw]", .take = take_dir,
      .help = "grants a folder, which guests see as GUEST (default: as HOST); ro (the default) grants reading, rw also "
              "writing" },
    { CLI_OWN, "allow-net", .many = true, .value = "RULE", .take = take_net, .initial_words = "none",
      .help = "grants requests to a server: example.com, *.example.com, 10.0.0.0/8, [::1] or all, each with :PORT "
              "behind it for one port only. A name grants its public addresses, localhost this machine; other "
              "addresses need a rule with the address or network" },

    GROUP("Logging and counts"),
    { CLI_CHOICE, "log", .command_line = true, .value = "FORMAT", .choices = formats, .initial = "text", AT(log),
      .help = "format of lines on standard error: text, or json (an object for each line)" },
    { CLI_WORD, "access-log", .value = "FILE", AT(access_log), .initial_words = "none",
      .help = "file for a line about each request, in the format of --log; `-` is standard output" },
    { CLI_OWN, "stats", .value = "ADDRESS", .take = take_stats, .initial_words = "none",
      .help = "address that serves counts over HTTP: /stats as JSON, /metrics for Prometheus" },
    { CLI_SWITCH, "quiet", 'q', AT(quiet), .help = "log warnings and errors only" },
    { CLI_SWITCH, "verbose", 'v', AT(verbose), .help = "log debug lines too" },

    GROUP("Other"),
    { CLI_WORD, "cache", .command_line = true, .value = "DIR|off", AT(cache),
      .initial_words = "$XDG_CACHE_HOME/mocket/modules, else ~/.cache/mocket/modules",
      .help = "folder of compiled modules; off keeps none" },
    { .name = NULL },
};

static int take_module(void *into, const char *text)
{
    struct command *c = into;
    if (c->opts.path)
        return mocket__cli_misuse("serve", "%s: only one module can be served", text);
    c->opts.path = text;
    return 0;
}

static int run(struct command *c)
{
    struct mocket_host_opts *opts = &c->opts;
    opts->addresses = c->addresses;
    opts->proxies = c->proxies;
    opts->env = (const char *const *)c->env;
    opts->env_count = c->env_count;
    opts->dirs = c->dirs;
    opts->dir_count = c->dir_count;
    opts->nets = c->nets;
    opts->net_count = c->net_count;
    opts->leave_out = getenv("MOCKET_TEST_ON_DEMAND"); /* tests/contract/run: host-on-demand */
    if (opts->workers == 0) {
        unsigned cpus = uv_available_parallelism();
        opts->workers = cpus < WORKERS_MAX ? (int)cpus : WORKERS_MAX;
    }
    return mocket__host_serve(opts) < 0 ? 1 : 0;
}

static void release(struct command *c)
{
    for (size_t i = 0; i < c->env_count; i++)
        free(c->env[i]);
    for (size_t i = 0; i < c->dir_count; i++)
        free(c->dir_texts[i]);
}

static int serve(int argc, char **argv)
{
    struct command c = { .opts = { .reuse = -1, .max_body = -1, .max_message = -1 } };
    int rc = mocket__cli_options(&mocket__cli_serve, argc, argv, &c);
    if (rc == 0 && !c.opts.path)
        rc = mocket__cli_misuse(argv[0], "no module: give a wasm file, as in `mocket serve app.wasm`");
    if (rc == 0)
        rc = run(&c);
    release(&c);
    return rc;
}

const struct cli_verb mocket__cli_serve = {
    .name = "serve",
    .summary = "serve a wasm file over HTTP",
    .usage =
        "usage: mocket serve app.wasm [options]\n"
        "\n"
        "Serves a guest module over HTTP until SIGINT or SIGTERM. A second signal cuts every connection.\n"
        "The file name `-` means standard input.\n"
        "A guest reaches only the variables, folders and servers that --env, --dir and --allow-net grant.\n",
    .options = options,
    .more =
        "TIME is a number with ms, s, m or h: 500ms, 30s; off means no limit. SIZE is a number of bytes, or of\n"
        "K, M, G (1024): 64M.\n"
        "docs/operating.md is the full manual.\n",
    .environment = true,
    .run = serve,
    .word = take_module,
};

static int compile(int argc, char **argv)
{
    if (argc == 1)
        compile_child();
    return mocket__cli_misuse(argv[0], "only `mocket serve` starts this");
}

const struct cli_verb mocket__cli_compile = {
    .name = COMPILE_VERB,
    .usage = "usage: mocket " COMPILE_VERB
             "\n"
             "\n"
             "Compiles a module for `mocket serve`, which starts it. It has no other use.\n",
    .run = compile,
};
