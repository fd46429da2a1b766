/* Reads a command line according to a table. manual.c writes the help text from the same table. */
#include "options.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "near.h"
#include "values.h"

#define NAME_MAX_LEN 64

/* ---- Tables ---- */

static bool is_last(const struct cli_option *o)
{
    return !o->name && !o->help;
}

static const struct cli_option *in_table(const struct cli_option *o)
{
    return o && !is_last(o) ? o : NULL;
}

const struct cli_option *mocket__cli_option_first(const struct cli_verb *verb)
{
    const struct cli_option *own = in_table(verb->options);
    return own ? own : in_table(verb->shared);
}

const struct cli_option *mocket__cli_option_next(const struct cli_verb *verb, const struct cli_option *o)
{
    const struct cli_option *own = verb->options;
    if (!is_last(++o))
        return o;
    while (own && !is_last(own))
        own++;
    return o == own ? in_table(verb->shared) : NULL;
}

/* Its number among all options of the verb. */
static size_t place_of(const struct cli_verb *v, const struct cli_option *wanted)
{
    size_t place = 0;
    for (const struct cli_option *o = mocket__cli_option_first(v); o != wanted; o = mocket__cli_option_next(v, o))
        place++;
    assert(place < CLI_OPTIONS_MAX);
    return place;
}

/* ---- Defaults and the environment ---- */

/* "max-body" -> "MOCKET_MAX_BODY" */
static void variable_name(const char *name, char out[NAME_MAX_LEN])
{
    size_t len = (size_t)snprintf(out, NAME_MAX_LEN, "MOCKET_%s", name);
    for (size_t i = 0; i < len && i < NAME_MAX_LEN - 1; i++)
        out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

/* A variable that is empty counts as absent. A switch is on with 1 and off with 0. */
static int take_variable(const struct cli_verb *v, const struct cli_option *o, void *into)
{
    char name[NAME_MAX_LEN];
    variable_name(o->name, name);
    const char *text = getenv(name);
    struct cli_said said = { v->name, name };
    if (!text || !text[0])
        return 0;
    if (o->kind != CLI_SWITCH)
        return mocket__cli_take(into, o, &said, text);
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return mocket__cli_misuse(v->name, "%s %s: 1 or 0 is needed", name, text);
    *(bool *)((char *)into + o->at) = text[0] == '1';
    return 0;
}

static int take_initial(const struct cli_verb *v, void *into)
{
    int rc = 0;
    for (const struct cli_option *o = mocket__cli_option_first(v); o && rc == 0; o = mocket__cli_option_next(v, o))
        if (o->initial)
            rc = mocket__cli_take(into, o, &(struct cli_said){ v->name, o->name }, o->initial);
    return rc;
}

/* ---- The command line ---- */

struct reader {
    const struct cli_verb *verb;
    void *into;
    char **argv;
    int at;
    bool given[CLI_OPTIONS_MAX]; /* by the command line */
};

static int take_given(struct reader *r, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    bool *given = &r->given[place_of(r->verb, o)];
    if (*given && !o->many)
        return mocket__cli_misuse(said->verb, "%s is given twice", said->option);
    *given = true;
    return mocket__cli_take(r->into, o, said, text);
}

static int take_variables(struct reader *r)
{
    int rc = 0;
    for (const struct cli_option *o = mocket__cli_option_first(r->verb); o && rc == 0;
         o = mocket__cli_option_next(r->verb, o))
        if (o->name && !o->command_line && !r->given[place_of(r->verb, o)])
            rc = take_variable(r->verb, o, r->into);
    return rc;
}

static const struct cli_option *find_name(const struct cli_verb *v, const char *name, size_t len)
{
    for (const struct cli_option *o = mocket__cli_option_first(v); o; o = mocket__cli_option_next(v, o))
        if (o->name && strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static const struct cli_option *find_letter(const struct cli_verb *v, char letter)
{
    for (const struct cli_option *o = mocket__cli_option_first(v); o; o = mocket__cli_option_next(v, o))
        if (letter && o->letter == letter)
            return o;
    return NULL;
}

/* The option that a mistyped one, without its dashes, probably stands for; NULL: none. */
static const struct cli_option *likely_option(const struct cli_verb *v, const char *name, size_t len)
{
    struct cli_near near = { .word = name, .len = len };
    for (const struct cli_option *o = mocket__cli_option_first(v); o; o = mocket__cli_option_next(v, o))
        if (o->name)
            mocket__cli_near_add(&near, o->name, o->also);
    const char *best = mocket__cli_near_best(&near);
    return best ? find_name(v, best, strlen(best)) : NULL;
}

/* Handles an option that has no row: the verb may pass it to another program. name: its name in the word. */
static int take_other(struct reader *r, const char *word, const char *name)
{
    const struct cli_verb *v = r->verb;
    int rc = v->other ? v->other(r->into, r->argv, &r->at) : -1;
    if (rc >= 0)
        return rc;
    size_t len = strcspn(name, "=");
    const struct cli_option *likely = likely_option(v, name, len);
    const char *value = name[len] ? name + len + 1 : r->argv[r->at + 1];
    char better[NAME_MAX_LEN];
    if (!likely)
        return mocket__cli_misuse(v->name, "unknown option %s%s", word, v->unknown ? v->unknown : "");
    if (value && mocket__cli_mend(likely, value, better, sizeof better))
        return mocket__cli_misuse(v->name, "unknown option %s; did you mean `--%s %s`?", word, likely->name, better);
    return mocket__cli_misuse(v->name, "unknown option %s; did you mean `--%s`?", word, likely->name);
}

static int take_long(struct reader *r)
{
    const char *word = r->argv[r->at], *name = word + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *o = find_name(r->verb, name, len);
    char option[NAME_MAX_LEN];
    if (!o)
        return take_other(r, word, name);
    snprintf(option, sizeof option, "--%s", o->name);
    struct cli_said said = { r->verb->name, option };
    if (o->kind == CLI_SWITCH)
        return name[len] ? mocket__cli_misuse(said.verb, "%s takes no value: %s", option, word)
                         : take_given(r, o, &said, NULL);
    const char *text = name[len] ? name + len + 1 : r->argv[r->at + 1];
    if (!text)
        return mocket__cli_misuse(said.verb, "%s needs a value", option);
    r->at += name[len] ? 0 : 1;
    return take_given(r, o, &said, text);
}

static int take_unknown_letter(struct reader *r, char letter)
{
    char option[8];
    snprintf(option, sizeof option, letter > ' ' && letter < 0x7f ? "-%c" : "-\\x%02x", (unsigned char)letter);
    return take_other(r, r->verb->other ? r->argv[r->at] : option, option + 1);
}

/* -v, -qv, -o FILE, -oFILE */
static int take_letters(struct reader *r)
{
    int rc = 0;
    for (const char *at = r->argv[r->at] + 1; rc == 0 && *at; at++) {
        const struct cli_option *o = find_letter(r->verb, *at);
        char option[3] = { '-', *at, '\0' };
        struct cli_said said = { r->verb->name, option };
        if (!o)
            return take_unknown_letter(r, *at);
        if (o->kind != CLI_SWITCH) {
            const char *text = at[1] ? at + 1 : r->argv[r->at + 1];
            if (!text)
                return mocket__cli_misuse(said.verb, "%s needs a value", option);
            r->at += at[1] ? 0 : 1;
            return take_given(r, o, &said, text);
        }
        rc = take_given(r, o, &said, NULL);
    }
    return rc;
}

int mocket__cli_options(const struct cli_verb *verb, int argc, char **argv, void *into)
{
    struct reader r = { .verb = verb, .into = into, .argv = argv, .at = 1 };
    bool behind = false; /* a `--` */
    assert(verb->word);
    int rc = take_initial(verb, into);
    for (; rc == 0 && r.at < argc; r.at++) {
        const char *word = argv[r.at];
        if (!word[0] && !(behind && verb->rest))
            rc = mocket__cli_misuse(verb->name, "word %d is empty, as when a variable of a script has no value", r.at);
        else if (behind || word[0] != '-' || word[1] == '\0')
            rc = (behind && verb->rest ? verb->rest : verb->word)(into, word);
        else if (strcmp(word, "--") == 0)
            behind = true;
        else
            rc = word[1] == '-' ? take_long(&r) : take_letters(&r);
    }
    return rc == 0 && verb->environment ? take_variables(&r) : rc;
}
