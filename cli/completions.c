/* One script for each shell. A script offers verbs, then the options of the verb, and the words of an option that has a
 * list of words; everything else is completed as a file name. */
#include "completions.h"

#include <string.h>

const char *const mocket__cli_shells[] = { "bash", "zsh", "fish", NULL };

typedef void option_writer(const struct cli_verb *v, const struct cli_option *o, FILE *to);

static void each_option(const struct cli_verb *v, option_writer *write, FILE *to)
{
    for (const struct cli_option *o = mocket__cli_option_first(v); o; o = mocket__cli_option_next(v, o))
        if (o->kind != CLI_GROUP)
            write(v, o, to);
}

/* A text between single quotation marks, which the shells end and begin again around one. `shunned` bytes get a
 * backslash. */
static void quoted(const char *text, const char *shunned, FILE *to)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", to);
        else
            fprintf(to, "%s%c", strchr(shunned, *text) ? "\\" : "", *text);
}

static void choices(const struct cli_option *o, FILE *to)
{
    for (size_t i = 0; o->choices[i]; i++)
        fprintf(to, "%s%s", i ? " " : "", o->choices[i]);
}

static void verb_names(const struct cli_verb *const *verbs, FILE *to)
{
    for (const char *gap = ""; *verbs; verbs++)
        if ((*verbs)->summary) {
            fprintf(to, "%s%s", gap, (*verbs)->name);
            gap = " ";
        }
}

/* ---- bash ---- */

/* 'serve --reuse') words='none serial concurrent' ;; */
static void bash_choice(const struct cli_verb *v, const struct cli_option *o, FILE *to)
{
    if (!o->choices || !o->name)
        return;
    fprintf(to, "    '%s --%s') words='", v->name, o->name);
    choices(o, to);
    fputs("' ;;\n", to);
}

static void bash_option(const struct cli_verb *v, const struct cli_option *o, FILE *to)
{
    (void)v;
    if (o->letter)
        fprintf(to, " -%c", o->letter);
    if (o->name)
        fprintf(to, " --%s", o->name);
}

static void bash(const struct cli_verb *const *verbs, FILE *to)
{
    fputs(
        "# bash completion for mocket, made by `mocket help --completions bash`\n"
        "_mocket()\n"
        "{\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words= options=\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W '",
        to);
    verb_names(verbs, to);
    fputs(
        "' -- \"$cur\"))\n"
        "        return\n"
        "    fi\n"
        "    case \"$verb ${COMP_WORDS[COMP_CWORD-1]}\" in\n",
        to);
    for (const struct cli_verb *const *v = verbs; *v; v++)
        each_option(*v, bash_choice, to);
    fputs("    help\\ *) words='", to);
    verb_names(verbs, to);
    fputs("' ;;\n    esac\n    case $verb in\n", to);
    for (const struct cli_verb *const *v = verbs; *v; v++)
        if ((*v)->summary) {
            fprintf(to, "    %s) options='--help", (*v)->name);
            each_option(*v, bash_option, to);
            fputs("' ;;\n", to);
        }
    fputs(
        "    esac\n"
        "    case $cur in\n"
        "    -*) words=$options ;;\n"
        "    esac\n"
        "    [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
        "}\n"
        "complete -o default -F _mocket mocket\n",
        to);
}

/* ---- zsh ---- */

static void zsh_spec(const struct cli_option *o, const char *name, const char *dashes, FILE *to)
{
    fprintf(to, " \\\n            '%s%s%s%s[", o->many ? "*" : "", dashes, name,
            !o->value   ? ""
            : dashes[1] ? "="
                        : "+");
    quoted(o->help, "[]:\\", to);
    fputc(']', to);
    if (o->value) {
        fputc(':', to);
        quoted(o->value, "[]:\\", to);
        fputc(':', to);
        if (o->choices) {
            fputc('(', to);
            choices(o, to);
            fputc(')', to);
        } else if (o->files)
            fputs("_files", to);
    }
    fputc('\'', to);
}

static void zsh_option(const struct cli_verb *v, const struct cli_option *o, FILE *to)
{
    char letter[2] = { o->letter, '\0' };
    (void)v;
    if (o->letter)
        zsh_spec(o, letter, "-", to);
    if (o->name)
        zsh_spec(o, o->name, "--", to);
}

static void zsh(const struct cli_verb *const *verbs, FILE *to)
{
    fputs(
        "#compdef mocket\n"
        "# zsh completion for mocket, made by `mocket help --completions zsh`\n"
        "_mocket() {\n"
        "    local -a verbs\n"
        "    verbs=(\n",
        to);
    for (const struct cli_verb *const *v = verbs; *v; v++)
        if ((*v)->summary) {
            fprintf(to, "        '%s:", (*v)->name);
            quoted((*v)->summary, ":\\", to);
            fputs("'\n", to);
        }
    fputs(
        "    )\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _describe verb verbs\n"
        "        return\n"
        "    fi\n"
        "    local verb=$words[2]\n"
        "    shift words\n"
        "    (( CURRENT-- ))\n"
        "    case $verb in\n",
        to);
    for (const struct cli_verb *const *v = verbs; *v; v++)
        if ((*v)->summary) {
            fprintf(to, "    %s)\n        _arguments \\\n            '(-h --help)'{-h,--help}'[show the manual]'",
                    (*v)->name);
            each_option(*v, zsh_option, to);
            fputs(" \\\n            '*:", to);
            if (strcmp((*v)->name, "help") == 0) {
                fputs("verb:(", to);
                verb_names(verbs, to);
                fputs(")' ;;\n", to);
            } else
                fputs("file:_files' ;;\n", to);
        }
    fputs("    esac\n}\n_mocket \"$@\"\n", to);
}

/* ---- fish ---- */

static void fish_option(const struct cli_verb *v, const struct cli_option *o, FILE *to)
{
    fprintf(to, "complete -c mocket -n '__fish_seen_subcommand_from %s'", v->name);
    if (o->letter)
        fprintf(to, " -s %c", o->letter);
    if (o->name)
        fprintf(to, " -l %s", o->name);
    if (o->choices) {
        fputs(" -x -a '", to);
        choices(o, to);
        fputc('\'', to);
    } else if (o->value)
        fputs(o->files ? " -r" : " -x", to);
    fputs(" -d '", to);
    quoted(o->help, "\\", to);
    fputs("'\n", to);
}

static void fish(const struct cli_verb *const *verbs, FILE *to)
{
    fputs("# fish completion for mocket, made by `mocket help --completions fish`\n", to);
    for (const struct cli_verb *const *v = verbs; *v; v++) {
        if (!(*v)->summary)
            continue;
        fprintf(to, "complete -c mocket -f -n __fish_use_subcommand -a %s -d '", (*v)->name);
        quoted((*v)->summary, "\\", to);
        fputs("'\n", to);
        each_option(*v, fish_option, to);
    }
    fputs("complete -c mocket -f -n '__fish_seen_subcommand_from help' -a '", to);
    verb_names(verbs, to);
    fputs("'\ncomplete -c mocket -s h -l help -d 'show the manual'\n", to);
}

void mocket__cli_completions(const struct cli_verb *const *verbs, enum cli_shell shell, FILE *to)
{
    static void (*const writers[])(const struct cli_verb *const *verbs, FILE *to) = { bash, zsh, fish };
    writers[shell](verbs, to);
}
