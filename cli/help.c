/* `mocket help`: the manual of a verb, the manual page of all, and what shells complete. */
#include "completions.h"
#include "man.h"
#include "manual.h"
#include "verbs.h"

struct help {
    const char *word; /* the name of a verb; NULL: none */
    bool man;
    int64_t shell; /* below 0: none */
};

static int take_verb(void *into, const char *text)
{
    struct help *h = into;
    if (h->word)
        return mocket__cli_misuse("help", "give one verb");
    h->word = text;
    return 0;
}

static int run(int argc, char **argv)
{
    struct help h = { .shell = -1 };
    int rc = mocket__cli_options(&mocket__cli_help, argc, argv, &h);
    if (rc != 0)
        return rc;
    if (!!h.word + h.man + (h.shell >= 0) > 1)
        return mocket__cli_misuse(argv[0], "give a verb, --man or --completions, and not several of them");
    const struct cli_verb *v = h.word ? mocket__cli_verb_find(h.word) : NULL;
    if (h.word && !v)
        return mocket__cli_verb_unknown(h.word);
    if (v)
        mocket__cli_manual(v, stdout);
    else if (h.man)
        mocket__cli_man(mocket__cli_verbs, stdout);
    else if (h.shell >= 0)
        mocket__cli_completions(mocket__cli_verbs, (enum cli_shell)h.shell, stdout);
    else
        mocket__cli_manual_list(mocket__cli_verbs, stdout);
    return 0;
}

static const struct cli_option options[] = {
    { CLI_SWITCH, "man", .at = offsetof(struct help, man), .help = "print the manual page mocket(1)" },
    { CLI_CHOICE, "completions", .value = "SHELL", .choices = mocket__cli_shells, .at = offsetof(struct help, shell),
      .help = "print what a shell needs to complete verbs and options: bash, zsh or fish" },
    { .name = NULL },
};

const struct cli_verb mocket__cli_help = {
    .name = "help",
    .group = "Other",
    .summary = "show the manual of a verb",
    .also = "man manual",
    .usage =
        "usage: mocket help [VERB]\n"
        "\n"
        "Shows what a verb does and which options it has.\n",
    .options = options,
    .more =
        "Examples:\n"
        "  mocket help serve\n"
        "  mocket help --man >mocket.1 && man ./mocket.1\n"
        "  source <(mocket help --completions bash)\n",
    .run = run,
    .word = take_verb,
};
