/* `mocket routes`: what an app registered, and which of its routes can never match.
 *
 * The host starts one instance, as `mocket serve` does, and asks it (docs/abi.md, mocket_routes) instead of serving.
 * The module's own name section turns handlers into names. Everything here comes from the guest: lines that cannot be
 * read are an error, and texts are escaped before they are printed. */
#include <stdlib.h>
#include <string.h>

#include "../hosts/c/serve.h"
#include "../src/base/span.h"
#include "../src/wasm/functions.h"
#include "guest_options.h"
#include "guest_verbs.h"
#include "progress.h"
#include "project.h"
#include "shadow.h"
#include "terminal.h"
#include "verbs.h"

#define FIELDS_MAX 8

/* Rows in order of registration. */
struct list {
    struct cli_route *rows;
    size_t count, cap;
};

struct routes {
    struct cli_guest guest; /* the first member, for the options of guest_options.h */
    mocket_span module;     /* bytes of the file */
    struct list routes;
    struct list sockets; /* without methods */
    struct list uses;    /* middlewares: template is the scope; without methods */
    bool seen;           /* the app answered */
    int rc;
    struct cli_progress starting;
};

static int take_module(void *into, const char *text)
{
    struct routes *r = into;
    if (r->guest.opts.path)
        return mocket__cli_misuse("routes", "%s: only one module can be described", text);
    r->guest.opts.path = text;
    return 0;
}

static const struct cli_option options[] = {
    { .name = NULL },
};

/* ---- The description ---- */

static bool add(struct list *list, struct cli_route row)
{
    if (list->count == list->cap) {
        size_t larger = list->cap ? list->cap * 2 : 64;
        struct cli_route *grown = realloc(list->rows, larger * sizeof *grown);
        if (!grown)
            return false;
        list->rows = grown;
        list->cap = larger;
    }
    list->rows[list->count++] = row;
    return true;
}

/* Fields of a line, at most FIELDS_MAX; all that are missing are "". */
static size_t split(mocket_span line, mocket_span fields[FIELDS_MAX])
{
    size_t count = 0;
    for (size_t from = 0; from <= line.len && count < FIELDS_MAX;) {
        size_t end = mocket__span_find(line, '\t', from);
        fields[count++] = mocket__span_slice(line, from, end);
        from = end + 1;
    }
    for (size_t i = count; i < FIELDS_MAX; i++)
        fields[i] = MOCKET_SPAN("");
    return count;
}

static int take_line(struct routes *r, mocket_span line)
{
    mocket_span f[FIELDS_MAX];
    size_t count = split(line, f);
    bool is_route = mocket__span_eq(f[0], MOCKET_SPAN("route"));
    struct list *list = is_route                                       ? &r->routes
                        : mocket__span_eq(f[0], MOCKET_SPAN("socket")) ? &r->sockets
                        : mocket__span_eq(f[0], MOCKET_SPAN("use"))    ? &r->uses
                                                                       : NULL;
    if (!list)
        return 0; /* a word of later versions */
    if (count < (is_route ? 4 : 3))
        return mocket__cli_failure("routes", "%s: the app's description of its routes cannot be read",
                                   r->guest.opts.path);
    bool added = add(list, is_route ? (struct cli_route){ f[1], f[2], f[3] }
                                    : (struct cli_route){ MOCKET_SPAN(""), f[1], f[2] });
    return added ? 0 : mocket__cli_failure("routes", "out of memory");
}

/* ---- The list ---- */

/* Printable text of a guest; padded to a width, which counts bytes. */
static void print_text(mocket_span text, int width, FILE *to)
{
    size_t shown = mocket__cli_escaped(to, text);
    if (shown < (size_t)width)
        fprintf(to, "%*s", width - (int)shown, "");
}

/* The name of a handler; "" when it has none. The sockets' handler is the library's. */
static mocket_span name_of(const struct routes *r, mocket_span handler)
{
    int64_t place = mocket__span_decimal(handler, UINT32_MAX);
    uint32_t function = place >= 0 ? mocket__wasm_table_function(r->module, (uint32_t)place) : UINT32_MAX;
    return function == UINT32_MAX ? MOCKET_SPAN("") : mocket__wasm_function_name(r->module, function);
}

static int width_of(const struct list *list, bool of_method)
{
    size_t width = of_method ? 4 : 10;
    for (size_t i = 0; i < list->count; i++) {
        size_t len = of_method ? list->rows[i].method.len : list->rows[i].template.len;
        width = len > width ? len : width;
    }
    return (int)(width > 50 ? 50 : width);
}

struct widths {
    int method, template;
};

static void print_row(const struct routes *r, const struct list *list, const struct cli_route *row, struct widths width)
{
    mocket_span name = name_of(r, row->handler);
    fputs("  ", stdout);
    if (list == &r->routes) {
        print_text(mocket__span_eq(row->method, MOCKET_SPAN("*")) ? MOCKET_SPAN("any") : row->method, width.method,
                   stdout);
        fputs("  ", stdout);
    }
    print_text(list == &r->uses && row->template.len == 0 ? MOCKET_SPAN("everything") : row->template,
               name.len ? width.template : 0, stdout);
    fputs(name.len ? "  " : "", stdout);
    print_text(name, 0, stdout);
    putchar('\n');
}

/* A list that is empty is not printed; an empty line is between two lists. */
static void print_list(const struct routes *r, const struct list *list, const char *heading, bool *printed)
{
    struct widths width = { width_of(list, true), width_of(list, false) };
    if (list->count == 0)
        return;
    fputs(*printed ? "\n" : "", stdout);
    *printed = true;
    mocket__cli_style(stdout, CLI_BOLD);
    printf("%s:", heading);
    mocket__cli_style(stdout, CLI_PLAIN);
    putchar('\n');
    for (size_t i = 0; i < list->count; i++)
        print_row(r, list, &list->rows[i], width);
}

/* ---- Warnings ---- */

static void print_route(const struct cli_route *route)
{
    print_text(route->method.len ? route->method : MOCKET_SPAN("WebSocket"), 0, stderr);
    fputc(' ', stderr);
    print_text(route->template, 0, stderr);
}

static void warn(const struct list *list, size_t i, const struct cli_shadow *shadow)
{
    static const char *const whys[] = {
        [CLI_SHADOW_BEFORE] = "an earlier route takes all its requests: ",
        [CLI_SHADOW_BEHIND] = "a later route replaces it: ",
        [CLI_SHADOW_START] = "its path does not begin with /",
        [CLI_SHADOW_BYTES] = "no path contains `?`, `#` or a blank",
        [CLI_SHADOW_CONNECT] = "CONNECT is always answered 405",
    };
    mocket__cli_style(stderr, CLI_WARNING);
    fputs("mocket routes: warning:", stderr);
    mocket__cli_style(stderr, CLI_PLAIN);
    fputc(' ', stderr);
    print_route(&list->rows[i]);
    fprintf(stderr, " never matches: %s", whys[shadow->kind]);
    if (shadow->kind == CLI_SHADOW_BEFORE || shadow->kind == CLI_SHADOW_BEHIND)
        print_route(&list->rows[shadow->by]);
    fputc('\n', stderr);
}

/* An app with very many or very long templates is compared in part. */
static void warn_of_all(struct routes *r, const struct list *list)
{
    int64_t steps = CLI_SHADOW_STEPS;
    for (size_t i = 0; r->rc == 0 && i < list->count; i++) {
        struct cli_shadow shadow = mocket__cli_shadow(list->rows, list->count, i, &steps);
        if (shadow.kind == CLI_SHADOW_MEMORY)
            r->rc = mocket__cli_failure("routes", "out of memory");
        else if (shadow.kind == CLI_SHADOW_WORK)
            r->rc = mocket__cli_failure("routes", "too many routes to compare all: %zu of %zu were compared", i,
                                        list->count);
        else if (shadow.kind != CLI_SHADOW_NONE)
            warn(list, i, &shadow);
    }
}

static void take_description(void *data, mocket_span text, mocket_span module)
{
    struct routes *r = data;
    mocket__cli_progress_end(&r->starting);
    r->module = module;
    r->seen = true;
    for (size_t from = 0; r->rc == 0 && from < text.len;) {
        size_t end = mocket__span_find(text, '\n', from);
        r->rc = take_line(r, mocket__span_slice(text, from, end));
        from = end + 1;
    }
    if (r->rc != 0)
        return;
    bool printed = false;
    print_list(r, &r->routes, "Routes", &printed);
    print_list(r, &r->sockets, "WebSockets", &printed);
    print_list(r, &r->uses, "Middlewares", &printed);
    fflush(stdout);
    warn_of_all(r, &r->routes);
    warn_of_all(r, &r->sockets);
}

/* ---- The verb ---- */

static int describe(struct routes *r)
{
    struct mocket_host_opts *opts = &r->guest.opts;
    mocket__cli_guest_complete(&r->guest);
    opts->workers = 1;
    opts->max_sockets = 1;
    opts->sockets_each = 1;
    opts->ws_idle_ms = MOCKET_UNLIMITED;
    opts->quiet = true;
    opts->on_routes = take_description;
    opts->data = r;
    mocket__cli_progress_begin(&r->starting, "routes", "starting", opts->path);
    int rc = mocket__host_serve(opts);
    mocket__cli_progress_end(&r->starting);
    return rc < 0 || !r->seen ? 1 : r->rc;
}

static int run(int argc, char **argv)
{
    struct routes r = { .guest.opts = { .reuse = -1, .max_body = -1, .max_message = -1 } };
    int rc = mocket__cli_options(&mocket__cli_routes, argc, argv, &r);
    if (rc == 0 && !r.guest.opts.path)
        rc = mocket__cli_project_wasm("routes", &r.guest.opts.path);
    if (rc == 0)
        rc = describe(&r);
    mocket__cli_guest_release(&r.guest);
    free(r.routes.rows);
    free(r.sockets.rows);
    free(r.uses.rows);
    return rc;
}

const struct cli_verb mocket__cli_routes = {
    CLI_ROUTES_LISTED,
    .usage = CLI_ROUTES_USAGE
    "\n"
    "Starts an app and lists its routes and middlewares in order of registration,\n"
    "with the names of their handlers. A warning names each route that can never\n"
    "match, and why. The app serves nothing.\n",
    .options = options,
    .shared = mocket__cli_guest_options,
    .more =
        "Examples:\n"
        "  mocket routes app.wasm\n"
        "  mocket routes app.wasm --env CONFIG=/config.json --dir etc::/\n",
    .run = run,
    .word = take_module,
};
