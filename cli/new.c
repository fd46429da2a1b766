/* `mocket new NAME`: a folder with an app that builds, serves and tests itself. The files are those of templates/. It
 * writes only into a folder that it has created, so it never overwrites a file. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "read.h"
#include "template.h"
#include "verbs.h"

static const char *const templates[] = { "hello", "rest", "chat", NULL };

struct new
{
    const char *folder;
    const char *name; /* the last part of folder */
    bool moonbit;
    int64_t template; /* a row of templates */
};

static int take_folder(void *into, const char *text)
{
    struct new *n = into;
    if (n->folder)
        return mocket__cli_misuse("new", "%s and %s: give the name of one folder", n->folder, text);
    n->folder = text;
    return 0;
}

static const struct cli_option options[] = {
    { CLI_CHOICE, "template", 't', .value = "TEMPLATE", .choices = templates, .initial = "hello",
      .at = offsetof(struct new, template),
      .help = "what the app does. hello: two routes; rest: notes as a resource in JSON; chat: a page and WebSockets" },
    { CLI_SWITCH, "moonbit", 'm', .at = offsetof(struct new, moonbit), .help = "an app in MoonBit instead of C" },
    { .name = NULL },
};

/* ---- Files ---- */

/* The name is copied into C text, JSON and Markdown, so only plain characters are allowed. */
static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return name[0] != '\0' && name[0] != '-' && name[0] != '.' && name[strspn(name, plain)] == '\0';
}

/* 0, or what errno is for it. */
static int write_text(FILE *to, const struct cli_template *file, const char *name)
{
    static const char mark[] = "@NAME@";
    const char *at = file->bytes, *end = at + file->len;
    while (at < end) {
        const char *next = memmem(at, (size_t)(end - at), mark, strlen(mark));
        fwrite(at, 1, (size_t)((next ? next : end) - at), to);
        if (next)
            fputs(name, to);
        at = next ? next + strlen(mark) : end;
    }
    return mocket__cli_close(to);
}

/* Makes the folders of a path below `from` bytes of it. */
static int make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = mkdir(path, 0777);
        bool failed = rc < 0 && errno != EEXIST;
        *slash = '/';
        if (failed)
            return -1;
    }
    return 0;
}

static int write_file(const struct new *n, const struct cli_template *file, const char *name)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", n->folder, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return mocket__cli_failure("new", "%s: the path is too long", n->folder);
    FILE *to = make_folders(path, strlen(n->folder) + 1) == 0 ? fopen(path, "wx") : NULL;
    if (!to)
        return mocket__cli_failure("new", "%s: %s", path, strerror(errno));
    int why = write_text(to, file, n->name);
    if (why != 0)
        return mocket__cli_failure("new", "%s: %s; the folder is not complete", path, strerror(why));
    return 0;
}

/* The path below LANGUAGE/TEMPLATE/, or NULL when the file belongs to another one. */
static const char *belongs(const char *path, const char *language, const char *template)
{
    size_t first = strlen(language), second = strlen(template);
    if (strncmp(path, language, first) != 0 || path[first] != '/')
        return NULL;
    path += first + 1;
    return strncmp(path, template, second) == 0 && path[second] == '/' ? path + second + 1 : NULL;
}

static int write_files(const struct new *n)
{
    const char *language = n->moonbit ? "moonbit" : "c";
    int rc = 0;
    for (const struct cli_template *file = mocket__cli_templates; file->path && rc == 0; file++) {
        const char *name = belongs(file->path, language, "base");
        if (!name)
            name = belongs(file->path, language, templates[n->template]);
        if (name)
            rc = write_file(n, file, name);
    }
    return rc;
}

/* ---- The work ---- */

/* The path of this program; "" when the system does not tell. */
static void find_program(char program[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", program, PATH_MAX - 1);
    program[len > 0 ? len : 0] = '\0';
}

/* compile_commands.json of an app in C. Its compiler may be missing, which a new folder need not mind. */
static void write_commands(const struct new *n, const char *program)
{
    const char *words[] = { program, "build", "-Wall", "-Wextra", "-Wpedantic", "--compile-commands", ".", NULL };
    struct mocket__cli_command c = { .words = (char **)words, .count = sizeof words / sizeof *words - 1 };
    char folder[PATH_MAX];
    if (n->moonbit || !getcwd(folder, sizeof folder) || chdir(n->folder) < 0)
        return;
    if (mocket__cli_command_run("new", &c) != 0)
        mocket__cli_failure("new",
                            "so compile_commands.json, which editors read, is missing; `make commands` writes it");
    if (chdir(folder) < 0)
        mocket__cli_failure("new", "%s: %s", folder, strerror(errno));
}

/* The Makefile calls `mocket`. Where that is not on PATH, the line names this program. */
static void tell_ready(const char *folder, const char *program)
{
    printf("%s is ready: cd ", folder);
    mocket__cli_print_word(folder, stdout);
    fputs(" && make serve", stdout);
    if (program[0] && !mocket__cli_command_exists("mocket")) {
        fputs(" MOCKET=", stdout);
        mocket__cli_print_word(program, stdout);
    }
    putchar('\n');
}

static int make(struct new *n, char *folder)
{
    char program[PATH_MAX];
    while (strlen(folder) > 1 && folder[strlen(folder) - 1] == '/')
        folder[strlen(folder) - 1] = '\0';
    const char *slash = strrchr(folder, '/');
    n->folder = folder;
    n->name = slash ? slash + 1 : folder;
    if (!is_plain(n->name))
        return mocket__cli_misuse("new", "`%s`: a name is made of letters, digits, `-`, `_` and `.`", n->name);
    if (mkdir(folder, 0777) < 0)
        return mocket__cli_failure("new", "%s: %s", folder, strerror(errno));
    int rc = write_files(n);
    if (rc != 0)
        return rc;
    find_program(program);
    write_commands(n, program);
    tell_ready(folder, program);
    return 0;
}

static int run(int argc, char **argv)
{
    struct new n = { .folder = NULL };
    char folder[PATH_MAX];
    int rc = mocket__cli_options(&mocket__cli_new, argc, argv, &n);
    if (rc != 0)
        return rc;
    if (!n.folder)
        return mocket__cli_misuse(argv[0], "give the name of the folder to make");
    if ((size_t)snprintf(folder, sizeof folder, "%s", n.folder) >= sizeof folder)
        return mocket__cli_failure("new", "%s: the path is too long", n.folder);
    return make(&n, folder);
}

const struct cli_verb mocket__cli_new = {
    .name = "new",
    .group = "Make an app",
    .summary = "make a folder with a small app",
    .also = "init create",
    .usage =
        "usage: mocket new NAME [--template TEMPLATE] [--moonbit]\n"
        "\n"
        "Makes the folder NAME with an app, its tests, a Makefile, and the files that\n"
        "editors, git and containers read. In it `make` builds app.wasm, `make serve`\n"
        "serves it, `make test` tests it; in C `make native` builds the same app as a\n"
        "native program. `mocket build` and `mocket serve` need no name there. NAME may\n"
        "be a path, and must not exist. Its last part may contain letters, digits, `-`,\n"
        "`_` and `.`.\n",
    .options = options,
    .more =
        "Examples:\n"
        "  mocket new shop && cd shop && make serve\n"
        "  mocket new notes --template rest\n"
        "  mocket new talk --moonbit --template chat\n",
    .run = run,
    .word = take_folder,
};
