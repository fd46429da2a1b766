/* Writes the text of `mocket help VERB` from the verb's table of options. */
#include <string.h>

#include "options.h"

#define WIDTH 80  /* columns */
#define INDENT 22 /* of what an option does */
#define LABEL_MAX (INDENT - 3)

/* Words of a text, broken at blanks; *column is where the last line ends. */
static void wrap(FILE *to, const char *text, int *column)
{
    while (*text) {
        int len = (int)strcspn(text, " ");
        bool fits = *column + 1 + len <= WIDTH;
        bool first = *column == INDENT;
        if (!fits && !first) {
            fprintf(to, "\n%*s", INDENT, "");
            *column = INDENT;
            first = true;
        }
        fprintf(to, "%s%.*s", first ? "" : " ", len, text);
        *column += len + (first ? 0 : 1);
        text += len;
        text += strspn(text, " ");
    }
}

static void tell_option(const struct cli_option *o, FILE *to)
{
    char label[80] = "", initial[160];
    if (o->letter)
        snprintf(label, sizeof label, "-%c%s", o->letter, o->name ? ", " : "");
    size_t len = strlen(label);
    snprintf(label + len, sizeof label - len, "%s%s%s%s", o->name ? "--" : "", o->name ? o->name : "",
             o->value ? " " : "", o->value ? o->value : "");
    int column = INDENT;
    fprintf(to, "  %-*s", LABEL_MAX, label);
    fprintf(to, strlen(label) > LABEL_MAX ? "\n%*s" : "%*s", strlen(label) > LABEL_MAX ? INDENT : 1, "");
    wrap(to, o->help, &column);
    const char *words = o->initial_words ? o->initial_words : o->initial;
    snprintf(initial, sizeof initial, "(%s%s%s%s)", words ? "default: " : "", words ? words : "",
             words && o->many ? "; " : "", o->many ? "may be repeated" : "");
    if (words || o->many)
        wrap(to, initial, &column);
    fputc('\n', to);
}

static void tell_variables(const struct cli_verb *verb, FILE *to)
{
    int excepted = 0;
    fputs(
        "\nEnvironment variables can set options: MOCKET_MAX_BODY=10M for --max-body, MOCKET_QUIET=1 for --quiet. The\n"
        "command line has precedence.",
        to);
    for (const struct cli_option *o = verb->options; o->name || o->help; o++)
        if (o->command_line)
            excepted += fprintf(to, "%s --%s", excepted ? " and" : " Options without a variable:", o->name);
    fputs(excepted ? ".\n" : "\n", to);
}

void mocket__cli_manual(const struct cli_verb *verb, FILE *to)
{
    fputs(verb->usage, to);
    for (const struct cli_option *o = verb->options; o && (o->name || o->help); o++)
        if (o->kind == CLI_GROUP)
            fprintf(to, "\n%s:\n", o->help);
        else
            tell_option(o, to);
    if (verb->more)
        fprintf(to, "\n%s", verb->more);
    if (verb->environment)
        tell_variables(verb, to);
}
