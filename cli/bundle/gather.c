/* Scripts first, since what they import is the list of modules that other templates may name. Modules are found by
 * following the imports: what "./mocket/NAME" is in a bundle is src/NAME of the JavaScript host. */
#include "gather.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../../src/base/span.h"
#include "../read.h"
#include "../verbs.h"
#include "imports.h"

#define MODULES "mocket/" /* where the modules lie in a bundle */
#define SUFFIX ".in"      /* of templates that tools must not take for the file itself; dropped */

static bool is_script(const char *name)
{
    size_t len = strlen(name);
    return len > 3 && strcmp(name + len - 3, ".js") == 0;
}

static int join(const char *verb, char path[PATH_MAX], const char *folder, const char *rest)
{
    int len = snprintf(path, PATH_MAX, "%s/%s", folder, rest);
    return len > 0 && len < PATH_MAX ? 0 : mocket__cli_failure(verb, "%s/%s: the path is too long", folder, rest);
}

static int no_memory(const char *verb)
{
    return mocket__cli_failure(verb, "out of memory");
}

/* ---- Templates ---- */

static int expand(const struct bundle_source *source, const char *path, const struct bundle_words *words,
                  struct bundle_file *file)
{
    struct mocket_buf text = { 0 };
    mocket_span wrong = { NULL, 0 };
    int rc = mocket__cli_read(path, &text);
    if (rc != 0)
        rc = mocket__cli_failure(source->verb, "%s: %s", path, strerror(rc));
    else if (bundle_expand(mocket__buf_view(&text), words, &file->bytes, &wrong) < 0)
        rc = mocket__cli_failure(source->verb, "%s: `%.*s` is not known", path, (int)wrong.len, wrong.ptr);
    else if (mocket__buf_status(&file->bytes) < 0)
        rc = no_memory(source->verb);
    mocket__buf_release(&text);
    return rc;
}

static int add_template(const struct bundle_source *source, const char *path, const struct bundle_words *words,
                        struct bundle_files *files)
{
    struct stat st;
    mocket_span name = mocket__span(strrchr(path, '/') + 1);
    if (name.len > strlen(SUFFIX) && strcmp(name.ptr + name.len - strlen(SUFFIX), SUFFIX) == 0)
        name.len -= strlen(SUFFIX);
    if (stat(path, &st) < 0)
        return mocket__cli_failure(source->verb, "%s: %s", path, strerror(errno));
    struct bundle_file *file = bundle_files_add(files, name);
    if (!file)
        return no_memory(source->verb);
    file->is_program = st.st_mode & S_IXUSR;
    return expand(source, path, words, file);
}

/* Adds the target's templates: only scripts, or only the other templates. */
static int add_templates(const struct bundle_source *source, const struct bundle_words *words, bool scripts,
                         struct bundle_files *files)
{
    char folder[PATH_MAX], path[PATH_MAX], name[PATH_MAX];
    snprintf(name, sizeof name, "bundles/%s", source->target);
    int rc = join(source->verb, folder, source->js, name);
    if (rc != 0)
        return rc;
    DIR *dir = opendir(folder);
    if (!dir)
        return mocket__cli_failure(source->verb, "%s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || is_script(entry->d_name) != scripts)
            continue;
        rc = join(source->verb, path, folder, entry->d_name);
        if (rc == 0)
            rc = add_template(source, path, words, files);
    }
    if (rc == 0 && errno != 0)
        rc = mocket__cli_failure(source->verb, "%s: %s", folder, strerror(errno));
    closedir(dir);
    return rc;
}

/* ---- Modules ---- */

static int add_module(const struct bundle_source *source, const char *name, struct bundle_files *files)
{
    char path[PATH_MAX], relative[PATH_MAX];
    snprintf(relative, sizeof relative, "src/%s", name + strlen(MODULES));
    int rc = join(source->verb, path, source->js, relative);
    if (rc != 0)
        return rc;
    struct bundle_file *file = bundle_files_add(files, mocket__span(name));
    if (!file)
        return no_memory(source->verb);
    rc = mocket__cli_read(path, &file->bytes);
    return rc == 0 ? 0 : mocket__cli_failure(source->verb, "%s: %s", path, strerror(rc));
}

/* Not a package, one of the platform's own modules, or app.wasm. */
static bool is_module(mocket_span specifier)
{
    return specifier.len > 3 && specifier.ptr[0] == '.' && memcmp(specifier.ptr + specifier.len - 3, ".js", 3) == 0;
}

/* What row `at` imports and the list does not have yet. */
static int follow(const struct bundle_source *source, size_t at, struct bundle_files *files)
{
    char name[PATH_MAX];
    mocket_span specifier;
    int rc = 0;
    for (size_t from = 0; rc == 0 && bundle_next_import(mocket__buf_view(&files->rows[at].bytes), &from, &specifier);) {
        if (!is_module(specifier))
            continue;
        if (!bundle_resolve(files->rows[at].name, specifier, name, sizeof name))
            rc = mocket__cli_failure(source->verb, "%s imports %.*s, which is outside of a bundle",
                                     files->rows[at].name, (int)specifier.len, specifier.ptr);
        else if (strncmp(name, MODULES, strlen(MODULES)) == 0 && !bundle_files_find(files, mocket__span(name)))
            rc = add_module(source, name, files);
    }
    return rc;
}

int bundle_gather(const struct bundle_source *source, struct bundle_words *words, struct bundle_files *files)
{
    int rc = add_templates(source, words, true, files);
    for (size_t i = 0; i < files->count && rc == 0; i++)
        if (is_script(files->rows[i].name))
            rc = follow(source, i, files);
    if (rc != 0)
        return rc;
    bundle_files_sort(files);
    words->modules = files;
    rc = add_templates(source, words, false, files);
    bundle_files_sort(files);
    return rc;
}
