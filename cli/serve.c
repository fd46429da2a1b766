/* `mocket serve`: the command line of the wasm host (hosts/c/serve.h). */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "../hosts/c/engine/compile.h"
#include "../hosts/c/engine/engine.h"
#include "../hosts/c/serve.h"
#include "../src/backend/native/native.h"
#include "../src/base/span.h"
#include "../src/core/app.h"
#include "../src/http/forwarded.h"
#include "engine.h"
#include "guest_options.h"
#include "guest_verbs.h"
#include "project.h"
#include "verbs.h"

#define ADDRESSES_MAX 16
#define CERTIFICATES_MAX 64
#define PROXIES_MAX 16
#define WORKERS_MAX 1024

struct command {
    struct cli_guest guest; /* the first member, for the options of guest_options.h */
    const char *addresses[ADDRESSES_MAX];
    const char *proxies[PROXIES_MAX];
    struct mocket_certificate certificates[CERTIFICATES_MAX];
    size_t certificate_count, key_count;
    int64_t tls_min;
};

/* ---- Options with a form of their own ---- */

/* 8080 for :8080, and the URL that a browser shows. */
static bool mend_address(const char *text, char *better, size_t room)
{
    const char *slashes = strstr(text, "://"), *host = slashes ? slashes + 3 : text;
    const char *scheme = mocket__native_is_secure(text) ? "https://" : "";
    int len = (int)strcspn(host, "/");
    bool is_port = len > 0 && strspn(host, "0123456789") == (size_t)len;
    int n = snprintf(better, room, "%s%s%.*s", scheme, is_port ? ":" : "", len, host);
    return n > 0 && (size_t)n < room && strcmp(better, text) != 0 && mocket__native_is_address(better);
}

static int take_address(const struct cli_said *said, const char *text, const char **out)
{
    static const char needed[] = MOCKET_ADDRESS_FORMS " is needed";
    char better[128];
    *out = text;
    if (mocket__native_is_address(text))
        return 0;
    if (mend_address(text, better, sizeof better))
        return mocket__cli_misuse(said->verb, "%s %s: %s; did you mean `%s`?", said->option, text, needed, better);
    return mocket__cli_misuse(said->verb, "%s %s: %s", said->option, text, needed);
}

static int take_listen(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    if (c->guest.opts.address_count == ADDRESSES_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d addresses", said->option, ADDRESSES_MAX);
    return take_address(said, text, &c->addresses[c->guest.opts.address_count++]);
}

static int take_certificate(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    if (c->certificate_count == CERTIFICATES_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d certificates", said->option, CERTIFICATES_MAX);
    c->certificates[c->certificate_count++].certificate = text;
    return 0;
}

static int take_key(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    if (c->key_count == CERTIFICATES_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d keys", said->option, CERTIFICATES_MAX);
    c->certificates[c->key_count++].key = text;
    return 0;
}

static int take_plain(const struct cli_said *said, const char *text, const char **out)
{
    if (mocket__native_is_secure(text))
        return mocket__cli_misuse(said->verb, "%s %s: a plain address is needed, without https://", said->option, text);
    return take_address(said, text, out);
}

static int take_redirect(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    return take_plain(said, text, &c->guest.opts.redirect);
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
    if (c->guest.opts.proxy_count == PROXIES_MAX)
        return mocket__cli_misuse(said->verb, "%s: at most %d times", said->option, PROXIES_MAX);
    if (!are_networks(text))
        return mocket__cli_misuse(said->verb, "%s %s: networks such as 10.0.0.0/8,::1 are needed", said->option, text);
    c->proxies[c->guest.opts.proxy_count++] = text;
    return 0;
}

static int take_stats(void *into, const struct cli_said *said, const char *text)
{
    struct command *c = into;
    return take_plain(said, text, &c->guest.opts.stats);
}

/* ---- The table ---- */

static const char *const reuses[] = { "none", "serial", "concurrent", NULL }; /* as enum mocket_reuse */
static const char *const tls_versions[] = { "1.2", "1.3", NULL };
static const char *const formats[] = { "text", "json", NULL }; /* as enum lines_format */

#define AT(field) .at = offsetof(struct command, guest.opts.field)
#define GROUP(text) { .kind = CLI_GROUP, .help = (text) }

static const struct cli_option options[] = {
    GROUP("Serving"),
    { CLI_OWN, "listen", .many = true, .value = "ADDRESS", .take = take_listen, .mend = mend_address,
      .also = "port p bind host address addr hostname l", .initial_words = "127.0.0.1 with the app's port, else 4000",
      .help = "address to listen on: " MOCKET_ADDRESS_FORMS },
    { CLI_OWN, "trusted-proxy", .many = true, .value = "NETWORKS", .take = take_proxy, .initial_words = "none",
      .help = "networks of proxies, such as 10.0.0.0/8,::1, or unix for Unix sockets; their Forwarded, "
              "X-Forwarded-For and X-Forwarded-Proto name the client's address and scheme" },
    { CLI_COUNT, "workers", .value = "N", .also = "threads jobs j", .least = 1, .most = WORKERS_MAX, AT(workers),
      .initial_words = "one for each CPU", .help = "number of threads that serve" },
    { CLI_CHOICE, "reuse", .value = "HOW", .choices = reuses, AT(reuse),
      .initial_words = "the app's choice; the stricter one holds",
      .help = "use of instances. none: a fresh one for each request; serial: one request at a time; "
              "concurrent: many requests at once" },

    GROUP("TLS"),
    { CLI_OWN, "tls-cert", .many = true, .files = true, .value = "FILE", .take = take_certificate,
      .initial_words = "none",
      .help = "certificate for https addresses, with those of intermediate authorities behind it, in PEM form. Clients "
              "get the one for the name that they ask for, else the first. Read again when the file changes" },
    { CLI_OWN, "tls-key", .many = true, .files = true, .value = "FILE", .take = take_key, .initial_words = "none",
      .help = "key of the certificate: the first key belongs to the first certificate, and so on" },
    { CLI_WORD, "tls-client-ca", .files = true, .value = "FILE", AT(tls.client_ca), .initial_words = "none",
      .help = "authorities: clients must present a certificate that one of them has signed. The app finds it in the "
              "field client-cert" },
    { CLI_CHOICE, "tls-min", .value = "VERSION", .choices = tls_versions, .at = offsetof(struct command, tls_min),
      .initial = "1.2", .help = "oldest version of TLS" },
    { CLI_WORD, "tls-ciphers", .value = "LIST", AT(tls.ciphers), .initial_words = "Mozilla's intermediate list",
      .help = "cipher suites of TLS 1.2: names of OpenSSL, with colons between" },
    { CLI_OWN, "redirect-http", .value = "ADDRESS", .take = take_redirect, .initial_words = "none",
      .help = "plain address that redirects every request to the first https address (308)" },
    { CLI_WORD, "acme-challenge", .files = true, .value = "DIR", AT(acme_challenge), .initial_words = "none",
      .help = "folder of an ACME client (its webroot): plain addresses serve DIR/.well-known/acme-challenge" },

    GROUP("Limits of the server"),
    { CLI_TIME, "body-timeout", .value = "TIME", .off = MOCKET_UNLIMITED, AT(body_ms),
      .initial_words = "as --timeout, at most 30s",
      .help = "maximum time to wait for a request body in all; each KiB that arrives adds a second" },
    { CLI_COUNT, "max-instances", .value = "N", .least = 1, .most = 4000, AT(max_instances),
      .initial_words = "1024, less with more than three workers", .help = "maximum number of instances of a worker" },
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

    GROUP("Logging and counts"),
    { CLI_CHOICE, "log", .command_line = true, .value = "FORMAT", .choices = formats, .initial = "text", AT(log),
      .help = "format of lines on standard error: text, or json (an object for each line)" },
    { CLI_WORD, "access-log", .value = "FILE", .files = true, AT(access_log), .initial_words = "none",
      .help = "file for a line about each request, in the format of --log; `-` is standard output" },
    { CLI_OWN, "stats", .value = "ADDRESS", .take = take_stats, .mend = mend_address, .also = "metrics",
      .initial_words = "none",
      .help = "address that serves counts over HTTP: /stats as JSON, /metrics for Prometheus" },
    { CLI_SWITCH, "quiet", 'q', AT(quiet), .help = "log warnings and errors only" },
    { CLI_SWITCH, "verbose", 'v', AT(verbose), .help = "log debug lines too, as with MOCKET_LOG=debug" },
    { .name = NULL },
};

static int take_module(void *into, const char *text)
{
    struct command *c = into;
    if (c->guest.opts.path)
        return mocket__cli_misuse("serve", "%s: only one module can be served", text);
    c->guest.opts.path = text;
    return 0;
}

static bool any_secure(const struct command *c)
{
    bool secure = false;
    for (size_t i = 0; i < c->guest.opts.address_count; i++)
        secure = secure || mocket__native_is_secure(c->addresses[i]);
    return secure;
}

/* 0, or the exit code. */
static int check_tls(const struct command *c)
{
    const struct mocket_native_tls *tls = &c->guest.opts.tls;
    bool secure = any_secure(c);
    if (c->certificate_count != c->key_count)
        return mocket__cli_misuse("serve",
                                  "--tls-cert and --tls-key belong together: there are %d certificates and %d keys",
                                  (int)c->certificate_count, (int)c->key_count);
    if (secure && c->certificate_count == 0)
        return mocket__cli_misuse("serve", "an https address needs --tls-cert and --tls-key");
    if (!secure && (c->certificate_count > 0 || tls->client_ca || tls->ciphers || c->tls_min > 0))
        return mocket__cli_misuse("serve", "options of TLS need an address for it, as in --listen https://:4443");
    if (!secure && c->guest.opts.redirect)
        return mocket__cli_misuse("serve",
                                  "--redirect-http needs an address to redirect to, as in --listen https://:443");
    return 0;
}

static void link_certificates(struct command *c)
{
    for (size_t i = 0; i + 1 < c->certificate_count; i++)
        c->certificates[i].next = &c->certificates[i + 1];
    c->guest.opts.tls.certificates = c->certificate_count > 0 ? c->certificates : NULL;
    c->guest.opts.tls.least_version = c->tls_min > 0 ? 13 : 0;
}

static int run(struct command *c)
{
    struct mocket_host_opts *opts = &c->guest.opts;
    opts->addresses = c->addresses;
    link_certificates(c);
    opts->proxies = c->proxies;
    mocket__cli_guest_complete(&c->guest);
    opts->leave_out = getenv("MOCKET_TEST_ON_DEMAND"); /* tests/contract/run: host-on-demand */
    if (opts->workers == 0) {
        unsigned cpus = uv_available_parallelism();
        opts->workers = cpus < WORKERS_MAX ? (int)cpus : WORKERS_MAX;
    }
    return mocket__host_serve(opts) < 0 ? 1 : 0;
}

static int serve(int argc, char **argv)
{
    struct command c = { .guest.opts = { .reuse = -1, .max_body = -1, .max_message = -1 } };
    int rc = mocket__cli_options(&mocket__cli_serve, argc, argv, &c);
    if (rc == 0 && !c.guest.opts.path)
        rc = mocket__cli_project_wasm("serve", &c.guest.opts.path);
    if (rc == 0)
        rc = mocket__cli_guest_level("serve", &c.guest);
    if (rc == 0)
        rc = check_tls(&c);
    if (rc == 0)
        rc = run(&c);
    mocket__cli_guest_release(&c.guest);
    return rc;
}

const struct cli_verb mocket__cli_serve = {
    CLI_SERVE_LISTED,
    .usage = CLI_SERVE_USAGE
    "\n"
    "Serves a guest module over HTTP until SIGINT or SIGTERM. A second signal cuts\n"
    "every connection. The file name `-` means standard input; without a name it\n"
    "serves app.wasm. A guest reaches only the variables, folders and servers that\n"
    "--env, --dir and --allow-net grant.\n",
    .options = options,
    .shared = mocket__cli_guest_options,
    .more =
        "TIME is a number with ms, s, m or h: 500ms, 30s; off means no limit. SIZE is a\n"
        "number of bytes, or of K, M, G (1024): 64M. docs/operating.md is the full\n"
        "manual.\n"
        "\n"
        "Examples:\n"
        "  mocket serve app.wasm --listen :8080\n"
        "  mocket serve app.wasm --workers 4 --dir /srv/site::/site --access-log -\n"
        "  mocket serve app.wasm --allow-net api.example.com:443 --env TOKEN\n"
        "  mocket serve app.wasm --listen https://:443 --tls-cert c.pem --tls-key k.pem\n",
    .environment = true,
    .run = serve,
    .word = take_module,
};

const char *mocket__cli_engine(void)
{
    return engine_name();
}

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
