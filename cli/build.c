/* `mocket build`: compiles C to a wasm file that every Mocket host runs. A folder is an app in MoonBit, which moonbit.c
 * builds.
 *
 * It runs clang with these options: a reactor (the host calls exports of a module that has returned from its start);
 * the stack first in memory (an overflow traps below address 0 instead of overwriting data); unused sections removed;
 * and the guest library, whose exports are the guest ABI. The exports are linked when the app calls the library; an app
 * may also have its own. If no export was linked, the linker is asked for them by name, and then reports what is
 * missing, main or a function that it calls. The result is written beside the output and renamed, so that a host that
 * watches the file never sees an incomplete one.
 *
 * With -c each source becomes an object file, for apps of many files whose build program compiles what has changed. The
 * objects are inputs of another `mocket build`.
 *
 * Which clang: --cc, else the one of WASI_SDK_PATH, else clang-22, else the newest clang on PATH. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "clang.h"
#include "command.h"
#include "commands.h"
#include "exports.h"
#include "home.h"
#include "moonbit.h"
#include "project.h"
#include "read.h"
#include "verbs.h"

#define STACK_SIZE_MIN 4096
#define STACK_SIZE_MAX (1L << 30)

struct build {
    const char *verb;
    const char *out;
    const char *optimise; /* without the -O */
    const char *cc;
    int64_t target; /* of MoonBit, a row of targets; below 0: not said */
    int64_t stack_size;
    bool debug;
    bool verbose;
    bool trace;
    bool objects;                      /* -c */
    const char *commands;              /* folder for compile_commands.json; NULL: the app is built */
    struct mocket__cli_command inputs; /* words that are no options */
    struct mocket__cli_command user;   /* inputs and clang's own words, in order */
    struct cli_project project;        /* the present folder, when there are no inputs */
    char default_out[PATH_MAX];
};

/* ---- Options ---- */

static int take_stack_size(void *into, const struct cli_said *said, const char *text)
{
    struct build *b = into;
    char *end;
    errno = 0;
    long size = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || size < STACK_SIZE_MIN || size > STACK_SIZE_MAX || size % 16 != 0)
        return mocket__cli_misuse(said->verb, "%s %s: a multiple of 16 from %d to %ld is needed", said->option, text,
                                  STACK_SIZE_MIN, STACK_SIZE_MAX);
    b->stack_size = size;
    return 0;
}

static int take_level(void *into, const struct cli_said *said, const char *text)
{
    struct build *b = into;
    if (strlen(text) != 1 || !strchr("01234sz", text[0]))
        return mocket__cli_misuse(said->verb, "%s %s: 0, 1, 2, 3, 4, s or z is needed", said->option, text);
    b->optimise = text;
    return 0;
}

static int take_input(void *into, const char *path)
{
    struct build *b = into;
    mocket__cli_command_add(&b->inputs, path);
    mocket__cli_command_add(&b->user, path);
    return 0;
}

/* Behind `--` */
static int take_clang_word(void *into, const char *word)
{
    struct build *b = into;
    mocket__cli_command_add(&b->user, word);
    return 0;
}

/* Clang's options that need no `--` before them. The value of the first ones may be the next word. */
static int take_clang_option(void *into, char **argv, int *at)
{
    static const char *const with_value[] = { "-isystem", "-include", "-I", "-D", "-U", "-L", "-l" };
    static const char *const prefixes[] = { "-std=", "-W", "-f", "-m" };
    struct build *b = into;
    const char *word = argv[*at];
    for (size_t i = 0; i < sizeof with_value / sizeof with_value[0]; i++) {
        size_t len = strlen(with_value[i]);
        if (strncmp(word, with_value[i], len) != 0)
            continue;
        const char *value = word[len] ? word + len : argv[*at + 1];
        if (!value || !value[0])
            return mocket__cli_misuse(b->verb, "%s needs a value", with_value[i]);
        *at += word[len] ? 0 : 1;
        mocket__cli_command_add(&b->user, with_value[i]);
        mocket__cli_command_add(&b->user, value);
        return 0;
    }
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
            return take_clang_word(b, word);
    return -1;
}

static const char *const targets[] = { "wasm", "wasm-gc", NULL };

static const struct cli_option options[] = {
    { CLI_WORD, NULL, 'o', .value = "FILE", .files = true, .at = offsetof(struct build, out),
      .initial_words = "app.wasm for app.c and for a folder app; with -c app.o", .help = "output file" },
    { CLI_SWITCH, "verbose", 'v', .at = offsetof(struct build, verbose), .help = "print the commands that run" },
    { CLI_SWITCH, NULL, 'g', .at = offsetof(struct build, debug),
      .help =
          "keep debugging information: in C DWARF, so that backtraces in the host's log have file and line; in MoonBit "
          "the names of functions" },
    { CLI_OWN, NULL, 'O', .value = "LEVEL", .initial_words = "s in C, 3 in MoonBit", .take = take_level,
      .help = "level of optimisation: 0, 1, 2, 3, s or z; in MoonBit also 4" },
    { CLI_GROUP, .help = "For an app in C" },
    { CLI_SWITCH, NULL, 'c', .at = offsetof(struct build, objects),
      .help = "compile each FILE to an object file and do not link; -o needs a single FILE" },
    { CLI_SWITCH, "trace", .at = offsetof(struct build, trace),
      .help = "the app logs the route and the middlewares of each request, at the level debug" },
    { CLI_OWN, "stack-size", .value = "BYTES", .initial = "65536", .take = take_stack_size,
      .help = "size of the guest's stack, a multiple of 16" },
    { CLI_WORD, "compile-commands", .value = "DIR", .files = true, .at = offsetof(struct build, commands),
      .help = "build nothing: write DIR/compile_commands.json, where editors see a native program, and "
              "DIR/build/wasm/compile_commands.json, where they see the wasm build" },
    { CLI_WORD, "cc", .value = "PATH", .files = true, .at = offsetof(struct build, cc), .help = "the clang to use" },
    { CLI_GROUP, .help = "For an app in MoonBit" },
    { CLI_CHOICE, "target", .value = "TARGET", .choices = targets, .at = offsetof(struct build, target),
      .initial_words = "wasm", .help = "wasm (runs on every engine) or wasm-gc" },
    { .name = NULL },
};

/* ---- Inputs ---- */

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_moonbit(const struct build *b)
{
    bool found = b->target >= 0;
    for (size_t i = 0; i < b->inputs.count && !found; i++)
        found = is_folder(b->inputs.words[i]);
    return found;
}

static int check_inputs(const struct build *b)
{
    struct stat st;
    for (size_t i = 0; i < b->inputs.count; i++) {
        const char *path = b->inputs.words[i];
        if (stat(path, &st) < 0)
            return mocket__cli_failure(b->verb, "%s: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
            return mocket__cli_failure(b->verb, "%s: not a file", path);
    }
    if (b->optimise && b->optimise[0] == '4')
        return mocket__cli_misuse(b->verb, "-O 4 is for an app in MoonBit: 0, 1, 2, 3, s or z is needed");
    if (b->objects && b->out && b->inputs.count > 1)
        return mocket__cli_misuse(b->verb, "-c with -o %s: give one FILE, or leave out -o", b->out);
    return 0;
}

/* The first option that the C compiler alone knows; NULL: there is none. */
static const char *option_of_c(const struct build *b)
{
    const char *found = b->cc         ? "--cc"
                        : b->objects  ? "-c"
                        : b->trace    ? "--trace"
                        : b->commands ? "--compile-commands"
                                      : NULL;
    for (size_t i = 0; i < b->user.count && !found; i++)
        if (i >= b->inputs.count || strcmp(b->user.words[i], b->inputs.words[i]) != 0)
            found = b->user.words[i];
    return found;
}

static int build_moonbit(const struct build *b)
{
    const char *other = option_of_c(b);
    if (other)
        return mocket__cli_misuse(b->verb, "`%s` is not an option for an app in MoonBit", other);
    return mocket__cli_moonbit_build(&(struct mocket__cli_moonbit){ .verb = b->verb,
                                                                    .words = b->inputs.words,
                                                                    .count = b->inputs.count,
                                                                    .out = b->out,
                                                                    .target = targets[b->target >= 0 ? b->target : 0],
                                                                    .optimise = b->optimise ? b->optimise : "3",
                                                                    .debug = b->debug,
                                                                    .verbose = b->verbose });
}

/* The last part of a path. */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* app.c -> app.wasm, or app.o, in the present folder as compilers do. */
static int choose_out(struct build *b, const char *input)
{
    const char *name = name_of(input);
    const char *dot = strrchr(name, '.');
    int len = snprintf(b->default_out, PATH_MAX, "%.*s.%s", (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name,
                       b->objects ? "o" : "wasm");
    if (len < 0 || len >= PATH_MAX)
        return mocket__cli_failure(b->verb, "%s: the name is too long", name);
    b->out = b->default_out;
    return 0;
}

/* A mistyped `-o app.c` must not overwrite the source. */
static int spare_inputs(const struct build *b)
{
    for (size_t i = 0; i < b->user.count; i++)
        if (mocket__cli_same_file(b->user.words[i], b->out))
            return mocket__cli_failure(b->verb, "%s: the output is one of the inputs; choose another file with -o",
                                       b->out);
    return 0;
}

/* ---- The command ---- */

struct words {
    char cc[PATH_MAX];
    char level[8];
    char stack[48];
    char headers[PATH_MAX]; /* WASI's */
    char folder[PATH_MAX];
    char temporary[PATH_MAX]; /* in it */
};

static bool is_input(const struct build *b, const char *word)
{
    bool found = false;
    for (size_t i = 0; i < b->inputs.count && !found; i++)
        found = b->inputs.words[i] == word;
    return found;
}

/* only: the input to compile to an object; NULL: all of them are linked. */
static void compose(const struct build *b, const struct mocket__cli_home *home, struct words *w, const char *only,
                    struct mocket__cli_command *c)
{
    static const char *const always[] = { "--target=wasm32-wasi", "-Wno-deprecated", "-ffunction-sections",
                                          "-fdata-sections" };
    static const char *const linking[] = { "-mexec-model=reactor", "--no-wasm-opt", "-Wl,--gc-sections",
                                           "-Wl,--stack-first" };
    snprintf(w->level, sizeof w->level, "-O%s", b->optimise ? b->optimise : "s");
    snprintf(w->stack, sizeof w->stack, "-Wl,-z,stack-size=%ld", (long)b->stack_size);
    mocket__cli_command_add(c, w->cc);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        mocket__cli_command_add(c, always[i]);
    for (size_t i = 0; !only && i < sizeof linking / sizeof linking[0]; i++)
        mocket__cli_command_add(c, linking[i]);
    if (!only && b->trace)
        mocket__cli_command_add(c, "-Wl,--undefined=mocket__guest_trace");
    mocket__cli_command_add(c, only ? "-c" : w->stack);
    mocket__cli_command_add(c, w->level);
    if (!only || b->debug)
        mocket__cli_command_add(c, b->debug ? "-g" : "-Wl,--strip-debug");
    if (!only && !b->debug) /* addresses in code take the bytes that they need, not five; debuggers expect five */
        mocket__cli_command_add(c, "-Wl,--compress-relocations");
    mocket__cli_command_add(c, "-I");
    mocket__cli_command_add(c, home->include);
    mocket__cli_clang_headers(c, &b->user, w->headers);
    for (size_t i = 0; i < b->user.count; i++)
        if (!only || b->user.words[i] == only || !is_input(b, b->user.words[i]))
            mocket__cli_command_add(c, b->user.words[i]);
    if (!only)
        mocket__cli_command_add(c, home->library);
    mocket__cli_command_add(c, "-o");
    mocket__cli_command_add(c, w->temporary);
    c->failed = c->failed || b->user.failed;
    c->doing = only ? only : b->out;
}

/* A folder of our own beside the output, and in it the output's own name: the linker writes that name into the module,
 * and two builds of the same app should be the same bytes. */
static int open_temporary(const struct build *b, struct words *w)
{
    const char *name = name_of(b->out);
    int len = snprintf(w->folder, PATH_MAX, "%.*s.%s.XXXXXX", (int)(name - b->out), b->out, name);
    if (len < 0 || len >= PATH_MAX || name[0] == '\0')
        return mocket__cli_failure(b->verb, "-o %s: not the name of a file", b->out);
    if (!mkdtemp(w->folder))
        return mocket__cli_failure(b->verb, "%s: cannot create a file in its folder: %s", b->out, strerror(errno));
    len = snprintf(w->temporary, PATH_MAX, "%s/%s", w->folder, name);
    if (len >= 0 && len < PATH_MAX)
        return 0;
    rmdir(w->folder);
    return mocket__cli_failure(b->verb, "%s: the path is too long", b->out);
}

#define ROOM_NEEDED (UINT64_C(1) << 20) /* bytes; less than that is a reason for any failure */

/* The linker writes through a mapping: a full disk ends it by SIGBUS, with a backtrace and no reason. */
static void tell_failure(const struct build *b, const struct words *w, const struct mocket__cli_command *c)
{
    struct statvfs disk;
    if (statvfs(w->folder, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < ROOM_NEEDED)
        mocket__cli_failure(b->verb, "%s: %s: less than 1 MiB is free", b->out, strerror(ENOSPC));
    else
        mocket__cli_clang_tell_missing(b->verb, c);
}

/* The linker makes its result executable; a module is not a program. */
static int finish(const struct build *b, const char *temporary)
{
    struct stat st;
    if (stat(temporary, &st) < 0 || st.st_size == 0)
        return mocket__cli_failure(b->verb, "the compiler wrote no output file");
    if (chmod(temporary, st.st_mode & 0666) < 0 || rename(temporary, b->out) < 0)
        return mocket__cli_failure(b->verb, "%s: %s", b->out, strerror(errno));
    return 0;
}

static int compile(const struct build *b, const struct mocket__cli_home *home, const char *only)
{
    struct words w;
    struct mocket__cli_command c = { 0 };
    int rc = mocket__cli_clang_find(b->verb, b->cc, w.cc);
    if (rc == 0)
        rc = open_temporary(b, &w);
    if (rc != 0)
        return rc;
    compose(b, home, &w, only, &c);
    if (b->verbose)
        mocket__cli_command_print(&c);
    rc = mocket__cli_command_run(b->verb, &c);
    if (rc == 0 && !only && !mocket__cli_exports(w.temporary, "mocket_alloc")) {
        mocket__cli_command_add(&c, "-Wl,--undefined=mocket__guest_start");
        rc = mocket__cli_command_run(b->verb, &c);
    }
    if (rc == 0)
        rc = finish(b, w.temporary);
    else if (mocket__cli_command_code(rc) == 1)
        tell_failure(b, &w, &c);
    unlink(w.temporary);
    rmdir(w.folder);
    mocket__cli_command_release(&c);
    return mocket__cli_command_code(rc);
}

/* ---- compile_commands.json ---- */

static void compose_native(const struct build *b, const struct mocket__cli_home *home, const char *source,
                           struct mocket__cli_command *c)
{
    const char *const words[] = { "cc", "-std=c17", "-I", home->include, "-c", source };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        mocket__cli_command_add(c, words[i]);
    for (size_t i = 0; i < b->user.count; i++)
        if (!is_input(b, b->user.words[i]))
            mocket__cli_command_add(c, b->user.words[i]);
    c->failed = c->failed || b->user.failed;
}

static int write_commands_of(const struct build *b, const struct mocket__cli_home *home, struct words *w,
                             const char *folder)
{
    struct cli_commands file;
    int rc = mocket__cli_commands_open(&file, b->verb, folder);
    for (size_t i = 0; rc == 0 && i < b->inputs.count; i++) {
        struct mocket__cli_command c = { 0 };
        if (w)
            compose(b, home, w, b->inputs.words[i], &c);
        else
            compose_native(b, home, b->inputs.words[i], &c);
        mocket__cli_commands_add(&file, b->inputs.words[i], &c);
        mocket__cli_command_release(&c);
    }
    return rc == 0 ? mocket__cli_commands_close(&file) : rc;
}

static int write_commands(const struct build *b, const struct mocket__cli_home *home)
{
    struct words w;
    char folder[PATH_MAX];
    int rc = mocket__cli_clang_find(b->verb, b->cc, w.cc);
    snprintf(w.temporary, sizeof w.temporary, "app.o");
    if (rc == 0 && (size_t)snprintf(folder, sizeof folder, "%s/build/wasm", b->commands) >= sizeof folder)
        rc = mocket__cli_failure(b->verb, "%s: the path is too long", b->commands);
    if (rc == 0)
        rc = write_commands_of(b, home, NULL, b->commands);
    return rc == 0 ? write_commands_of(b, home, &w, folder) : rc;
}

static int build_one(struct build *b, const struct mocket__cli_home *home, const char *only)
{
    const char *said = b->out;
    int rc = said ? 0 : choose_out(b, only ? only : b->inputs.words[0]);
    if (rc == 0)
        rc = spare_inputs(b);
    if (rc == 0)
        rc = compile(b, home, only);
    b->out = said;
    return rc;
}

static int build_c(struct build *b)
{
    struct mocket__cli_home home;
    int rc = check_inputs(b);
    if (rc == 0)
        rc = mocket__cli_home_find(b->verb, &home);
    if (rc == 0 && b->commands)
        return write_commands(b, &home);
    if (rc == 0 && !b->objects)
        return build_one(b, &home, NULL);
    for (size_t i = 0; rc == 0 && i < b->inputs.count; i++)
        rc = build_one(b, &home, b->inputs.words[i]);
    return rc;
}

/* Without a name the present folder is built. */
static int take_project(struct build *b)
{
    mocket__cli_project_find(&b->project);
    if (b->project.kind == CLI_PROJECT_NONE)
        return mocket__cli_misuse(b->verb,
                                  "no input: give C files, or the folder of a MoonBit app. In a folder with\n"
                                  "src/main.c or moon.pkg, as `mocket new` makes it, no name is needed");
    if (!b->out && !b->objects)
        b->out = CLI_PROJECT_WASM;
    if (b->project.kind == CLI_PROJECT_MOONBIT)
        return take_input(b, ".");
    for (size_t i = 0; i < b->project.sources.gl_pathc; i++)
        take_input(b, b->project.sources.gl_pathv[i]);
    return 0;
}

static int build(int argc, char **argv)
{
    struct build b = { .verb = argv[0], .target = -1 };
    int rc = mocket__cli_options(&mocket__cli_build, argc, argv, &b);
    if (rc == 0 && b.inputs.count == 0)
        rc = take_project(&b);
    if (rc == 0)
        rc = is_moonbit(&b) ? build_moonbit(&b) : build_c(&b);
    mocket__cli_command_release(&b.user);
    mocket__cli_command_release(&b.inputs);
    mocket__cli_project_release(&b.project);
    return rc;
}

const struct cli_verb mocket__cli_build = {
    .name = "build",
    .group = "Make an app",
    .also = "compile make cc",
    .summary = "compile an app in C or MoonBit to a wasm file",
    .usage =
        "usage: mocket build [options]\n"
        "       mocket build FILE... [-o app.wasm] [options] [-- clang's own options]\n"
        "       mocket build -c FILE... [-o app.o] [options] [-- clang's own options]\n"
        "       mocket build DIR [-o app.wasm] [options] [NAME=FOLDER...]\n"
        "\n"
        "Compiles an app to WebAssembly. FILE is C source, an object file or an archive;\n"
        "C++ (app.cpp) works if it needs no C++ library. DIR is the folder of the main\n"
        "package of an app in MoonBit, with a moon.pkg. NAME=FOLDER names the folder of a\n"
        "module that is neither in the app's module nor in its .mooncakes.\n"
        "\n"
        "Without FILE and DIR it builds the present folder, as `mocket new` makes one, to\n"
        "app.wasm: an app in MoonBit where there is a moon.pkg, else src/*.c.\n",
    .options = options,
    .more =
        "-I DIR, -D X[=Y], -U X, -L DIR, -l LIB, -std=..., -W..., -f... and -m... are\n"
        "passed to clang.\n"
        "\n"
        "C needs clang 19 or later with lld, and wasi-libc; or a WASI SDK in\n"
        "WASI_SDK_PATH. This system's own headers are not used, because they describe\n"
        "another machine. MOCKET_HOME names the checkout or the installation that has the\n"
        "header and the guest library.\n"
        "\n"
        "MoonBit needs `moon` on PATH, or the compiler that tools/setup-moonbit installs;\n"
        "MOCKET_MOON=packaged uses that compiler first.\n"
        "\n"
        "Examples:\n"
        "  mocket build\n"
        "  mocket build app.c -o app.wasm\n"
        "  mocket build -c src/shop.c -o shop.o && mocket build shop.o main.c\n"
        "  mocket build src/*.c -I include -Wall -O2 -o app.wasm\n"
        "  mocket build -g app.c -- -Werror\n"
        "  mocket build shop --target wasm-gc -o shop.wasm\n",
    .run = build,
    .word = take_input,
    .other = take_clang_option,
    .rest = take_clang_word,
    .unknown = "; put options of clang behind `--`",
};
