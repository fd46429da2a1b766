/* The program finds its headers and its guest library relative to itself, so that a build tree and an installation can
 * both be moved. MOCKET_HOME, a build tree's root or an installation's prefix, has precedence and is then the only
 * place. */
#include "home.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

/* Relative to MOCKET_HOME, or to the folder of the program. An installation keeps mocket.h for guests in a folder of
 * its own, not in PREFIX/include: with the prefix /usr that folder also holds the headers of the system's C library,
 * which describe another machine than wasm. */
static const struct layout {
    bool of_home;
    const char *include;
    const char *library;
} layouts[] = {
    { true, "lib/mocket/include", "lib/mocket/wasm32/libmocket.a" },
    { true, "include", "build/wasm/libmocket.a" },
    { false, "../include", "wasm/libmocket.a" },
    { false, "../lib/mocket/include", "../lib/mocket/wasm32/libmocket.a" },
};

static bool join(char out[PATH_MAX], const char *folder, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return len >= 0 && len < PATH_MAX;
}

static bool is_layout(const char *root, const struct layout *layout, struct mocket__cli_home *home)
{
    char header[PATH_MAX];
    return join(home->include, root, layout->include) && join(home->library, root, layout->library) &&
           join(header, home->include, "mocket.h") && access(header, R_OK) == 0 && access(home->library, R_OK) == 0;
}

/* The folder of the running program, "" when the system does not tell. */
static void program_folder(char out[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(out, '/');
    *(slash ? slash : out) = '\0';
}

/* MOCKET_HOME (true), or the program's folder. */
static bool root_folder(char out[PATH_MAX])
{
    const char *set = getenv("MOCKET_HOME");
    bool of_home = set && set[0] != '\0';
    if (of_home)
        snprintf(out, PATH_MAX, "%s", set);
    else
        program_folder(out);
    return of_home;
}

int mocket__cli_home_find(const char *verb, struct mocket__cli_home *home)
{
    char folder[PATH_MAX];
    bool of_home = root_folder(folder);
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].of_home == of_home && is_layout(folder, &layouts[i], home))
            return 0;
    mocket__cli_failure(verb, "the guest library was not found. Looked for:");
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].of_home == of_home)
            fprintf(stderr, "    %s/%s with %s/%s/mocket.h\n", folder, layouts[i].library, folder, layouts[i].include);
    fprintf(stderr, "In a checkout `make wasm` builds it; MOCKET_HOME names another checkout or installation.\n");
    return 1;
}

/* A part that lies in one folder of a checkout and in another one of an installation. */
struct part {
    const char *what;
    const char *folders[2]; /* below the checkout, the prefix */
    const char *name;       /* in there */
    int mode;               /* of access */
};

static int find_part(const char *verb, const struct part *part, char path[PATH_MAX])
{
    char root[PATH_MAX];
    const char *up = root_folder(root) ? "" : "../";
    for (size_t i = 0; i < 2; i++) {
        int len = snprintf(path, PATH_MAX, "%s/%s%s/%s", root, up, part->folders[i], part->name);
        if (len > 0 && len < PATH_MAX && access(path, part->mode) == 0)
            return 0;
    }
    return mocket__cli_failure(verb, "%s %s was not found in %s/%s%s nor in %s/%s%s; MOCKET_HOME names a place",
                               part->what, part->name, root, up, part->folders[0], root, up, part->folders[1]);
}

int mocket__cli_home_tool(const char *verb, const char *name, char path[PATH_MAX])
{
    return find_part(verb, &(struct part){ "the tool", { "tools", "lib/mocket/tools" }, name, X_OK }, path);
}

int mocket__cli_home_js(const char *verb, char path[PATH_MAX])
{
    static const struct part js = {
        "the JavaScript host's", { "hosts/js", "share/mocket/js" }, "bundles", R_OK | X_OK
    };
    int rc = find_part(verb, &js, path);
    if (rc == 0)
        path[strlen(path) - strlen(js.name) - 1] = '\0';
    return rc;
}
