/* `mocket inspect`: what a wasm file is: an app, a bundle for another host, or something else. It reads the file and
 * runs nothing of it. A folder that `mocket bundle` wrote stands for the module in it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/http/json.h"
#include "bundle/target.h"
#include "inspect/report.h"
#include "inspect/text.h"
#include "read.h"
#include "verbs.h"

struct inspect {
    const char *verb;
    const char *path;
    bool json;
};

static int take_path(void *into, const char *text)
{
    struct inspect *c = into;
    if (c->path)
        return mocket__cli_misuse(c->verb, "%s: only one file can be inspected", text);
    c->path = text;
    return 0;
}

static const struct cli_option options[] = {
    { CLI_SWITCH, "json", .at = offsetof(struct inspect, json), .help = "print one JSON object instead of text" },
    { .name = NULL },
};

/* ---- Folders ---- */

static bool join(char out[PATH_MAX], const char *folder, const char *name, const char *ending)
{
    int len = snprintf(out, PATH_MAX, "%s/%s%s", folder, name, ending);
    return len >= 0 && len < PATH_MAX && access(out, R_OK) == 0;
}

/* The JavaScript target whose host the folder holds, or NULL. */
static const char *target_of(const char *folder)
{
    char path[PATH_MAX], name[PATH_MAX];
    for (const char *const *target = bundle_script_targets; *target; target++) {
        snprintf(name, sizeof name, "mocket/%s", *target);
        if (join(path, folder, name, ".js"))
            return *target;
    }
    return NULL;
}

/* Names the module of a folder: that of a JavaScript bundle, a component, or a Fastly package. */
static int enter_folder(const struct inspect *c, char path[PATH_MAX])
{
    static const char *const names[] = { "app.wasm", "component.wasm", "bin/main.wasm", "main.wasm" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (join(path, c->path, names[i], ""))
            return 0;
    return mocket__cli_failure(c->verb, "%s: a folder without app.wasm, component.wasm or bin/main.wasm", c->path);
}

/* ---- The work ---- */

static int print_json(const struct inspect *c, struct mocket_arena *arena, const mocket_value *report)
{
    mocket_span text;
    if (mocket__json_write(arena, report, &text) < 0)
        return mocket__cli_failure(c->verb, "out of memory");
    fwrite(text.ptr, 1, text.len, stdout);
    putchar('\n');
    return 0;
}

static int show(const struct inspect *c, const struct inspect_file *file)
{
    struct mocket_arena arena;
    struct mocket_buf why = { 0 };
    mocket_value *report;
    mocket__arena_init(&arena, 0);
    int rc = inspect_report(&arena, file, &report, &why);
    if (rc == MOCKET_ENOMEM)
        rc = mocket__cli_failure(c->verb, "out of memory");
    else if (rc < 0)
        rc = mocket__cli_failure(c->verb, "%s: %.*s", file->name, (int)why.len, why.ptr ? why.ptr : "");
    else if (c->json)
        rc = print_json(c, &arena, report);
    else
        inspect_print(report, stdout);
    mocket__buf_release(&why);
    mocket__arena_release(&arena);
    return rc;
}

static int inspect(const struct inspect *c)
{
    char path[PATH_MAX];
    struct mocket_buf bytes = { 0 };
    struct inspect_file file = { .name = c->path };
    struct stat st;
    int rc = 0;
    if (stat(c->path, &st) == 0 && S_ISDIR(st.st_mode)) {
        rc = enter_folder(c, path);
        file.name = path;
        file.folder = target_of(c->path);
    }
    if (rc == 0) {
        int problem = mocket__cli_read(file.name, &bytes);
        if (problem != 0)
            rc = mocket__cli_failure(c->verb, "%s: %s", file.name, strerror(problem));
    }
    file.bytes = mocket__buf_view(&bytes);
    if (rc == 0)
        rc = show(c, &file);
    mocket__buf_release(&bytes);
    return rc;
}

static int run(int argc, char **argv)
{
    struct inspect c = { .verb = argv[0] };
    int rc = mocket__cli_options(&mocket__cli_inspect, argc, argv, &c);
    if (rc == 0 && !c.path)
        rc = mocket__cli_misuse(argv[0], "no file: give a wasm file, or a folder of `mocket bundle`");
    return rc == 0 ? inspect(&c) : rc;
}

const struct cli_verb mocket__cli_inspect = {
    .name = "inspect",
    .group = "Ship it",
    .also = "info show dump objdump",
    .summary = "show what a wasm file is and what it needs",
    .usage =
        "usage: mocket inspect FILE [--json]\n"
        "\n"
        "Shows what a wasm file is: an app, or a bundle and its target. Then its size and\n"
        "SHA-256, those of the app inside a bundle, the version of the guest ABI, memory,\n"
        "imports, exports and sections. Nothing of the file runs. A folder of `mocket\n"
        "bundle` stands for the module in it.\n",
    .options = options,
    .more =
        "Examples:\n"
        "  mocket inspect app.wasm\n"
        "  mocket inspect component.wasm --json\n"
        "  mocket inspect dist\n",
    .run = run,
    .word = take_path,
};
