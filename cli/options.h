/* The options of a verb as one table. The command line, the MOCKET_... variables, the defaults, the text of
 * `mocket help VERB`, the manual page and the completions of shells are made of it.
 *
 *     --name VALUE  --name=VALUE      every option
 *     -x VALUE  -xVALUE  -xy          those with a letter; letters without a value may stand together
 *     MOCKET_NAME=VALUE               in the environment, for verbs that say so: `-` becomes `_`. It counts for
 *                                     options that the command line does not give
 *     --                              what follows is no option
 *
 * Abbreviations are refused, because a new option could change their meaning. An option that is given twice is refused
 * too, unless its values form a list. A refused option is answered with the likely one. */
#ifndef MOCKET_CLI_OPTIONS_H
#define MOCKET_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_OPTIONS_MAX 64 /* of a verb */

enum cli_kind {
    CLI_GROUP,  /* a heading of the help text; the row has only `help` */
    CLI_SWITCH, /* takes no value; bool */
    CLI_COUNT,  /* a number; int64_t */
    CLI_SIZE,   /* bytes, or K, M, G of 1024; int64_t */
    CLI_TIME,   /* ms, s, m, h; at most a day; "off": `off`; int64_t in milliseconds */
    CLI_CHOICE, /* one of the words of `choices`; int64_t, its place */
    CLI_WORD,   /* text that is not empty; const char * */
    CLI_OWN     /* `take` says */
};

/* Where a value came from, for messages: option is "--timeout" or "MOCKET_TIMEOUT". */
struct cli_said {
    const char *verb, *option;
};

struct cli_option {
    enum cli_kind kind;
    const char *name;           /* without the dashes */
    char letter;                /* 0: none */
    bool command_line;          /* it has no variable, because MOCKET_... of that name has another meaning */
    bool many;                  /* may be given several times: take adds */
    bool files;                 /* its value is a path, for the completion of shells */
    const char *also;           /* what people type for it, without dashes, parted by blanks: "port p" */
    const char *value;          /* as the help text names it: TIME */
    const char *initial;        /* the default, as one types it; NULL: the verb fills it in before */
    const char *initial_words;  /* what the help text says of the default in place of `initial` */
    const char *help;           /* one sentence without its end; blanks may become line ends */
    int64_t least, most;        /* of a number or size */
    int64_t off;                /* of a time */
    const char *const *choices; /* end with NULL */
    size_t at;                  /* offsetof the value in the verb's own struct */
    int (*take)(void *into, const struct cli_said *said, const char *text); /* 0 or the exit code, told */
    /* Of CLI_OWN: writes the value that a wrong one probably stands for. False: there is none. May be NULL. */
    bool (*mend)(const char *text, char *better, size_t room);
};

struct cli_verb {
    const char *name;
    const char *group;                 /* the heading in the list of verbs */
    const char *summary;               /* in the list of verbs; NULL: not listed */
    const char *also;                  /* what people type for it, parted by blanks; may be NULL */
    const char *usage;                 /* whole lines, the first one "usage: mocket ..."; then what it does */
    const struct cli_option *options;  /* the last one has neither name nor help; NULL: none */
    const struct cli_option *shared;   /* options that other verbs have too, likewise; NULL: none */
    const char *more;                  /* behind the options: notes, and "Examples:" with indented lines */
    bool environment;                  /* it takes MOCKET_... variables */
    int (*run)(int argc, char **argv); /* argv[0] is the verb's name. The exit code */

    /* What mocket__cli_options calls: */
    int (*word)(void *into, const char *text); /* what is no option. 0 or the exit code, told */
    /* An option that no row has, at argv[*at]. -1: unknown; else as word, and *at on its last word. May be NULL. */
    int (*other)(void *into, char **argv, int *at);
    int (*rest)(void *into, const char *text); /* words behind `--`; NULL: as word */
    const char *unknown;                       /* said behind "unknown option X"; may be NULL */
};

/* Defaults, then the words, then the environment into the struct at `into`. 0, or the exit code after a message. */
int mocket__cli_options(const struct cli_verb *verb, int argc, char **argv, void *into);

/* All options of a verb: for (o = mocket__cli_option_first(v); o; o = mocket__cli_option_next(v, o)) */
const struct cli_option *mocket__cli_option_first(const struct cli_verb *verb);
const struct cli_option *mocket__cli_option_next(const struct cli_verb *verb, const struct cli_option *o);

#endif
