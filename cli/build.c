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
 * Which clang: --cc, else the one of WASI_SDK_PATH, else clang-22, else the newest clang on PATH. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clang.h"
#include "command.h"
#include "exports.h"
#include "home.h"
#include "moonbit.h"
#include "verbs.h"

#define STACK_SIZE_MIN 4096
#define STACK_SIZE_MAX (1L << 30)

struct build {
    const char *verb;
    const char *out;
    const char *optimise; /* without the -O */
    const char *cc;
    const char *target; /* of MoonBit; NULL: not said */
    int64_t stack_size;
    bool debug;
    bool verbose;
    struct mocket__cli_command inputs; /* words that are no options */
    struct mocket__cli_command user;   /* inputs and clang's own words, in order */
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

static int take_target(void *into, const struct cli_said *said, const char *text)
{
    struct build *b = into;
    if (strcmp(text, "wasm") != 0 && strcmp(text, "wasm-gc") != 0)
        return mocket__cli_misuse(said->verb, "%s %s: wasm or wasm-gc is needed", said->option, text);
    b->target = text;
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

static const struct cli_option options[] = {
    { CLI_WORD, NULL, 'o', .value = "FILE", .at = offsetof(struct build, out),
      .initial_words = "app.wasm for app.c and for a folder app", .help = "output file" },
    { CLI_SWITCH, "verbose", 'v', .at = offsetof(struct build, verbose), .help = "print the commands that run" },
    { CLI_SWITCH, NULL, 'g', .at = offsetof(struct build, debug),
      .help =
          "keep debugging information: in C DWARF, so that backtraces in the host's log have file and line; in MoonBit "
          "the names of functions" },
    { CLI_OWN, NULL, 'O', .value = "LEVEL", .initial_words = "s in C, 3 in MoonBit", .take = take_level,
      .help = "level of optimisation: 0, 1, 2, 3, s or z; in MoonBit also 4" },
    { CLI_GROUP, .help = "For an app in C" },
    { CLI_OWN, "stack-size", .value = "BYTES", .initial = "65536", .take = take_stack_size,
      .help = "size of the guest's stack, a multiple of 16" },
    { CLI_WORD, "cc", .value = "PATH", .at = offsetof(struct build, cc), .help = "the clang to use" },
    { CLI_GROUP, .help = "For an app in MoonBit" },
    { CLI_OWN, "target", .value = "TARGET", .take = take_target, .initial_words = "wasm",
      .help = "wasm (runs on every engine) or wasm-gc" },
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
    bool found = b->target;
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
    return b->inputs.count ? 0 : mocket__cli_misuse(b->verb, "no input: give C files, or the folder of a MoonBit app");
}

/* The first option that the C compiler alone knows; NULL: there is none. */
static const char *option_of_c(const struct build *b)
{
    const char *found = b->cc ? "--cc" : NULL;
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
                                                                    .target = b->target ? b->target : "wasm",
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

/* app.c -> app.wasm, in the present folder as compilers do. */
static int choose_out(struct build *b)
{
    const char *name = name_of(b->inputs.words[0]);
    const char *dot = strrchr(name, '.');
    int len = snprintf(b->default_out, PATH_MAX, "%.*s.wasm", (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name);
    if (len < 0 || len >= PATH_MAX)
        return mocket__cli_failure(b->verb, "%s: the name is too long", name);
    b->out = b->default_out;
    return 0;
}

/* A mistyped `-o app.c` must not overwrite the source. */
static int spare_inputs(const struct build *b)
{
    struct stat out, in;
    if (stat(b->out, &out) < 0)
        return 0;
    for (size_t i = 0; i < b->user.count; i++)
        if (stat(b->user.words[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
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

static void compose(const struct build *b, const struct mocket__cli_home *home, struct words *w,
                    struct mocket__cli_command *c)
{
    static const char *const always[] = {
        "--target=wasm32-wasi", "-Wno-deprecated", "-mexec-model=reactor", "-ffunction-sections",
        "-fdata-sections",      "--no-wasm-opt",   "-Wl,--gc-sections",    "-Wl,--stack-first",
    };
    snprintf(w->level, sizeof w->level, "-O%s", b->optimise ? b->optimise : "s");
    snprintf(w->stack, sizeof w->stack, "-Wl,-z,stack-size=%ld", (long)b->stack_size);
    mocket__cli_command_add(c, w->cc);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        mocket__cli_command_add(c, always[i]);
    mocket__cli_command_add(c, w->stack);
    mocket__cli_command_add(c, w->level);
    mocket__cli_command_add(c, b->debug ? "-g" : "-Wl,--strip-debug");
    mocket__cli_command_add(c, "-I");
    mocket__cli_command_add(c, home->include);
    mocket__cli_clang_headers(c, &b->user, w->headers);
    for (size_t i = 0; i < b->user.count; i++)
        mocket__cli_command_add(c, b->user.words[i]);
    mocket__cli_command_add(c, home->library);
    mocket__cli_command_add(c, "-o");
    mocket__cli_command_add(c, w->temporary);
    c->failed = c->failed || b->user.failed;
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

static int compile(const struct build *b, const struct mocket__cli_home *home)
{
    struct words w;
    struct mocket__cli_command c = { 0 };
    int rc = mocket__cli_clang_find(b->verb, b->cc, w.cc);
    if (rc == 0)
        rc = open_temporary(b, &w);
    if (rc != 0)
        return rc;
    compose(b, home, &w, &c);
    if (b->verbose)
        mocket__cli_command_print(&c);
    rc = mocket__cli_command_run(b->verb, &c);
    if (rc == 0 && !mocket__cli_exports(w.temporary, "mocket_alloc")) {
        mocket__cli_command_add(&c, "-Wl,--undefined=mocket__guest_start");
        rc = mocket__cli_command_run(b->verb, &c);
    }
    if (rc == 0)
        rc = finish(b, w.temporary);
    else if (rc > 0 && rc < 128)
        mocket__cli_clang_tell_missing(b->verb, &c);
    unlink(w.temporary);
    rmdir(w.folder);
    mocket__cli_command_release(&c);
    return rc < 0 ? 1 : rc;
}

static int build_c(struct build *b)
{
    struct mocket__cli_home home;
    int rc = check_inputs(b);
    if (rc == 0 && !b->out)
        rc = choose_out(b);
    if (rc == 0)
        rc = spare_inputs(b);
    if (rc == 0)
        rc = mocket__cli_home_find(b->verb, &home);
    return rc == 0 ? compile(b, &home) : rc;
}

static int build(int argc, char **argv)
{
    struct build b = { .verb = argv[0] };
    int rc = mocket__cli_options(&mocket__cli_build, argc, argv, &b);
    if (rc == 0)
        rc = is_moonbit(&b) ? build_moonbit(&b) : build_c(&b);
    mocket__cli_command_release(&b.user);
    mocket__cli_command_release(&b.inputs);
    return rc;
}

const struct cli_verb mocket__cli_build = {
    .name = "build",
    .summary = "compile an app in C or MoonBit to a wasm file",
    .usage =
        "usage: mocket build FILE... [-o app.wasm] [options] [-- clang's own options]\n"
        "       mocket build DIR [-o app.wasm] [options] [NAME=FOLDER...]\n"
        "\n"
        "Compiles an app to WebAssembly. FILE is C source, an object file or an archive; C++ (app.cpp) works if it\n"
        "needs no C++ library. DIR is the folder of the main package of an app in MoonBit, with a moon.pkg.\n"
        "NAME=FOLDER names the folder of a module that is neither in the app's module nor in its .mooncakes.\n"
        "\n",
    .options = options,
    .more =
        "-I DIR, -D X[=Y], -U X, -L DIR, -l LIB, -std=..., -W..., -f... and -m... are passed to clang.\n"
        "\n"
        "C needs clang 19 or later with lld, and wasi-libc; or a WASI SDK in WASI_SDK_PATH. This system's own headers\n"
        "are not used, because they describe another machine. MOCKET_HOME names the checkout or the installation that\n"
        "has the header and the guest library.\n"
        "\n"
        "MoonBit needs `moon` on PATH, or the compiler that tools/setup-moonbit installs; MOCKET_MOON=packaged\n"
        "uses that compiler first.\n",
    .run = build,
    .word = take_input,
    .other = take_clang_option,
    .rest = take_clang_word,
    .unknown = "; put options of clang behind `--`",
};
