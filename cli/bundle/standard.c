/* What all of these targets share: output as a whole, warnings, and the last lines. */
#include "standard.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../hosts/c/guest/target.h"
#include "../../src/base/span.h"
#include "../command.h"
#include "../read.h"
#include "../verbs.h"
#include "folder.h"

enum bundle_out { BUNDLE_FILE, BUNDLE_FOLDER };

static const struct {
    const char *name, *title;
    enum bundle_out out;
    int (*make)(const struct bundle_app *app, struct bundle_files *files);
} rows[] = {
#define BUNDLE_STANDARD_ROW(name, function, title, out) { name, title, BUNDLE_##out, bundle_make_##function },
    BUNDLE_STANDARD_TARGETS(BUNDLE_STANDARD_ROW)
#undef BUNDLE_STANDARD_ROW
};

/* ---- Output ---- */

/* A file of the user's own is replaced with --force only; the bundle itself always is. */
static int check_others(const struct bundle_app *app, const char *folder, const struct bundle_files *files)
{
    char path[PATH_MAX];
    struct stat st;
    for (size_t i = 1; i < files->count && !app->force; i++) {
        int len = snprintf(path, sizeof path, "%s/%s", folder, files->rows[i].name);
        if (len > 0 && len < PATH_MAX && lstat(path, &st) == 0)
            return mocket__cli_failure(app->verb, "%s: the file exists; --force replaces it", path);
    }
    return 0;
}

/* -o names the first file; the others are beside it. */
static int write_beside(const struct bundle_app *app, const struct bundle_files *files)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(app->out, '/');
    struct stat st;
    int len = slash ? (int)(slash - app->out) : 1;
    if (slash == app->out)
        len = 1; /* the root */
    if (len >= PATH_MAX)
        return mocket__cli_failure(app->verb, "%s: %s", app->out, strerror(ENAMETOOLONG));
    snprintf(folder, sizeof folder, "%.*s", len, slash ? app->out : ".");
    if (app->out[strlen(app->out) - 1] == '/' || (stat(app->out, &st) == 0 && S_ISDIR(st.st_mode)))
        return mocket__cli_misuse(app->verb, "-o %s is a folder; for the target %s it names a file", app->out,
                                  app->target);
    if (mocket__cli_same_file(app->out, app->path))
        return mocket__cli_failure(app->verb, "%s: the output is the app itself; choose another file with -o",
                                   app->out);
    int rc = check_others(app, folder, files);
    return rc == 0 ? bundle_folder_write(app->verb, folder, true, files) : rc;
}

/* ---- The last lines ---- */

/* The command that runs a bundle of this target, with its file in it. */
static void tell_command(const struct bundle_app *app)
{
    static const char place[] = "FILE";
    const char *runs = guest_target_runs(mocket__span(app->target)), *at = runs ? strstr(runs, place) : NULL;
    if (!runs)
        return;
    printf("To run it: %.*s", at ? (int)(at - runs) : (int)strlen(runs), runs);
    if (at) {
        mocket__cli_print_word(app->out, stdout);
        fputs(at + strlen(place), stdout);
    }
    fputs("\n", stdout);
    if (app->environment)
        puts(
            "It imports wasi:cli/environment: `wasmtime serve` grants it with -S cli, and variables with --env "
            "NAME=VALUE");
}

static void tell(const struct bundle_app *app, const char *title, const struct bundle_files *files)
{
    mocket__cli_print_word(app->out, stdout);
    printf(": %s for %s, %zu bytes", app->name, title, files->rows[0].bytes.len);
    printf("\napp.wasm: SHA-256 %s\n", app->hash);
    tell_command(app);
    if (app->manifest >= 0)
        printf("%s: %s\n", bundle_manifest_file(app->manifest), bundle_manifest_use(app->manifest));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int bundle_standard(const struct bundle_app *app, size_t which)
{
    struct bundle_files files = { 0 };
    int rc = 0;
    if (rows[which].out == BUNDLE_FILE && !bundle_new_file(app, &files, base_name(app->out)))
        rc = 1;
    if (rc == 0)
        rc = rows[which].make(app, &files);
    for (size_t i = 0; i < files.count && rc == 0; i++)
        if (mocket__buf_status(&files.rows[i].bytes) != 0)
            rc = mocket__cli_failure(app->verb, "out of memory");
    if (rc == 0)
        rc = rows[which].out == BUNDLE_FILE ? write_beside(app, &files)
                                            : bundle_folder_write(app->verb, app->out, app->force, &files);
    if (rc == 0)
        tell(app, rows[which].title, &files);
    bundle_files_release(&files);
    return rc;
}
