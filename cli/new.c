/* `mocket new NAME`: a folder with an app, a Makefile and a few words. It writes only into a folder that it has
 * created, so it never overwrites a file. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "verbs.h"

/* In every text `~` stands for the app's name. */
static const char app_text[] =
    "#include <mocket.h>\n"
    "\n"
    "static int home(mocket_event *e)\n"
    "{\n"
    "    return mocket_text(e, \"Hello from ~\\n\");\n"
    "}\n"
    "\n"
    "static int hello(mocket_event *e)\n"
    "{\n"
    "    return mocket_textf(e, \"Hello, %s!\\n\", mocket_param(e, \"name\"));\n"
    "}\n"
    "\n"
    "int main(void)\n"
    "{\n"
    "    mocket_app *app = mocket_new();\n"
    "    mocket_get(app, \"/\", home);\n"
    "    mocket_get(app, \"/hello/:name\", hello);\n"
    "    return mocket_listen(app, \":4000\");\n"
    "}\n";

static const char makefile_text[] =
    "# make: the app as wasm. make serve: in the wasm host. make native: as a program of its own.\n"
    "MOCKET ?= mocket\n"
    "LISTEN ?= 127.0.0.1:4000\n"
    "\n"
    "app.wasm: app.c\n"
    "\t\"$(MOCKET)\" build app.c -o $@\n"
    "\n"
    "serve: app.wasm\n"
    "\t\"$(MOCKET)\" serve app.wasm --listen $(LISTEN)\n"
    "\n"
    "native: app\n"
    "\n"
    "app: app.c\n"
    "\t$(CC) -std=c17 -O2 -Wall -Wextra app.c -o $@ $$(pkg-config --cflags --libs --static mocket)\n"
    "\n"
    "clean:\n"
    "\trm -f app app.wasm\n"
    "\n"
    ".PHONY: serve native clean\n";

static const char readme_text[] =
    "# ~\n"
    "\n"
    "A web app in C, written with Mocket.\n"
    "\n"
    "    make            # app.wasm\n"
    "    make serve      # in the wasm host, on http://127.0.0.1:4000\n"
    "    make native     # ./app, the same as a native program\n"
    "\n"
    "`make native` asks pkg-config for an installed Mocket (`make install` in its checkout, and PKG_CONFIG_PATH if\n"
    "that went to a folder of your own).\n"
    "\n"
    "    curl http://127.0.0.1:4000/hello/moon\n"
    "\n"
    "The API is the header `mocket.h`; it is the manual too.\n";

static const struct file {
    const char *name;
    const char *text;
} files[] = {
    { "app.c", app_text },
    { "Makefile", makefile_text },
    { "README.md", readme_text },
    { ".gitignore", "app\napp.wasm\n" },
};

/* The name is copied into C text and Markdown, so only plain characters are allowed. */
static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return name[0] != '\0' && name[0] != '-' && name[0] != '.' && name[strspn(name, plain)] == '\0';
}

static int write_text(FILE *to, const char *text, const char *name)
{
    for (const char *p = text; *p; p++)
        if (*p == '~')
            fputs(name, to);
        else
            fputc(*p, to);
    int failed = ferror(to);
    return fclose(to) != 0 || failed;
}

static int write_file(const char *folder, const struct file *file, const char *name)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, file->name);
    if (len < 0 || (size_t)len >= sizeof path)
        return mocket__cli_failure("new", "%s: the path is too long", folder);
    FILE *to = fopen(path, "wx");
    if (!to)
        return mocket__cli_failure("new", "%s: %s", path, strerror(errno));
    if (write_text(to, file->text, name) != 0)
        return mocket__cli_failure("new", "%s: could not write it", path);
    return 0;
}

/* The Makefile calls `mocket`. Where that is not on PATH, the line names this program. */
static void tell_ready(const char *folder)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    program[len > 0 ? len : 0] = '\0';
    printf("%s is ready: cd ", folder);
    mocket__cli_print_word(folder, stdout);
    fputs(" && make serve", stdout);
    if (len > 0 && !mocket__cli_command_exists("mocket")) {
        fputs(" MOCKET=", stdout);
        mocket__cli_print_word(program, stdout);
    }
    putchar('\n');
}

static int make(char *folder)
{
    while (strlen(folder) > 1 && folder[strlen(folder) - 1] == '/')
        folder[strlen(folder) - 1] = '\0';
    const char *slash = strrchr(folder, '/');
    const char *name = slash ? slash + 1 : folder;
    if (!is_plain(name))
        return mocket__cli_misuse("new", "`%s`: a name is made of letters, digits, `-`, `_` and `.`", name);
    if (mkdir(folder, 0777) < 0)
        return mocket__cli_failure("new", "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int rc = write_file(folder, &files[i], name);
        if (rc != 0)
            return rc;
    }
    tell_ready(folder);
    return 0;
}

static int run(int argc, char **argv)
{
    return argc == 2 ? make(argv[1]) : mocket__cli_misuse(argv[0], "give the name of the folder to make");
}

const struct cli_verb mocket__cli_new = {
    .name = "new",
    .summary = "make a folder with a small app",
    .usage =
        "usage: mocket new NAME\n"
        "\n"
        "Makes the folder NAME with app.c, Makefile and README.md: an app that builds to wasm (`make`),\n"
        "runs in the wasm host (`make serve`) or as a native program (`make native`).\n"
        "NAME may be a path, and must not exist. Its last part may contain letters, digits, `-`, `_` and `.`.\n",
    .run = run,
};
