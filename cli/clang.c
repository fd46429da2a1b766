/* Clang comes without a C library for wasm. wasi-libc brings one, with headers of its own.
 *
 * Debian's clang searches this system's /usr/include behind them. A header that WASI lacks (setjmp.h, zlib.h) would be
 * taken from there, although it describes another machine, and cause misleading errors. So the search is limited to
 * clang's own headers and WASI's. The folder is first looked for where Debian has it; otherwise clang is asked, which
 * takes longer. A WASI SDK searches its own folders alone.
 *
 * When a command has failed, clang lists what the sources include (-M), with the headers that it did not find (-MG). */
#include "clang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

#define CLANG_FIRST 22
#define CLANG_NEWEST 40
#define CLANG_OLDEST 19 /* knows --no-wasm-opt */

#define TARGET "--target=wasm32-wasi"

enum { TOLD_MAX = 8 };

static const char *sdk(void)
{
    const char *path = getenv("WASI_SDK_PATH");
    return path && path[0] != '\0' ? path : NULL;
}

int mocket__cli_clang_find(const char *verb, const char *chosen, char cc[PATH_MAX])
{
    if (chosen)
        snprintf(cc, PATH_MAX, "%s", chosen);
    else if (sdk())
        snprintf(cc, PATH_MAX, "%s/bin/clang", sdk());
    else {
        snprintf(cc, PATH_MAX, "clang-%d", CLANG_FIRST);
        for (int n = CLANG_NEWEST; !mocket__cli_command_exists(cc) && n >= CLANG_OLDEST; n--)
            snprintf(cc, PATH_MAX, "clang-%d", n);
        if (!mocket__cli_command_exists(cc))
            snprintf(cc, PATH_MAX, "clang");
    }
    if (mocket__cli_command_exists(cc))
        return 0;
    if (chosen || sdk())
        return mocket__cli_failure(verb, "%s: there is no such program (%s)", cc, chosen ? "--cc" : "WASI_SDK_PATH");
    return mocket__cli_failure(verb,
                               "no clang on PATH.\n"
                               "On Debian: apt-get install clang-22 lld-22 libclang-rt-22-dev-wasm32 wasi-libc;\n"
                               "elsewhere: unpack a WASI SDK and set WASI_SDK_PATH to it.");
}

/* What clang prints for one of its -print options; "" when it does not. */
static void ask(const char *verb, const char *cc, const char *question, char answer[PATH_MAX])
{
    const char *words[] = { cc, TARGET, "-Wno-deprecated", question, NULL };
    struct mocket__cli_command c = { .words = (char **)words, .count = 4 };
    if (mocket__cli_command_capture(verb, &c, answer, PATH_MAX) != 0)
        answer[0] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
}

/* ---- Headers ---- */

static bool has_headers(const char *folder)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/stdio.h", folder) < (int)sizeof path && access(path, R_OK) == 0;
}

/* The libraries lie in PREFIX/lib/wasm32-wasi, the headers in PREFIX/include/wasm32-wasi. */
static bool headers_of_clang(const char *cc, char folder[PATH_MAX])
{
    static const char lib[] = "/lib/wasm32-wasi";
    char answer[PATH_MAX];
    ask("build", cc, "-print-file-name=crt1-reactor.o", answer);
    const char *at = strstr(answer, lib), *end = at ? strrchr(answer, '/') : NULL;
    if (!at)
        return false;
    const char *triple = at + strlen("/lib/");
    int len = snprintf(folder, PATH_MAX, "%.*s/include/%.*s", (int)(at - answer), answer, (int)(end - triple), triple);
    return len < PATH_MAX && has_headers(folder);
}

static bool find_headers(const char *cc, char folder[PATH_MAX])
{
    static const char *const known[] = { "/usr/include/wasm32-wasi", "/usr/include/wasm32-wasip1" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        snprintf(folder, PATH_MAX, "%s", known[i]);
        if (has_headers(folder))
            return true;
    }
    return headers_of_clang(cc, folder);
}

static bool chooses_sysroot(const struct mocket__cli_command *user)
{
    static const char *const choices[] = { "--sysroot", "-isysroot", "-nostdinc", "-nostdlibinc" };
    for (size_t i = 0; i < user->count; i++)
        for (size_t k = 0; k < sizeof choices / sizeof choices[0]; k++)
            if (strncmp(user->words[i], choices[k], strlen(choices[k])) == 0)
                return true;
    return false;
}

/* A program of a WASI SDK, whose sysroot lies beside it. */
static bool is_sdk(const char *cc)
{
    char path[PATH_MAX];
    const char *slash = strrchr(cc, '/');
    return slash &&
           snprintf(path, sizeof path, "%.*s/../share/wasi-sysroot", (int)(slash - cc), cc) < (int)sizeof path &&
           access(path, R_OK) == 0;
}

void mocket__cli_clang_headers(struct mocket__cli_command *c, const struct mocket__cli_command *user,
                               char folder[PATH_MAX])
{
    const char *cc = c->words[0];
    if (chooses_sysroot(user) || is_sdk(cc))
        return;
    mocket__cli_command_add(c, "-nostdlibinc");
    if (!find_headers(cc, folder))
        return;                               /* clang finds no wasi-libc either: it fails, and that is reported */
    mocket__cli_command_add(c, "-idirafter"); /* behind clang's own, as if clang had found it by itself */
    mocket__cli_command_add(c, folder);
}

/* ---- Why it failed ---- */

/* The parts besides clang itself; clang answers with a path, or with the bare name when it does not know one. */
static const struct part {
    const char *question;
    const char *text;
} parts[] = {
    { "-print-prog-name=wasm-ld", "the linker wasm-ld (Debian: lld-22)" },
    { "-print-file-name=crt1-reactor.o", "wasi-libc (Debian: wasi-libc)" },
    { "-print-libgcc-file-name", "clang's runtime for wasm (Debian: libclang-rt-22-dev-wasm32)" },
};

/* Another compiler, or a clang that was built for other machines. */
static bool knows_wasm(const char *verb, const char *cc)
{
    enum { ROOM = 1 << 14 };
    const char *words[] = { cc, "--print-targets", NULL };
    struct mocket__cli_command c = { .words = (char **)words, .count = 2 };
    char targets[ROOM];
    return mocket__cli_command_capture(verb, &c, targets, ROOM) == 0 && strstr(targets, "wasm32");
}

/* True if a part is missing. */
static bool tell_parts(const char *verb, const char *cc)
{
    bool missing = false;
    if (!knows_wasm(verb, cc)) {
        mocket__cli_failure(verb, "%s does not compile for wasm: clang 19 or later with the target wasm32 is needed",
                            cc);
        return true;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char answer[PATH_MAX];
        ask(verb, cc, parts[i].question, answer);
        if (strchr(answer, '/') && access(answer, R_OK) == 0)
            continue;
        mocket__cli_failure(verb, "%s does not find %s", cc, parts[i].text);
        missing = true;
    }
    return missing;
}

/* The next name of a rule of make, unescaped in place, or NULL. */
static char *next_name(char **text)
{
    char *from = *text + strspn(*text, " \n"), *name = from, *to = from;
    for (; *from && *from != ' ' && *from != '\n'; from++) {
        if (from[0] == '\\' && from[1] == '\n')
            break;
        if (from[0] == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *text = from + (*from == '\\' ? 2 : *from != '\0');
    bool end = *from == '\0' && to == name;
    *to = '\0';
    return end ? NULL : name;
}

/* Of the files that the rules name, those that are not there, each once. */
static size_t find_missing(char *rules, const char *missing[TOLD_MAX])
{
    size_t count = 0;
    for (char *name = next_name(&rules); name && count < TOLD_MAX; name = next_name(&rules)) {
        size_t len = strlen(name);
        bool known = len == 0 || name[len - 1] == ':' || access(name, F_OK) == 0;
        for (size_t i = 0; i < count; i++)
            known |= strcmp(missing[i], name) == 0;
        if (!known)
            missing[count++] = name;
    }
    return count;
}

static void tell_headers(const char *verb, char *rules)
{
    const char *missing[TOLD_MAX];
    size_t count = find_missing(rules, missing);
    for (size_t i = 0; i < count; i++)
        mocket__cli_failure(verb, "%s: header not found", missing[i]);
    if (count > 0)
        mocket__cli_failure(verb,
                            "an app sees WASI's headers, clang's own and those in the folders of -I. This system's\n"
                            "headers describe another machine. Name the folder of a library that was built for wasm\n"
                            "(-I DIR), or leave the header out with #ifndef __wasm__.");
}

void mocket__cli_clang_tell_missing(const char *verb, const struct mocket__cli_command *failed)
{
    enum { ROOM = 1 << 20 };
    struct mocket__cli_command c = { 0 };
    char *rules = tell_parts(verb, failed->words[0]) ? NULL : malloc(ROOM);
    if (!rules)
        return;
    for (size_t i = 0; i < failed->count; i++) {
        const char *word = failed->words[i];
        if (strcmp(word, "-o") == 0)
            i++;
        else if (strncmp(word, "-mexec-model", strlen("-mexec-model")) != 0) /* clang takes it for linking alone */
            mocket__cli_command_add(&c, word);
    }
    mocket__cli_command_add(&c, "-M");
    mocket__cli_command_add(&c, "-MG");
    if (mocket__cli_command_capture(verb, &c, rules, ROOM) == 0)
        tell_headers(verb, rules);
    mocket__cli_command_release(&c);
    free(rules);
}
