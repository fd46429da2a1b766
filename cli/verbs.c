/* The table of verbs. */
#include "verbs.h"

#include <stdio.h>
#include <string.h>

#include "near.h"
#include "terminal.h"

const struct cli_verb *const mocket__cli_verbs[] = {
    &mocket__cli_new,
    &mocket__cli_build,
    &mocket__cli_serve,
    &mocket__cli_fetch,
    &mocket__cli_routes,
    &mocket__cli_bundle,
    &mocket__cli_inspect,
    &mocket__cli_version,
    &mocket__cli_help,
    &mocket__cli_compile,
    NULL,
};

const struct cli_verb *mocket__cli_verb_find(const char *name)
{
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = mocket__cli_help.name;
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = mocket__cli_version.name;
    for (const struct cli_verb *const *v = mocket__cli_verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

int mocket__cli_verb_unknown(const char *name)
{
    struct cli_near near = { .word = name, .len = strlen(name) };
    for (const struct cli_verb *const *v = mocket__cli_verbs; *v; v++)
        if ((*v)->summary)
            mocket__cli_near_add(&near, (*v)->name, (*v)->also);
    const char *likely = mocket__cli_near_best(&near);
    fputs("mocket: there is no verb `", stderr);
    mocket__cli_text(stderr, name);
    fputc('`', stderr);
    if (name[0] == '-')
        fputs("; options stand behind a verb, as in `mocket serve -v`\n", stderr);
    else if (likely)
        fprintf(stderr, "; did you mean `mocket %s`?\n", likely);
    else
        fprintf(stderr, "; `mocket help` lists them\n");
    return 2;
}
