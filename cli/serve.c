/* `mocket serve`: the command line of the wasm host (hosts/c/serve.h). */
#include "serve.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "../hosts/c/serve.h"
#include "verbs.h"

#define ADDRESSES_MAX 16
#define WORKERS_MAX 1024
#define TIMEOUT_MAX_MS (INT64_C(24) * 3600 * 1000)
#define MEMORY_MIN (INT64_C(1) << 16)
#define MEMORY_MAX (INT64_C(1) << 32)

const char *const mocket__cli_serve_manual =
    "usage: mocket serve app.wasm [options]\n"
    "\n"
    "Serves a guest module over HTTP until SIGINT or SIGTERM. `-` reads the module from standard input.\n"
    "\n"
    "  --listen ADDRESS    host:port, :port, [v6]:port or unix:path; may be repeated\n"
    "                      (default: the app's wish, else :4000)\n"
    "  --workers N         threads that serve (default: one per CPU)\n"
    "  --reuse none        a fresh instance for each request\n"
    "  --reuse serial      an instance serves one request after the other\n"
    "                      (default: what the app asks for; the stricter of the two holds)\n"
    "  --timeout TIME      of a request in the guest: 30s, 500ms, 2m, off (default: 30s)\n"
    "  --max-memory SIZE   of an instance: 64M, 1G (default: 256M)\n"
    "  --max-body SIZE     of a request body (default: what the app asks for, else 1M)\n"
    "  -q, --quiet         only warnings and errors on standard error\n"
    "  -v, --verbose       debug lines too\n";

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
};

/* Each option: what it does with its argument; 0 or the exit code of a misuse. */
static int take_listen(struct command *c, const char *text)
{
    if (c->opts.address_count == ADDRESSES_MAX)
        return mocket__cli_misuse(c->verb, "--listen: at most %d addresses", ADDRESSES_MAX);
    c->addresses[c->opts.address_count++] = text;
    return 0;
}

static int take_workers(struct command *c, const char *text)
{
    static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
    int64_t n = parse(text, plain, WORKERS_MAX);
    if (n < 1)
        return mocket__cli_misuse(c->verb, "--workers %s: a number from 1 to %d is needed", text, WORKERS_MAX);
    c->opts.workers = (int)n;
    return 0;
}

static int take_reuse(struct command *c, const char *text)
{
    if (strcmp(text, "concurrent") == 0)
        return mocket__cli_misuse(c->verb, "--reuse concurrent: this version cannot do that yet");
    bool serial = strcmp(text, "serial") == 0;
    if (!serial && strcmp(text, "none") != 0)
        return mocket__cli_misuse(c->verb, "--reuse %s: none or serial is needed", text);
    c->opts.reuse = serial ? MOCKET_REUSE_SERIAL : MOCKET_REUSE_NONE;
    return 0;
}

static int take_timeout(struct command *c, const char *text)
{
    int64_t ms = parse_time_ms(text);
    if (ms < 0 || (ms == 0 && strcmp(text, "off") != 0))
        return mocket__cli_misuse(c->verb, "--timeout %s: a time such as 30s, 500ms or 2m is needed, or off", text);
    c->opts.timeout_ms = (uint64_t)ms;
    return 0;
}

static int take_memory(struct command *c, const char *text)
{
    int64_t bytes = parse_size(text, MEMORY_MAX);
    if (bytes < MEMORY_MIN)
        return mocket__cli_misuse(c->verb, "--max-memory %s: a size from 64K to 4G is needed", text);
    c->opts.max_memory = (uint64_t)bytes;
    return 0;
}

static int take_body(struct command *c, const char *text)
{
    c->opts.max_body = parse_size(text, INT64_MAX);
    if (c->opts.max_body < 0)
        return mocket__cli_misuse(c->verb, "--max-body %s: a size such as 64K or 10M is needed", text);
    return 0;
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
    { "workers", required_argument, take_workers },
    { "reuse", required_argument, take_reuse },
    { "timeout", required_argument, take_timeout },
    { "max-memory", required_argument, take_memory },
    { "max-body", required_argument, take_body },
    { "quiet", no_argument, take_quiet },
    { "verbose", no_argument, take_verbose },
};
enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]), OPTION_FIRST = 256 };

static int take_option(struct command *c, int option, char **argv)
{
    if (option >= OPTION_FIRST)
        return options[option - OPTION_FIRST].take(c, optarg);
    switch (option) {
    case 'q':
        return take_quiet(c, NULL);
    case 'v':
        return take_verbose(c, NULL);
    case ':':
        return mocket__cli_misuse(c->verb, "%s needs a value", argv[optind - 1]);
    default:
        return mocket__cli_misuse(c->verb, "unknown option %s", argv[optind - 1]);
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

int mocket__cli_serve(int argc, char **argv)
{
    struct command c = {
        .verb = argv[0],
        .opts = { .reuse = -1, .timeout_ms = 30000, .max_memory = UINT64_C(256) << 20, .max_body = -1 },
    };
    int rc = take_options(&c, argc, argv);
    if (rc)
        return rc;
    c.opts.addresses = c.addresses;
    if (c.opts.workers == 0) {
        unsigned cpus = uv_available_parallelism();
        c.opts.workers = cpus < WORKERS_MAX ? (int)cpus : WORKERS_MAX;
    }
    return mocket__host_serve(&c.opts) < 0 ? 1 : 0;
}
