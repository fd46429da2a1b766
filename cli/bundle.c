/* `mocket bundle`: makes of an app what another platform runs.
 *
 * For a JavaScript platform it writes a folder that serves the app, or deploys as it is. The folder has the module, the
 * ES modules of hosts/js that the platform needs, an entry, and the platform's own files. No file of it names the place
 * where it was made. The templates are hosts/js/bundles/TARGET: a new platform is a folder there and a row here.
 *
 * Standard hosts of WebAssembly get a file or a folder with the app joined to an adapter (bundle/standard.h).
 *
 * Everything is read and checked before the first file is written. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../hosts/c/guest/app.h"
#include "../hosts/c/sha256.h"
#include "../src/base/span.h"
#include "bundle/folder.h"
#include "bundle/gather.h"
#include "bundle/standard.h"
#include "bundle/target.h"
#include "command.h"
#include "home.h"
#include "progress.h"
#include "read.h"
#include "verbs.h"

#define NAME_MAX_LEN 63 /* of a Worker's name, which is the shorter limit; a package may have 214 */

/* X(name, title): the name is that of a folder below hosts/js/bundles. */
#define TARGETS(X)                                                                                                     \
    X("node", "Node")                                                                                                  \
    X("deno", "Deno") X("bun", "Bun") X("workerd", "Workers") X("service-worker", "browsers, as a service worker")

#define TARGET_NAME(name, ...) name,
#define TARGET_TITLE(name, title) title,
#define TARGET_WORD(name, ...) " " name
const char *const bundle_script_targets[] = { TARGETS(TARGET_NAME) NULL };
static const char *const names[] = { TARGETS(TARGET_NAME) BUNDLE_STANDARD_TARGETS(TARGET_NAME) NULL };
#define SCRIPT_TARGETS ((int64_t)(sizeof titles / sizeof *titles)) /* these are the first rows of names */
static const char *const titles[] = { TARGETS(TARGET_TITLE) };

struct bundle {
    const char *verb;
    const char *app; /* path of the module */
    const char *out;
    const char *name; /* of the package */
    int64_t target;   /* a row of names */
    bool force;
    bool environment;
    int64_t manifest; /* a row of BUNDLE_MANIFESTS; below 0: none */
    struct bundle_metadata metadata;
    char default_name[NAME_MAX_LEN + 1];
};

/* ---- Options ---- */

/* What npm and wrangler both take. */
static bool is_package_name(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strlen(text);
    return len > 0 && len <= NAME_MAX_LEN && text[strspn(text, plain)] == '\0' && text[0] != '-' &&
           text[len - 1] != '-';
}

static int take_name(void *into, const struct cli_said *said, const char *text)
{
    struct bundle *b = into;
    if (!is_package_name(text))
        return mocket__cli_misuse(said->verb,
                                  "%s %s: a name has up to %d small letters, digits and `-`, with no `-` at its ends",
                                  said->option, text, NAME_MAX_LEN);
    b->name = text;
    return 0;
}

static int take_app(void *into, const char *text)
{
    struct bundle *b = into;
    if (b->app)
        return mocket__cli_misuse(b->verb, "%s: only one module can be bundled", text);
    b->app = text;
    return 0;
}

#define METADATA_OPTION(member, option, section, metavar, text)                                                        \
    { CLI_WORD, option, .value = metavar, .at = offsetof(struct bundle, metadata.member), .help = text },
static const struct cli_option options[] = {
    { CLI_CHOICE, "target", .value = "TARGET", .choices = names, .at = offsetof(struct bundle, target),
      .help = "the platform, one of:" TARGETS(TARGET_WORD) BUNDLE_STANDARD_TARGETS(TARGET_WORD) },
    { CLI_WORD, NULL, 'o', .value = "PATH", .at = offsetof(struct bundle, out),
      .help = "the folder to write, which is made if it does not exist; for wasi-http, wasi-server and cgi the file" },
    { CLI_OWN, "name", .value = "NAME", .take = take_name, .initial_words = "the file's name",
      .help = "name of the package, up to 63 small letters, digits and `-`" },
    { CLI_SWITCH, "force", .at = offsetof(struct bundle, force),
      .help = "write into a folder that is not empty, where other files stay; replace a manifest" },
    { CLI_GROUP, .help = "Components (wasi-http, wasi-http@0.3)" },
    { CLI_SWITCH, "environment", .at = offsetof(struct bundle, environment),
      .help = "the component imports wasi:cli/environment: the app sees variables and arguments that the host grants" },
    { CLI_CHOICE, "manifest", .value = "PLATFORM", .choices = bundle_manifest_names,
      .at = offsetof(struct bundle, manifest), .initial_words = "none",
      .help = "write a manifest beside the component: spin or wasmcloud" },
    { CLI_WORD, "title", .value = "TEXT", .at = offsetof(struct bundle, metadata.title), .initial_words = "the name",
      .help = "title of the component in registries" },
    BUNDLE_METADATA(METADATA_OPTION){ .name = NULL },
};

/* ---- The command line as a whole ---- */

static bool has_controls(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* "My shop.wasm" -> "my-shop", and "app" where nothing is left. */
static void choose_name(struct bundle *b)
{
    const char *slash = strrchr(b->app, '/'), *at = slash ? slash + 1 : b->app;
    const char *dot = strrchr(at, '.');
    size_t len = 0;
    for (; *at && at != dot && len < NAME_MAX_LEN; at++) {
        char c = mocket__lower(*at);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain || (len > 0 && b->default_name[len - 1] != '-'))
            b->default_name[len++] = plain ? c : '-';
    }
    while (len > 0 && b->default_name[len - 1] == '-')
        len--;
    b->default_name[len] = '\0';
    b->name = len > 0 ? b->default_name : "app";
}

static int check_text(const struct bundle *b, const char *text)
{
    if (!text || (!has_controls(text) && mocket__utf8_valid(mocket__span(text))))
        return 0;
    return mocket__cli_misuse(b->verb, "a text of the metadata is not UTF-8, or has a control character in it");
}

static int check_metadata(const struct bundle *b)
{
    int rc = check_text(b, b->metadata.title);
#define METADATA_CHECK(member, ...) rc = rc == 0 ? check_text(b, b->metadata.member) : rc;
    BUNDLE_METADATA(METADATA_CHECK)
#undef METADATA_CHECK
    return rc;
}

static int check(struct bundle *b)
{
    if (!b->app)
        return mocket__cli_misuse(b->verb,
                                  "no module: give a wasm file, as in `mocket bundle --target node app.wasm -o DIR`");
    if (b->target < 0)
        return mocket__cli_misuse(b->verb, "which platform? --target TARGET names it");
    if (!b->out)
        return mocket__cli_misuse(b->verb, "which folder or file? -o PATH names it");
    if (has_controls(b->app) || has_controls(b->out))
        return mocket__cli_misuse(b->verb, "a path with a control character in it");
    if (!b->name)
        choose_name(b);
    if (!b->metadata.title)
        b->metadata.title = b->name;
    if (strncmp(names[b->target], "wasi-http", 9) != 0 && (b->environment || b->manifest >= 0))
        return mocket__cli_misuse(b->verb, "--environment and --manifest are for the target wasi-http");
    if (b->manifest >= 0 && strcmp(names[b->target], "wasi-http") != 0)
        return mocket__cli_misuse(b->verb,
                                  "--manifest is for the target wasi-http: Spin and wasmCloud run components "
                                  "for wasi:http 0.2");
    const char *slash = strrchr(b->out, '/');
    if (b->manifest >= 0 && strcmp(slash ? slash + 1 : b->out, bundle_manifest_file(b->manifest)) == 0)
        return mocket__cli_misuse(b->verb, "-o %s has the name of the manifest: choose another", b->out);
    return check_metadata(b);
}

/* ---- The work ---- */

static int read_app(const struct bundle *b, struct mocket_buf *bytes, struct guest_app *app)
{
    struct mocket_buf why = { 0 };
    int rc = mocket__cli_read(b->app, bytes);
    if (rc != 0)
        return mocket__cli_failure(b->verb, "%s: %s", b->app, strerror(rc));
    rc = guest_app_read(mocket__buf_view(bytes), app, &why);
    if (rc < 0)
        rc = mocket__cli_failure(b->verb, "%s: %.*s", b->app, (int)why.len, why.ptr ? why.ptr : "");
    mocket__buf_release(&why);
    return rc;
}

/* Moves the bytes of the module to the list. */
static int add_app(const struct bundle *b, struct bundle_files *files, struct mocket_buf *bytes)
{
    struct bundle_file *file = bundle_files_add(files, MOCKET_SPAN("app.wasm"));
    if (!file)
        return mocket__cli_failure(b->verb, "out of memory");
    file->bytes = *bytes;
    *bytes = (struct mocket_buf){ 0 };
    return 0;
}

/* The list below the heading "Needs" of the README, an entry a line. */
static void tell_needs(const struct bundle_files *files)
{
    static const char heading[] = "\n## Needs\n\n";
    const struct bundle_file *file = bundle_files_find(files, MOCKET_SPAN("README.md"));
    mocket_span text = file ? mocket__buf_view(&file->bytes) : MOCKET_SPAN("");
    const char *at = text.len ? memmem(text.ptr, text.len, heading, strlen(heading)) : NULL;
    text = mocket__span_slice(text, at ? (size_t)(at - text.ptr) + strlen(heading) : text.len, text.len);
    while (text.len > 2 && text.ptr[0] == '-') {
        size_t end = mocket__span_find(text, '\n', 0);
        printf("It needs %.*s\n", (int)end - 2, text.ptr + 2);
        text = mocket__span_slice(text, end + 1, text.len);
    }
}

static void tell(const struct bundle *b, const struct bundle_files *files, const char *hash)
{
    mocket__cli_print_word(b->out, stdout);
    printf(": %s for %s, %zu files\napp.wasm: SHA-256 %s\n", b->name, titles[b->target], files->count, hash);
    tell_needs(files);
    fputs("README.md says more. To start it: ", stdout);
    mocket__cli_print_word(b->out, stdout);
    fputs("/run\n", stdout);
}

/* For a host of WebAssembly. */
static int make_standard(const struct bundle *b, mocket_span bytes, const struct guest_app *facts)
{
    char hash[HOST_SHA256_HEX];
    host_sha256_text(bytes, hash);
    struct bundle_app app = { b->verb, b->app, bytes,    hash,           *facts,      names[b->target],
                              b->name, b->out, b->force, b->environment, b->manifest, b->metadata };
    return bundle_standard(&app, (size_t)(b->target - SCRIPT_TARGETS));
}

static int make(const struct bundle *b, struct mocket_buf *bytes, struct bundle_files *files)
{
    char js[PATH_MAX], hash[HOST_SHA256_HEX];
    struct guest_app app;
    int rc = read_app(b, bytes, &app);
    if (rc == 0 && b->target >= SCRIPT_TARGETS)
        return make_standard(b, mocket__buf_view(bytes), &app);
    if (rc == 0)
        rc = mocket__cli_home_js(b->verb, js);
    if (rc != 0)
        return rc;
    host_sha256_text(mocket__buf_view(bytes), hash);
    struct bundle_words words = { .name = b->name, .hash = hash };
    words.sockets = app.sockets;
    words.waits = app.waits;
    words.fetches = app.fetches;
    rc = bundle_gather(&(struct bundle_source){ b->verb, js, bundle_script_targets[b->target] }, &words, files);
    if (rc == 0)
        rc = add_app(b, files, bytes);
    if (rc == 0)
        rc = bundle_folder_write(b->verb, b->out, b->force, files);
    if (rc == 0)
        tell(b, files, hash);
    return rc;
}

/* The app may be large, and come through a pipe. */
static int make_visibly(const struct bundle *b, struct mocket_buf *bytes, struct bundle_files *files)
{
    struct cli_progress progress;
    mocket__cli_progress_begin(&progress, b->verb, "bundling", b->app);
    int rc = make(b, bytes, files);
    mocket__cli_progress_end(&progress);
    return rc;
}

static int run(int argc, char **argv)
{
    struct bundle b = { .verb = argv[0], .target = -1, .manifest = -1 };
    struct bundle_files files = { 0 };
    struct mocket_buf bytes = { 0 };
    int rc = mocket__cli_options(&mocket__cli_bundle, argc, argv, &b);
    if (rc == 0)
        rc = check(&b);
    if (rc == 0)
        rc = make_visibly(&b, &bytes, &files);
    bundle_files_release(&files);
    mocket__buf_release(&bytes);
    return rc;
}

const struct cli_verb mocket__cli_bundle = {
    .name = "bundle",
    .group = "Ship it",
    .also = "pack package deploy",
    .summary = "make what a JavaScript platform or another wasm host runs",
    .usage =
        "usage: mocket bundle --target TARGET app.wasm -o PATH [options]\n"
        "\n"
        "Writes a folder that serves app.wasm on Node or another JavaScript platform, or\n"
        "deploys as it is: the module unchanged, the host for it as ES modules, an entry,\n"
        "the platform's own files, README.md, and `run`, which starts it at PORT and HOST\n"
        "of the environment.\n"
        "\n"
        "For the target wasi-http it writes a component that any host of wasi:http 0.2\n"
        "runs: wasmtime serve, Spin, wasmCloud. The app is in it, byte for byte. For\n"
        "wasi-http@0.3 the component is for wasi:http 0.3, where an instance serves many\n"
        "requests at once if the app does not wait in the middle of a call.\n"
        "\n"
        "For cgi it writes one core module that any CGI server runs by wasmtime run. For\n"
        "wcgi (Wasmer) and fastly (Fastly Compute) it writes a folder with such a module\n"
        "and the platform's manifest.\n"
        "\n"
        "This command needs neither Node, nor another tool, nor a network.\n"
        "\n",
    .options = options,
    .more =
        "Examples:\n"
        "  mocket bundle --target node app.wasm -o dist && PORT=8080 dist/run\n"
        "  mocket bundle --target workerd app.wasm -o edge && edge/run\n"
        "  mocket bundle --target service-worker app.wasm -o public && public/run\n"
        "  mocket bundle --target wasi-http app.wasm -o app.component.wasm\n"
        "  wasmtime serve app.component.wasm\n"
        "  mocket bundle --target wasi-server app.wasm -o app.server.wasm\n"
        "  mocket bundle --target cgi app.wasm -o app.cgi.wasm\n"
        "  mocket bundle --target fastly app.wasm -o edge && fastly compute serve -C edge\n",
    .run = run,
    .word = take_app,
};
