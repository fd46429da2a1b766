/* `mocket build`: C to a wasm file that every Mocket host runs; a folder is an app in MoonBit, moonbit.c's affair.
 *
 * It is clang with the right words: a reactor (the host calls exports of a module that has returned from its start),
 * the stack first in memory (an overflow runs off the lower end and traps instead of writing over data), sections that
 * nobody needs thrown away, and the guest library, whose exports are the guest ABI. They come along when the app calls
 * the library, or it may have its own. Where none came, nothing called: the linker is asked for them by name, and then
 * tells what is missing, main or a function that it calls. The result is written beside the output and renamed, so that
 * a host that watches the file never sees half of it.
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
#include "option.h"
#include "verbs.h"

#define STACK_SIZE_DEFAULT 65536
#define STACK_SIZE_MIN 4096
#define STACK_SIZE_MAX (1L << 30)

const char *const mocket__cli_build_manual =
    "usage: mocket build FILE... -o app.wasm [options] [-- clang's own options]\n"
    "       mocket build DIR -o app.wasm [--target wasm|wasm-gc] [-v] [NAME=FOLDER...]\n"
    "\n"
    "Compiles an app in C to WebAssembly. A FILE is source, an object file or an archive. C++ (app.cpp) works as\n"
    "far as it needs no C++ library.\n"
    "\n"
    "  -o FILE             the result; without it app.wasm for app.c\n"
    "  -g                  keep debugging information (DWARF): backtraces in the host's log name file and line\n"
    "  -O LEVEL            0, 1, 2, 3, s or z; default s\n"
    "  --stack-size BYTES  of the guest's stack, a multiple of 16; default 65536\n"
    "  -I DIR  -D X[=Y]  -U X  -L DIR  -l LIB  -std=...  -W...   as for clang\n"
    "  --cc PATH           the clang to use\n"
    "  -v                  print the command\n"
    "\n"
    "It needs clang 19 or later with lld, and wasi-libc; or a WASI SDK in WASI_SDK_PATH. This system's own headers\n"
    "are not searched: they describe another machine.\n"
    "MOCKET_HOME names the checkout or the installation that the header and the guest library come from.\n"
    "\n"
    "With a folder it compiles the app in MoonBit whose main package lies there: moon.pkg, in a module.\n"
    "\n"
    "  -o FILE             the result; without it app.wasm for the folder app\n"
    "  --target TARGET     wasm (the default: every engine runs it) or wasm-gc\n"
    "  NAME=FOLDER         where the module NAME lies, if neither in this one nor in its .mooncakes\n"
    "  -v                  print the command\n"
    "\n"
    "It needs `moon` on PATH, or the compiler that tools/setup-moonbit installs; MOCKET_MOON=packaged\n"
    "prefers that one.\n";

struct build {
    const char *verb;
    const char *out;
    const char *optimise; /* without the -O */
    const char *cc;
    long stack_size;
    bool debug;
    bool verbose;
    bool is_moonbit; /* a folder or --target was met: moonbit.c reads the words anew */
    size_t input_count;
    const char *first_input;
    struct mocket__cli_command user; /* inputs and clang's own words, in order */
};

/* ---- Options ---- */

static int take_stack_size(struct build *b, const char *text)
{
    char *end;
    errno = 0;
    b->stack_size = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || b->stack_size < STACK_SIZE_MIN || b->stack_size > STACK_SIZE_MAX ||
        b->stack_size % 16 != 0)
        return mocket__cli_misuse(b->verb, "--stack-size %s: a multiple of 16 from %d to %ld is needed", text,
                                  STACK_SIZE_MIN, STACK_SIZE_MAX);
    return 0;
}

static int take_level(struct build *b, const char *text)
{
    if (strlen(text) != 1 || !strchr("0123sz", text[0]))
        return mocket__cli_misuse(b->verb, "-O %s: 0, 1, 2, 3, s or z is needed", text);
    b->optimise = text;
    return 0;
}

static int take_out(struct build *b, const char *text)
{
    b->out = text;
    return 0;
}

static int take_target(struct build *b, const char *text)
{
    (void)text;
    b->is_moonbit = true;
    return 0;
}

static int take_cc(struct build *b, const char *text)
{
    b->cc = text;
    return 0;
}

/* Options of ours that take a value: behind them, or joined when they are one letter. */
static const struct value_option {
    const char *name;
    int (*take)(struct build *b, const char *text);
} value_options[] = {
    { "-o", take_out },  { "-O", take_level },        { "--stack-size", take_stack_size },
    { "--cc", take_cc }, { "--target", take_target },
};

/* Clang's options that need no `--` before them. */
static const char *const clang_with_value[] = { "-I", "-D", "-U", "-L", "-l", "-isystem", "-include" };
static const char *const clang_prefixes[] = { "-std=", "-W", "-f", "-m" };

static int take_input(struct build *b, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return mocket__cli_failure(b->verb, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        b->is_moonbit = true;
        return 0;
    }
    if (!S_ISREG(st.st_mode))
        return mocket__cli_failure(b->verb, "%s: not a file", path);
    if (b->input_count++ == 0)
        b->first_input = path;
    mocket__cli_command_add(&b->user, path);
    return 0;
}

static int take_flag(struct build *b, const char *word)
{
    if (strcmp(word, "-g") == 0) {
        b->debug = true;
        return 0;
    }
    if (strcmp(word, "-v") == 0) {
        b->verbose = true;
        return 0;
    }
    for (size_t i = 0; i < sizeof(clang_prefixes) / sizeof(clang_prefixes[0]); i++) {
        if (strncmp(word, clang_prefixes[i], strlen(clang_prefixes[i])) == 0) {
            mocket__cli_command_add(&b->user, word);
            return 0;
        }
    }
    return mocket__cli_misuse(b->verb, "`%s` is not an option of `mocket build`; clang's own go behind `--`", word);
}

static int take_option(struct build *b, char **argv, int *at)
{
    const char *value;
    for (size_t i = 0; i < sizeof(value_options) / sizeof(value_options[0]); i++) {
        value = mocket__cli_option_value(value_options[i].name, argv, at);
        if (value && value[0] == '\0')
            return mocket__cli_misuse(b->verb, "%s needs a value", value_options[i].name);
        if (value)
            return value_options[i].take(b, value);
    }
    for (size_t i = 0; i < sizeof(clang_with_value) / sizeof(clang_with_value[0]); i++) {
        value = mocket__cli_option_value(clang_with_value[i], argv, at);
        if (value && value[0] == '\0')
            return mocket__cli_misuse(b->verb, "%s needs a value", clang_with_value[i]);
        if (value) {
            mocket__cli_command_add(&b->user, clang_with_value[i]);
            mocket__cli_command_add(&b->user, value);
            return 0;
        }
    }
    return take_flag(b, argv[*at]);
}

static int take_words(struct build *b, char **argv)
{
    int rc = 0;
    bool ours = true;
    for (int at = 1; argv[at] && rc == 0 && !b->is_moonbit; at++) {
        if (!ours)
            mocket__cli_command_add(&b->user, argv[at]);
        else if (strcmp(argv[at], "--") == 0)
            ours = false;
        else if (argv[at][0] == '-' && argv[at][1] != '\0')
            rc = take_option(b, argv, &at);
        else
            rc = take_input(b, argv[at]);
    }
    if (rc == 0 && b->input_count == 0 && !b->is_moonbit)
        rc = mocket__cli_misuse(b->verb, "give at least one C file");
    return rc;
}

/* The last part of a path. */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* app.c -> app.wasm, in the present folder as compilers do. */
static int default_out(struct build *b, char out[PATH_MAX])
{
    const char *name = name_of(b->first_input);
    const char *dot = strrchr(name, '.');
    int len = snprintf(out, PATH_MAX, "%.*s.wasm", (int)(dot ? dot - name : (ptrdiff_t)strlen(name)), name);
    if (len < 0 || len >= PATH_MAX)
        return mocket__cli_failure(b->verb, "%s: the name is too long", name);
    b->out = out;
    return 0;
}

/* `-o app.c` is a slip of the hand that must not cost the source. */
static int spare_inputs(const struct build *b)
{
    struct stat out, in;
    if (stat(b->out, &out) < 0)
        return 0;
    for (size_t i = 0; i < b->user.count; i++)
        if (stat(b->user.words[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return mocket__cli_failure(b->verb, "%s: it is one of the inputs", b->out);
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
    snprintf(w->level, sizeof(w->level), "-O%s", b->optimise);
    snprintf(w->stack, sizeof(w->stack), "-Wl,-z,stack-size=%ld", b->stack_size);
    mocket__cli_command_add(c, w->cc);
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
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
        return mocket__cli_failure(b->verb, "%s: not the name of a file", b->out);
    if (!mkdtemp(w->folder))
        return mocket__cli_failure(b->verb, "%s: cannot write beside it: %s", b->out, strerror(errno));
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
        return mocket__cli_failure(b->verb, "the compiler wrote nothing");
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

int mocket__cli_build(int argc, char **argv)
{
    (void)argc;
    struct build b = { .verb = argv[0], .optimise = "s", .stack_size = STACK_SIZE_DEFAULT };
    struct mocket__cli_home home;
    char out[PATH_MAX];
    int rc = take_words(&b, argv);
    if (rc == 0 && b.is_moonbit) {
        rc = mocket__cli_moonbit_build(argv);
        goto out;
    }
    if (rc == 0 && !b.out)
        rc = default_out(&b, out);
    if (rc == 0)
        rc = spare_inputs(&b);
    if (rc == 0)
        rc = mocket__cli_home_find(b.verb, &home);
    if (rc == 0)
        rc = compile(&b, &home);
out:
    mocket__cli_command_release(&b.user);
    return rc;
}
