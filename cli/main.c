/* The `mocket` command: a table of verbs. main finds the verb and passes the following words to it; the verb does the
 * rest. `--help` and `--version` stand for the verbs help and version. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../src/backend/native/native.h"
#include "verbs.h"

static int help(int argc, char **argv);

static const struct cli_verb help_verb = {
    .name = "help",
    .summary = "show the manual of a verb",
    .usage = "usage: mocket help [VERB]\n\nShows what a verb does and which options it has.\n",
    .run = help,
};

static const struct cli_verb *const verbs[] = {
    &mocket__cli_new,   &mocket__cli_build,   &mocket__cli_bundle,  &mocket__cli_inspect,
    &mocket__cli_serve, &mocket__cli_compile, &mocket__cli_version, &help_verb,
};

enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static const struct cli_verb *find_verb(const char *name)
{
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

/* Returns the verb that a mistyped name probably means: one with the same beginning, or NULL. */
static const char *likely_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (verbs[i]->summary && name[0] != '\0' && strncmp(verbs[i]->name, name, 2) == 0)
            return verbs[i]->name;
    return NULL;
}

static void list_verbs(FILE *to)
{
    fprintf(to, "usage: mocket VERB [ARGUMENTS]\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (verbs[i]->summary)
            fprintf(to, "    %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    fprintf(to, "\n`mocket help VERB` shows the manual of a verb.\n");
}

static int unknown_verb(const char *name)
{
    const char *likely = likely_verb(name);
    fprintf(stderr, "mocket: there is no verb `%s`", name);
    if (likely)
        fprintf(stderr, "; did you mean `%s`?\n", likely);
    else
        fprintf(stderr, "; `mocket help` lists them\n");
    return 2;
}

static int help(int argc, char **argv)
{
    if (argc > 2)
        return mocket__cli_misuse(argv[0], "give one verb");
    const struct cli_verb *v = argc > 1 ? find_verb(argv[1]) : NULL;
    if (argc > 1 && !v)
        return unknown_verb(argv[1]);
    if (v)
        mocket__cli_manual(v, stdout);
    else
        list_verbs(stdout);
    return 0;
}

static void complain(const char *verb, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static void complain(const char *verb, const char *fmt, va_list args)
{
    fprintf(stderr, "mocket %s: ", verb);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

int mocket__cli_misuse(const char *verb, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    complain(verb, fmt, args);
    va_end(args);
    fprintf(stderr, "See `mocket help %s`.\n", verb);
    return 2;
}

int mocket__cli_failure(const char *verb, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    complain(verb, fmt, args);
    va_end(args);
    return 1;
}

/* `mocket serve --help` is what people try first. Behind `--` the word belongs to another program. */
static int asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return 1;
    return 0;
}

/* A full disk behind a pipe or a file is a failure too. */
static int end_output(const char *verb, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    int failed = mocket__cli_failure(verb, "standard output: %s", strerror(errno));
    return code ? code : failed;
}

int main(int argc, char **argv)
{
    if (mocket__native_standard() < 0)
        return 1; /* standard error may be closed too */
    if (argc < 2) {
        list_verbs(stderr);
        return 2;
    }
    const struct cli_verb *v = find_verb(argv[1]);
    if (!v)
        return unknown_verb(argv[1]);
    if (!asks_for_help(argc - 1, argv + 1))
        return end_output(v->name, v->run(argc - 1, argv + 1));
    mocket__cli_manual(v, stdout);
    return end_output(v->name, 0);
}
