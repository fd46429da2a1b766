/* The page is written in the macros man(7). Texts of the tables have three kinds of lines: headings, which end with a
 * colon; indented lines, which keep their form; and sentences, which are filled. The page has no date, so that two
 * builds of one version give the same bytes. */
#include "man.h"

#include <mocket.h>
#include <string.h>

#include "manual.h"

/* Text of a line: a dash stays a dash, and a dot or a quotation mark at the beginning is no macro. */
static void escaped(const char *text, size_t len, FILE *to)
{
    if (len > 0 && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", to);
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\\')
            fputs("\\e", to);
        else
            fprintf(to, "%s%c", text[i] == '-' ? "\\" : "", text[i]);
}

static void escaped_text(const char *text, FILE *to)
{
    escaped(text, strlen(text), to);
}

/* The kind of a line begins a part of the page; a part ends where the kind changes. */
enum kind { NOTHING, HEADING, INDENTED, SENTENCE };

static enum kind kind_of(const char *text, size_t len)
{
    if (len == 0)
        return NOTHING;
    if (text[0] == ' ')
        return INDENTED;
    return text[len - 1] == ':' ? HEADING : SENTENCE;
}

static void begin(enum kind kind, FILE *to)
{
    static const char *const macros[] = { "", ".PP\n.B ", ".RS\n.nf\n", ".PP\n" };
    fputs(macros[kind], to);
}

static void lines(const char *text, FILE *to)
{
    enum kind before = NOTHING;
    while (*text) {
        size_t len = strcspn(text, "\n");
        enum kind kind = kind_of(text, len);
        if (before == INDENTED && kind != INDENTED)
            fputs(".fi\n.RE\n", to);
        if (kind != before)
            begin(kind, to);
        if (kind != NOTHING) {
            escaped(text + (kind == INDENTED ? strspn(text, " ") : 0), len - (kind == INDENTED ? strspn(text, " ") : 0),
                    to);
            fputc('\n', to);
        }
        before = kind;
        text += len + (text[len] == '\n');
    }
    if (before == INDENTED)
        fputs(".fi\n.RE\n", to);
}

static void option(const struct cli_option *o, FILE *to)
{
    char label[CLI_LABEL_MAX], initial[CLI_INITIAL_MAX];
    mocket__cli_label(o, label);
    mocket__cli_initial(o, initial);
    fputs(".TP\n.B ", to);
    escaped_text(label, to);
    fputc('\n', to);
    escaped_text(o->help, to);
    if (initial[0]) {
        fputc('\n', to);
        escaped_text(initial, to);
    }
    fputc('\n', to);
}

/* The lines of usage, up to the empty one, keep their form. */
static const char *usage(const char *text, FILE *to)
{
    static const char word[] = "usage: ";
    fputs(".nf\n", to);
    while (*text && *text != '\n') {
        size_t len = strcspn(text, "\n"),
               skip = strncmp(text, word, strlen(word)) == 0 ? strlen(word) : strspn(text, " ");
        escaped(text + skip, len - skip, to);
        fputc('\n', to);
        text += len + (text[len] == '\n');
    }
    fputs(".fi\n", to);
    return text;
}

static void verb(const struct cli_verb *v, FILE *to)
{
    fprintf(to, ".SS %s\n", v->name);
    lines(usage(v->usage, to), to);
    for (const struct cli_option *o = mocket__cli_option_first(v); o; o = mocket__cli_option_next(v, o))
        if (o->kind == CLI_GROUP) {
            fputs(".PP\n.B ", to);
            escaped_text(o->help, to);
            fputc('\n', to);
        } else
            option(o, to);
    if (v->environment)
        fputs(".PP\nEnvironment variables can set options: MOCKET_MAX_BODY=10M for \\-\\-max\\-body.\n", to);
    if (v->more)
        lines(v->more, to);
}

void mocket__cli_man(const struct cli_verb *const *verbs, FILE *to)
{
    fprintf(to,
            ".\\\" Made by `mocket help --man`.\n"
            ".TH MOCKET 1 \"\" \"mocket %s\" \"User Commands\"\n"
            ".SH NAME\n"
            "mocket \\- make, build and serve web apps that are native programs and WebAssembly files\n"
            ".SH SYNOPSIS\n"
            ".B mocket\n"
            ".I verb\n"
            ".RI [ arguments ]\n"
            ".SH VERBS\n",
            mocket_version());
    for (; *verbs; verbs++)
        if ((*verbs)->summary)
            verb(*verbs, to);
    fputs(
        ".SH EXIT STATUS\n"
        "0: success. 1: a failure; a line on standard error says why. 2: the command line or a variable is wrong.\n"
        "22: the answer to\n"
        ".B mocket fetch\n"
        "does not have a status from 200 to 299.\n"
        ".SH ENVIRONMENT\n"
        ".TP\n"
        ".B MOCKET_HOME\n"
        "The checkout or the installation that has the header and the guest library.\n"
        ".TP\n"
        ".B NO_COLOR\n"
        "If it is not empty, no text has colours on a terminal.\n",
        to);
}
