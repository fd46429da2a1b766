/* `mocket serve`: the command line of the wasm host (hosts/c/serve.h). */
#include "serve.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "../hosts/c/engine/compile.h"
#include "../hosts/c/serve.h"
#include "../src/base/span.h"
#include "../src/http/forwarded.h"
#include "../src/backend/native/native.h"
#include "verbs.h"

#define ADDRESSES_MAX 16
#define ENV_MAX 256
#define PROXIES_MAX 16
#define WORKERS_MAX 1024
#define SOCKETS_MAX 10000000
#define CONNECTIONS_MAX 10000000
#define SOCKETS_EACH_MAX 4096 /* an instance has 8192 handles */
#define INSTANCES_MAX 4000
#define MISUSE 2 /* as mocket__cli_misuse answers */
#define TIMEOUT_MAX_MS (INT64_C(24) * 3600 * 1000)
#define MEMORY_MIN (INT64_C(1) << 16)
#define MEMORY_MAX (INT64_C(1) << 32)
#define COMPILE_MEMORY_MIN (INT64_C(128) << 20)
#define COMPILE_MEMORY_MAX (INT64_C(1) << 40)

const char *const mocket__cli_serve_manual =
    "usage: mocket serve app.wasm [options]\n"
    "\n"
    "Serves a guest module over HTTP until SIGINT or SIGTERM; a second one cuts every connection.\n"
    "`-` reads the module from standard input.\n"
    "A guest reaches nothing of this machine but what --env and --dir give it, and no server but by --allow-net.\n"
    "\n"
    "Serving:\n"
    "  --listen ADDRESS    host:port, :port, [v6]:port or unix:path; may be repeated\n"
    "                      (default: 127.0.0.1 with the app's port, else 4000)\n"
    "  --trusted-proxy NETWORKS\n"
    "                      10.0.0.0/8,::1 or unix: proxies, whose Forwarded or X-Forwarded-For and -Proto tell\n"
    "                      the client's address and scheme; may be repeated (default: none)\n"
    "  --workers N         threads that serve (default: one per CPU)\n"
    "  --reuse none        a fresh instance for each request\n"
    "  --reuse serial      an instance serves one request after the other\n"
    "  --reuse concurrent  an instance serves many requests at once\n"
    "                      (default: what the app asks for; the stricter of the two holds)\n"
    "\n"
    "Limits:\n"
    "  --timeout TIME      of a request until its answer begins, then of silence: 30s, 500ms, 2m,\n"
    "                      off (default: 30s)\n"
    "  --body-timeout TIME waiting for a request body in all; each KiB of it gives a second more; off\n"
    "                      (default: as --timeout, at most 30s)\n"
    "  --cpu-timeout TIME  of one stretch of work inside the guest; waiting does not count\n"
    "                      (default: 1s)\n"
    "  --max-memory SIZE   of an instance: 64M, 1G (default: 256M)\n"
    "  --max-memory-total SIZE\n"
    "                      of the process: instances, requests, answers and messages together (default: three\n"
    "                      quarters of the machine's memory, or of its control group's limit if that is less)\n"
    "  --compile-timeout TIME\n"
    "                      processor time for compiling the module, or off (default: 2m)\n"
    "  --compile-memory SIZE\n"
    "                      memory for compiling the module, at least 128M (default: 2G)\n"
    "  --max-instances N   of a worker (default: 1024, less with more than three workers)\n"
    "  --max-body SIZE     of a request body (default: what the app asks for, else 1M)\n"
    "  --max-message SIZE  of a WebSocket's client (default: what the app asks for, else 1M)\n"
    "  --max-per-address N connections of one client address (IPv6: of a /64); trusted proxies and Unix\n"
    "                      sockets are exempt (default: no limit)\n"
    "  --max-sockets N     WebSockets at once, beside other connections (default: 10000)\n"
    "  --sockets-each N    of these, of one instance; with --reuse none always one (default: 1024)\n"
    "  --ws-idle TIME      silence of a WebSocket's client, who is pinged at half of it; off (default: 60s)\n"
    "\n"
    "What guests are given:\n"
    "  --env NAME[=VALUE]  an environment variable; without a value, the host's own; may be repeated\n"
    "  --dir HOST[::GUEST][:ro|:rw]\n"
    "                      a folder, which guests see as GUEST (default: as HOST), to be read (ro, the default)\n"
    "                      or written too (rw); may be repeated\n"
    "  --allow-net RULE    servers that guests may send requests to: example.com, *.example.com,\n"
    "                      10.0.0.0/8, [::1] or all, each with :PORT behind it for one port only; may be\n"
    "                      repeated. A name reaches public addresses, localhost this machine; other\n"
    "                      addresses are granted by address or network\n"
    "\n"
    "Telling:\n"
    "  --log FORMAT        of lines on standard error: text (default) or json, an object a line\n"
    "  --access-log FILE   a line for each request, in that format; `-` is standard output\n"
    "  --stats ADDRESS     counts over HTTP: /stats as JSON, /metrics for Prometheus (default: none)\n"
    "  -q, --quiet         only warnings and errors on standard error\n"
    "  -v, --verbose       debug lines too\n"
    "\n"
    "Other:\n"
    "  --cache DIR|off     where compiled modules are kept\n"
    "                      (default: $XDG_CACHE_HOME/mocket/modules, else ~/.cache/mocket/modules)\n"
    "\n"
    "TIME is a number with ms, s, m or h. SIZE is a number of bytes, or of K, M, G (1024).\n"
    "docs/operating.md tells more.\n";

/* A number with one of the suffixes; -1 when it is none, or larger than max. */
struct unit {
    const char *suffix;
    int64_t factor;
};

static int64_t parse(const char *text, const struct unit *units, int64_t max)
{
    char *end;
    errno = 0;
    if (text[0] < '0' || text[0] > '9')
        return -1;
    long long n = strtoll(text, &end, 10);
    for (; units->suffix; units++)
        if (strcmp(end, units->suffix) == 0)
            return errno || n > max / units->factor ? -1 : n * units->factor;
    return -1;
}

static int64_t parse_size(const char *text, int64_t max)
{
    static const struct unit units[] = { { "", 1 },          { "K", 1 << 10 },   { "k", 1 << 10 }, { "M", 1 << 20 },
                                         { "m", 1 << 20 },   { "G", 1 << 30 },   { "g", 1 << 30 }, { "KiB", 1 << 10 },
                                         { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 } };
    return parse(text, units, max);
}

static int64_t parse_time_ms(const char *text)
{
    static const struct unit units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 } };
    return strcmp(text, "off") == 0 ? 0 : parse(text, units, TIMEOUT_MAX_MS);
}

struct command {
    const char *verb;
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

/* Each option: what it does with its argument; 0 or the exit code of a misuse. */

static int take_address(const struct command *c, const char *option, const char *text, const char **out)
{
    *out = text;
    if (mocket__native_is_address(text))
        return 0;
    return mocket__cli_misuse(c->verb, "--%s %s: host:port, :port, [v6]:port or unix:path is needed", option, text);
}

static int take_listen(struct command *c, const char *text)
{
    if (c->opts.address_count == ADDRESSES_MAX)
        return mocket__cli_misuse(c->verb, "--listen: at most %d addresses", ADDRESSES_MAX);
    return take_address(c, "listen", text, &c->addresses[c->opts.address_count++]);
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

static int take_proxy(struct command *c, const char *text)
{
    if (c->opts.proxy_count == PROXIES_MAX)
        return mocket__cli_misuse(c->verb, "--trusted-proxy: at most %d times", PROXIES_MAX);
    if (!are_networks(text))
        return mocket__cli_misuse(c->verb, "--trusted-proxy %s: networks such as 10.0.0.0/8,::1 are needed", text);
    c->proxies[c->opts.proxy_count++] = text;
    return 0;
}

static int64_t parse_count(const char *text, int64_t max)
{
    static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
    return parse(text, plain, max);
}

struct count {
    const char *option;
    int least, most;
};

/* The number; below zero after a misuse. */
static int64_t take_count(const struct command *c, const struct count *of, const char *text)
{
    int64_t n = parse_count(text, of->most);
    if (n >= of->least)
        return n;
    mocket__cli_misuse(c->verb, "--%s %s: a number from %d to %d is needed", of->option, text, of->least, of->most);
    return -1;
}

static int take_workers(struct command *c, const char *text)
{
    int64_t n = take_count(c, &(struct count){ "workers", 1, WORKERS_MAX }, text);
    c->opts.workers = (int)n;
    return n < 0 ? MISUSE : 0;
}

static int take_reuse(struct command *c, const char *text)
{
    if (strcmp(text, "concurrent") == 0) {
        c->opts.reuse = MOCKET_REUSE_CONCURRENT;
        return 0;
    }
    bool serial = strcmp(text, "serial") == 0;
    if (!serial && strcmp(text, "none") != 0)
        return mocket__cli_misuse(c->verb, "--reuse %s: none, serial or concurrent is needed", text);
    c->opts.reuse = serial ? MOCKET_REUSE_SERIAL : MOCKET_REUSE_NONE;
    return 0;
}

struct time {
    const char *option, *such_as;
};

/* The time, 0: off; below zero after a misuse. */
static int64_t take_time_ms(const struct command *c, const struct time *of, const char *text)
{
    int64_t ms = parse_time_ms(text);
    if (ms > 0 || strcmp(text, "off") == 0)
        return ms;
    mocket__cli_misuse(c->verb, "--%s %s: a time such as %s is needed, or off", of->option, text, of->such_as);
    return -1;
}

static int take_timeout(struct command *c, const char *text)
{
    int64_t ms = take_time_ms(c, &(struct time){ "timeout", "30s, 500ms or 2m" }, text);
    c->opts.timeout_ms = (uint64_t)ms;
    return ms < 0 ? MISUSE : 0;
}

static int take_body_timeout(struct command *c, const char *text)
{
    int64_t ms = take_time_ms(c, &(struct time){ "body-timeout", "30s, 500ms or 2m" }, text);
    c->opts.body_ms = ms ? ms : MOCKET_UNLIMITED;
    return ms < 0 ? MISUSE : 0;
}

static int take_per_address(struct command *c, const char *text)
{
    c->opts.max_per_address = take_count(c, &(struct count){ "max-per-address", 1, CONNECTIONS_MAX }, text);
    return c->opts.max_per_address < 0 ? MISUSE : 0;
}

static int take_cpu_timeout(struct command *c, const char *text)
{
    int64_t ms = take_time_ms(c, &(struct time){ "cpu-timeout", "500ms or 2s" }, text);
    c->opts.cpu_timeout_ms = (uint64_t)ms;
    return ms < 0 ? MISUSE : 0;
}

static int take_memory(struct command *c, const char *text)
{
    int64_t bytes = parse_size(text, MEMORY_MAX);
    if (bytes < MEMORY_MIN)
        return mocket__cli_misuse(c->verb, "--max-memory %s: a size from 64K to 4G is needed", text);
    c->opts.max_memory = (uint64_t)bytes;
    return 0;
}

static int take_memory_total(struct command *c, const char *text)
{
    int64_t bytes = parse_size(text, INT64_MAX);
    if (bytes < MEMORY_MIN)
        return mocket__cli_misuse(c->verb, "--max-memory-total %s: a size such as 512M or 4G is needed", text);
    c->opts.max_memory_total = (uint64_t)bytes;
    return 0;
}

static int take_compile_timeout(struct command *c, const char *text)
{
    int64_t ms = take_time_ms(c, &(struct time){ "compile-timeout", "30s or 5m" }, text);
    c->opts.compile_timeout_ms = (uint64_t)ms;
    return ms < 0 ? MISUSE : 0;
}

static int take_compile_memory(struct command *c, const char *text)
{
    int64_t bytes = parse_size(text, COMPILE_MEMORY_MAX);
    if (bytes < COMPILE_MEMORY_MIN)
        return mocket__cli_misuse(c->verb, "--compile-memory %s: a size from 128M to 1024G is needed", text);
    c->opts.compile_memory = (uint64_t)bytes;
    return 0;
}

static int take_body(struct command *c, const char *text)
{
    c->opts.max_body = parse_size(text, INT64_MAX);
    if (c->opts.max_body < 0)
        return mocket__cli_misuse(c->verb, "--max-body %s: a size such as 64K or 10M is needed", text);
    return 0;
}

static int take_message(struct command *c, const char *text)
{
    c->opts.max_message = parse_size(text, INT64_MAX);
    if (c->opts.max_message < 0)
        return mocket__cli_misuse(c->verb, "--max-message %s: a size such as 64K or 10M is needed", text);
    return 0;
}

static int take_sockets(struct command *c, const char *text)
{
    int64_t n = take_count(c, &(struct count){ "max-sockets", 0, SOCKETS_MAX }, text);
    c->opts.max_sockets = (size_t)n;
    return n < 0 ? MISUSE : 0;
}

static int take_sockets_each(struct command *c, const char *text)
{
    int64_t n = take_count(c, &(struct count){ "sockets-each", 1, SOCKETS_EACH_MAX }, text);
    c->opts.sockets_each = (uint32_t)n;
    return n < 0 ? MISUSE : 0;
}

static int take_instances(struct command *c, const char *text)
{
    int64_t n = take_count(c, &(struct count){ "max-instances", 1, INSTANCES_MAX }, text);
    c->opts.max_instances = (uint32_t)n;
    return n < 0 ? MISUSE : 0;
}

static int take_ws_idle(struct command *c, const char *text)
{
    int64_t ms = take_time_ms(c, &(struct time){ "ws-idle", "30s, 500ms or 2m" }, text);
    c->opts.ws_idle_ms = ms ? ms : MOCKET_UNLIMITED;
    return ms < 0 ? MISUSE : 0;
}

/* The place of a variable of that name, or a new one; ENV_MAX when there is none left. */
static size_t env_place(const struct command *c, const char *text, size_t name_len)
{
    for (size_t i = 0; i < c->env_count; i++)
        if (strncmp(c->env[i], text, name_len) == 0 && c->env[i][name_len] == '=')
            return i;
    return c->env_count;
}

static int take_env(struct command *c, const char *text)
{
    size_t name_len = strcspn(text, "=");
    const char *value = text[name_len] ? NULL : getenv(text);
    if (name_len == 0)
        return mocket__cli_misuse(c->verb, "--env %s: NAME=VALUE or NAME is needed", text);
    if (!text[name_len] && !value)
        return mocket__cli_misuse(c->verb, "--env %s: there is no such variable here to pass on", text);
    size_t place = env_place(c, text, name_len), len = strlen(text) + (value ? strlen(value) + 1 : 0);
    if (place == ENV_MAX)
        return mocket__cli_misuse(c->verb, "--env: at most %d variables", ENV_MAX);
    char *row = malloc(len + 1);
    if (!row)
        return mocket__cli_misuse(c->verb, "--env: out of memory");
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

static int take_dir(struct command *c, const char *text)
{
    if (c->dir_count == GUEST_DIRS_MAX)
        return mocket__cli_misuse(c->verb, "--dir: at most %d folders", GUEST_DIRS_MAX);
    char *copy = strdup(text);
    if (!copy)
        return mocket__cli_misuse(c->verb, "--dir: out of memory");
    c->dir_texts[c->dir_count] = copy;
    struct guest_dir *dir = &c->dirs[c->dir_count++];
    dir->writable = take_mode(copy);
    char *colons = strstr(copy, "::");
    if (colons)
        *colons = '\0';
    dir->host = copy;
    dir->guest = colons ? colons + 2 : copy;
    if (!dir->host[0] || !dir->guest[0])
        return mocket__cli_misuse(c->verb, "--dir %s: HOST, HOST::GUEST, with :ro or :rw behind it, is needed", text);
    for (size_t i = 0; i + 1 < c->dir_count; i++)
        if (strcmp(c->dirs[i].guest, dir->guest) == 0)
            return mocket__cli_misuse(c->verb, "--dir %s: guests have another folder as %s", text, dir->guest);
    return 0;
}

static int take_net(struct command *c, const char *text)
{
    const char *why;
    if (c->net_count == GUEST_NETS_MAX)
        return mocket__cli_misuse(c->verb, "--allow-net: at most %d rules", GUEST_NETS_MAX);
    if (guest_net_parse(text, &c->nets[c->net_count], &why) < 0)
        return mocket__cli_misuse(c->verb, "--allow-net %s: %s", text, why);
    c->net_count++;
    return 0;
}

static int take_log(struct command *c, const char *text)
{
    bool json = strcmp(text, "json") == 0;
    if (!json && strcmp(text, "text") != 0)
        return mocket__cli_misuse(c->verb, "--log %s: text or json is needed", text);
    c->opts.log = json ? LINES_JSON : LINES_TEXT;
    return 0;
}

/* What only must not be empty. */
static int take_word(struct command *c, const char *option, const char *text, const char **out)
{
    *out = text;
    return text[0] ? 0 : mocket__cli_misuse(c->verb, "--%s needs a value", option);
}

static int take_access_log(struct command *c, const char *text)
{
    return take_word(c, "access-log", text, &c->opts.access_log);
}

static int take_stats(struct command *c, const char *text)
{
    return take_address(c, "stats", text, &c->opts.stats);
}

static int take_cache(struct command *c, const char *text)
{
    return take_word(c, "cache", text, &c->opts.cache);
}

static int take_quiet(struct command *c, const char *text)
{
    (void)text;
    c->opts.quiet = true;
    return 0;
}

static int take_verbose(struct command *c, const char *text)
{
    (void)text;
    c->opts.verbose = true;
    return 0;
}

/* getopt_long answers the row's number. */
static const struct {
    const char *name;
    int has_argument;
    int (*take)(struct command *c, const char *text);
} options[] = {
    { "listen", required_argument, take_listen },
    { "trusted-proxy", required_argument, take_proxy },
    { "workers", required_argument, take_workers },
    { "reuse", required_argument, take_reuse },
    { "timeout", required_argument, take_timeout },
    { "body-timeout", required_argument, take_body_timeout },
    { "cpu-timeout", required_argument, take_cpu_timeout },
    { "max-memory", required_argument, take_memory },
    { "max-memory-total", required_argument, take_memory_total },
    { "max-body", required_argument, take_body },
    { "compile-timeout", required_argument, take_compile_timeout },
    { "compile-memory", required_argument, take_compile_memory },
    { "max-instances", required_argument, take_instances },
    { "max-message", required_argument, take_message },
    { "max-per-address", required_argument, take_per_address },
    { "max-sockets", required_argument, take_sockets },
    { "sockets-each", required_argument, take_sockets_each },
    { "ws-idle", required_argument, take_ws_idle },
    { "env", required_argument, take_env },
    { "dir", required_argument, take_dir },
    { "allow-net", required_argument, take_net },
    { "log", required_argument, take_log },
    { "access-log", required_argument, take_access_log },
    { "stats", required_argument, take_stats },
    { "cache", required_argument, take_cache },
    { "quiet", no_argument, take_quiet },
    { "verbose", no_argument, take_verbose },
};
enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]), OPTION_FIRST = 256 };

/* The word of the long option that getopt_long just read. Its value may be the word behind it. */
static const char *long_word(char **argv)
{
    return optarg && optarg == argv[optind - 1] ? argv[optind - 2] : argv[optind - 1];
}

/* getopt_long accepts abbreviations; what one means would change with each new option. */
static bool is_whole(const char *word, const char *name)
{
    size_t len = strlen(name);
    return strncmp(word + 2, name, len) == 0 && (word[2 + len] == '\0' || word[2 + len] == '=');
}

static int take_long(struct command *c, int option, char **argv)
{
    const char *word = long_word(argv), *name = options[option - OPTION_FIRST].name;
    if (!is_whole(word, name))
        return mocket__cli_misuse(c->verb, "unknown option %s; did you mean --%s?", word, name);
    return options[option - OPTION_FIRST].take(c, optarg);
}

/* optopt is the letter of a short option, the row of a long one that was given a value and takes none, or 0. */
static int refuse_option(const struct command *c, char **argv)
{
    if (optopt >= OPTION_FIRST)
        return mocket__cli_misuse(c->verb, "--%s takes no value: %s", options[optopt - OPTION_FIRST].name,
                                  argv[optind - 1]);
    if (optopt > ' ' && optopt < 0x7f)
        return mocket__cli_misuse(c->verb, "unknown option -%c", optopt);
    if (optopt)
        return mocket__cli_misuse(c->verb, "unknown option -\\x%02x", (unsigned)optopt & 0xff);
    return mocket__cli_misuse(c->verb, "unknown option %s", argv[optind - 1]);
}

static int take_option(struct command *c, int option, char **argv)
{
    if (option >= OPTION_FIRST)
        return take_long(c, option, argv);
    switch (option) {
    case 'q':
        return take_quiet(c, NULL);
    case 'v':
        return take_verbose(c, NULL);
    case ':':
        return mocket__cli_misuse(c->verb, "%s needs a value", argv[optind - 1]);
    default:
        return refuse_option(c, argv);
    }
}

static int take_options(struct command *c, int argc, char **argv)
{
    struct option list[OPTION_COUNT + 1] = { 0 };
    for (int i = 0; i < OPTION_COUNT; i++)
        list[i] = (struct option){ options[i].name, options[i].has_argument, NULL, OPTION_FIRST + i };
    opterr = 0;
    optind = 1;
    int option;
    while ((option = getopt_long(argc, argv, ":qv", list, NULL)) != -1) {
        int rc = take_option(c, option, argv);
        if (rc)
            return rc;
    }
    if (optind == argc)
        return mocket__cli_misuse(c->verb, "which module? `mocket serve app.wasm`");
    if (optind + 1 < argc)
        return mocket__cli_misuse(c->verb, "one module at a time: %s", argv[optind + 1]);
    c->opts.path = argv[optind];
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

const char *const mocket__cli_compile_manual =
    "usage: mocket " COMPILE_VERB
    "\n"
    "\n"
    "Compiles a module for `mocket serve`, which starts it. It is of no use otherwise.\n";

int mocket__cli_compile(int argc, char **argv)
{
    if (argc == 1)
        compile_child();
    return mocket__cli_misuse(argv[0], "only `mocket serve` starts this");
}

int mocket__cli_serve(int argc, char **argv)
{
    struct command c = {
        .verb = argv[0],
        .opts = { .reuse = -1,
                  .timeout_ms = 30000,
                  .cpu_timeout_ms = 1000,
                  .max_memory = UINT64_C(256) << 20,
                  .compile_timeout_ms = 120000,
                  .compile_memory = UINT64_C(2) << 30,
                  .max_body = -1,
                  .max_message = -1,
                  .max_sockets = 10000,
                  .sockets_each = 1024,
                  .ws_idle_ms = 60000 },
    };
    int rc = take_options(&c, argc, argv);
    if (rc == 0)
        rc = run(&c);
    release(&c);
    return rc;
}
