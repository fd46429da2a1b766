/* Writes help texts from the tables of verbs and options. */
#include "manual.h"

#include <string.h>

#include "terminal.h"

#define WIDTH 80  /* columns */
#define INDENT 22 /* of what an option does */
#define LABEL_LEN (INDENT - 3)

static void heading(const char *text, FILE *to)
{
    mocket__cli_style(to, CLI_BOLD);
    fputs(text, to);
    mocket__cli_style(to, CLI_PLAIN);
    fputc('\n', to);
}

/* A text of whole lines. A line at the margin that ends with a colon is a heading; lines at the end that are empty do
 * not count. */
static void lines(const char *text, FILE *to)
{
    while (*text && text[strspn(text, "\n")]) {
        int len = (int)strcspn(text, "\n");
        char line[WIDTH + 1];
        if (len > 0 && len < WIDTH && text[0] != ' ' && text[len - 1] == ':') {
            snprintf(line, sizeof line, "%.*s", len, text);
            heading(line, to);
        } else
            fprintf(to, "%.*s\n", len, text);
        text += len + (text[len] == '\n');
    }
}

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

void mocket__cli_label(const struct cli_option *o, char label[CLI_LABEL_MAX])
{
    label[0] = '\0';
    if (o->letter)
        snprintf(label, CLI_LABEL_MAX, "-%c%s", o->letter, o->name ? ", " : "");
    size_t len = strlen(label);
    snprintf(label + len, CLI_LABEL_MAX - len, "%s%s%s%s", o->name ? "--" : "", o->name ? o->name : "",
             o->value ? " " : "", o->value ? o->value : "");
}

void mocket__cli_initial(const struct cli_option *o, char text[CLI_INITIAL_MAX])
{
    const char *words = o->initial_words ? o->initial_words : o->initial;
    text[0] = '\0';
    if (words || o->many)
        snprintf(text, CLI_INITIAL_MAX, "(%s%s%s%s)", words ? "default: " : "", words ? words : "",
                 words && o->many ? "; " : "", o->many ? "may be repeated" : "");
}

static void tell_option(const struct cli_option *o, FILE *to)
{
    char label[CLI_LABEL_MAX], initial[CLI_INITIAL_MAX];
    int column = INDENT;
    mocket__cli_label(o, label);
    fprintf(to, "  %-*s", LABEL_LEN, label);
    fprintf(to, strlen(label) > LABEL_LEN ? "\n%*s" : "%*s", strlen(label) > LABEL_LEN ? INDENT : 1, "");
    wrap(to, o->help, &column);
    mocket__cli_initial(o, initial);
    wrap(to, initial, &column);
    fputc('\n', to);
}

static void tell_options(const struct cli_verb *verb, FILE *to)
{
    const struct cli_option *o = mocket__cli_option_first(verb);
    if (!o)
        return;
    fputc('\n', to);
    if (o->kind != CLI_GROUP)
        heading("Options:", to);
    for (const struct cli_option *first = o; o; o = mocket__cli_option_next(verb, o)) {
        char text[WIDTH];
        if (o->kind != CLI_GROUP) {
            tell_option(o, to);
            continue;
        }
        snprintf(text, sizeof text, "%s:", o->help);
        fputs(o == first ? "" : "\n", to);
        heading(text, to);
    }
}

static void tell_variables(const struct cli_verb *verb, FILE *to)
{
    int excepted = 0;
    fputs(
        "\nEnvironment variables can set options: MOCKET_MAX_BODY=10M for --max-body,\n"
        "MOCKET_QUIET=1 for --quiet. The command line has precedence.\n",
        to);
    for (const struct cli_option *o = mocket__cli_option_first(verb); o; o = mocket__cli_option_next(verb, o))
        if (o->command_line)
            excepted += fprintf(to, "%s --%s", excepted ? " and" : "Options without a variable:", o->name);
    fputs(excepted ? ".\n" : "", to);
}

void mocket__cli_manual(const struct cli_verb *verb, FILE *to)
{
    lines(verb->usage, to);
    tell_options(verb, to);
    if (verb->environment)
        tell_variables(verb, to);
    if (verb->more) {
        fputc('\n', to);
        lines(verb->more, to);
    }
}

void mocket__cli_manual_list(const struct cli_verb *const *verbs, FILE *to)
{
    const char *group = "";
    fputs("usage: mocket VERB [ARGUMENTS]\n", to);
    for (; *verbs; verbs++) {
        const struct cli_verb *v = *verbs;
        char text[WIDTH];
        if (!v->summary)
            continue;
        if (strcmp(group, v->group) != 0) {
            snprintf(text, sizeof text, "%s:", v->group);
            fputc('\n', to);
            heading(text, to);
        }
        group = v->group;
        fprintf(to, "  %-9s %s\n", v->name, v->summary);
    }
    fputc('\n', to);
    lines(
        "Examples:\n"
        "  mocket new shop && cd shop\n"
        "  mocket build && mocket serve\n"
        "\n"
        "`mocket help VERB` or `mocket VERB --help` shows the manual of a verb.\n",
        to);
}
