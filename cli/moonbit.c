/* `mocket build DIR`: an app in MoonBit to a wasm file.
 *
 * MoonBit's compiler comes in two ways: with its own build program `moon`, or as the packaged one that
 * tools/setup-moonbit installs. The script moonbit-build, of a checkout or an installation, supports both. This file
 * checks the words, so that mistakes are reported before a compiler runs, and passes them on. Nothing is downloaded. */
#include "moonbit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "home.h"
#include "verbs.h"

struct moonbit {
    const char *verb;
    const char *dir;
    const char *out;
    struct mocket__cli_command places; /* NAME=FOLDER */
};

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- Words ---- */

static bool has_file(const char *dir, const char *name)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);
    return len > 0 && (size_t)len < sizeof path && access(path, R_OK) == 0;
}

static int take_dir(struct moonbit *m, const char *path)
{
    if (strchr(path, '=') && !is_folder(path)) {
        mocket__cli_command_add(&m->places, path);
        return 0;
    }
    if (!is_folder(path))
        return mocket__cli_failure(m->verb, "%s: not a folder; give the folder of the MoonBit app", path);
    if (m->dir)
        return mocket__cli_misuse(m->verb, "%s and %s: give one folder", m->dir, path);
    if (has_file(path, "src/main.c") && !has_file(path, "moon.pkg"))
        return mocket__cli_failure(m->verb, "%s: an app in C: run `mocket build` in that folder", path);
    if (!has_file(path, "moon.pkg") && !has_file(path, "moon.pkg.json"))
        return mocket__cli_failure(m->verb, "%s: no moon.pkg in this folder; give the folder of the main package",
                                   path);
    m->dir = path;
    return 0;
}

static int take_words(struct moonbit *m, const struct mocket__cli_moonbit *build)
{
    int rc = 0;
    for (size_t i = 0; i < build->count && rc == 0; i++)
        rc = take_dir(m, build->words[i]);
    if (rc == 0 && !m->dir)
        rc = mocket__cli_misuse(m->verb, "--target is for an app in MoonBit: give its folder");
    return rc;
}

/* shop/ -> shop.wasm, in the present folder; `.` is the folder it stands for. */
static int default_out(struct moonbit *m, char out[PATH_MAX])
{
    char full[PATH_MAX];
    if (!realpath(m->dir, full))
        return mocket__cli_failure(m->verb, "%s: cannot be read", m->dir);
    int len = snprintf(out, PATH_MAX, "%s.wasm", strrchr(full, '/') + 1);
    if (len < 0 || len >= PATH_MAX)
        return mocket__cli_failure(m->verb, "%s: the name is too long", m->dir);
    m->out = out;
    return 0;
}

/* ---- The command ---- */

static int run(const struct moonbit *m, const struct mocket__cli_moonbit *build, const char *tool)
{
    struct mocket__cli_command c = { 0 };
    const char *const words[] = { tool, "--target", build->target, "-O", build->optimise, "-o", m->out };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        mocket__cli_command_add(&c, words[i]);
    if (build->debug)
        mocket__cli_command_add(&c, "-g");
    mocket__cli_command_add(&c, m->dir);
    for (size_t i = 0; i < m->places.count; i++)
        mocket__cli_command_add(&c, m->places.words[i]);
    c.failed = c.failed || m->places.failed;
    c.doing = m->out;
    if (build->verbose)
        mocket__cli_command_print(&c);
    int rc = mocket__cli_command_run(m->verb, &c);
    mocket__cli_command_release(&c);
    return mocket__cli_command_code(rc);
}

int mocket__cli_moonbit_build(const struct mocket__cli_moonbit *build)
{
    struct moonbit m = { .verb = build->verb, .out = build->out };
    char out[PATH_MAX], tool[PATH_MAX];
    int rc = take_words(&m, build);
    if (rc == 0 && !m.out)
        rc = default_out(&m, out);
    if (rc == 0)
        rc = mocket__cli_home_tool(m.verb, "moonbit-build", tool);
    if (rc == 0)
        rc = run(&m, build, tool);
    mocket__cli_command_release(&m.places);
    return rc;
}
