/* Reads a command line according to a table. manual.c writes the help text from the same table. */
#include "options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define NAME_MAX_LEN 64

/* ---- Values ---- */

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
static const struct unit sizes[] = { { "", 1 },          { "K", 1 << 10 },   { "k", 1 << 10 }, { "M", 1 << 20 },
                                     { "m", 1 << 20 },   { "G", 1 << 30 },   { "g", 1 << 30 }, { "KiB", 1 << 10 },
                                     { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 } };
static const struct unit times[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 } };

/* Parses a number with one of the suffixes. Returns -1 if it is malformed or larger than most. */
static int64_t parse(const char *text, const struct unit *units, int64_t most)
{
    char *end;
    errno = 0;
    if (text[0] < '0' || text[0] > '9')
        return -1;
    long long n = strtoll(text, &end, 10);
    for (; units->suffix; units++)
        if (strcmp(end, units->suffix) == 0)
            return errno || n > most / units->factor ? -1 : n * units->factor;
    return -1;
}

static int64_t *number_at(void *into, const struct cli_option *o)
{
    return (int64_t *)((char *)into + o->at);
}

static int take_count(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    int64_t n = parse(text, plain, o->most);
    if (n < o->least)
        return mocket__cli_misuse(said->verb, "%s %s: a number from %" PRId64 " to %" PRId64 " is needed", said->option,
                                  text, o->least, o->most);
    *number_at(into, o) = n;
    return 0;
}

/* 65536 -> "64K". */
static const char *size_text(int64_t bytes, char text[24])
{
    static const struct unit steps[] = { { "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 } };
    const struct unit *u = steps;
    while (bytes % u->factor || bytes < u->factor)
        if ((u++)->factor == 1 || bytes == 0)
            return "0";
    snprintf(text, 24, "%" PRId64 "%s", bytes / u->factor, u->suffix);
    return text;
}

static int take_size(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    char least[24], most[24];
    int64_t n = parse(text, sizes, o->most);
    if (n >= o->least) {
        *number_at(into, o) = n;
        return 0;
    }
    if (o->most == INT64_MAX)
        return mocket__cli_misuse(said->verb, "%s %s: a size such as 64K, 10M or 4G is needed, at least %s",
                                  said->option, text, size_text(o->least, least));
    return mocket__cli_misuse(said->verb, "%s %s: a size from %s to %s is needed", said->option, text,
                              size_text(o->least, least), size_text(o->most, most));
}

static int take_time(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    bool off = strcmp(text, "off") == 0;
    int64_t ms = off ? o->off : parse(text, times, DAY_MS);
    if (!off && ms <= 0)
        return mocket__cli_misuse(said->verb, "%s %s: a time such as 500ms, 30s or 2m is needed, at most 24h, or off",
                                  said->option, text);
    *number_at(into, o) = ms;
    return 0;
}

/* The choice that begins like the text; NULL: there is none. */
static const char *likely_choice(const struct cli_option *o, const char *text)
{
    for (size_t i = 0; o->choices[i]; i++)
        if (strlen(text) > 1 && strncmp(o->choices[i], text, 2) == 0)
            return o->choices[i];
    return NULL;
}

static int take_choice(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    char list[200] = "";
    const char *likely = likely_choice(o, text);
    for (size_t i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *number_at(into, o) = (int64_t)i;
            return 0;
        }
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : o->choices[i + 1] ? ", " : " or ", o->choices[i]);
    }
    if (likely)
        return mocket__cli_misuse(said->verb, "%s %s: %s is needed; did you mean `%s`?", said->option, text, list,
                                  likely);
    return mocket__cli_misuse(said->verb, "%s %s: %s is needed", said->option, text, list);
}

static int take_word(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    if (!text[0])
        return mocket__cli_misuse(said->verb, "%s needs a value", said->option);
    *(const char **)((char *)into + o->at) = text;
    return 0;
}

static int take(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    switch (o->kind) {
    case CLI_COUNT:
        return take_count(into, o, said, text);
    case CLI_SIZE:
        return take_size(into, o, said, text);
    case CLI_TIME:
        return take_time(into, o, said, text);
    case CLI_CHOICE:
        return take_choice(into, o, said, text);
    case CLI_WORD:
        return take_word(into, o, said, text);
    case CLI_OWN:
        return o->take(into, said, text);
    case CLI_SWITCH:
        *(bool *)((char *)into + o->at) = true;
        return 0;
    case CLI_GROUP:
        break;
    }
    return 0;
}

/* ---- Defaults and the environment ---- */

static bool is_end(const struct cli_option *o)
{
    return !o->name && !o->help;
}

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
        return take(into, o, &said, text);
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return mocket__cli_misuse(v->name, "%s %s: 1 or 0 is needed", name, text);
    *(bool *)((char *)into + o->at) = text[0] == '1';
    return 0;
}

static int take_initial(const struct cli_verb *v, void *into)
{
    int rc = 0;
    for (const struct cli_option *o = v->options; rc == 0 && !is_end(o); o++)
        if (o->initial)
            rc = take(into, o, &(struct cli_said){ v->name, o->name }, o->initial);
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
    assert(o - r->verb->options < CLI_OPTIONS_MAX);
    r->given[o - r->verb->options] = true;
    return take(r->into, o, said, text);
}

static int take_variables(struct reader *r)
{
    int rc = 0;
    for (const struct cli_option *o = r->verb->options; rc == 0 && !is_end(o); o++)
        if (o->name && !o->command_line && !r->given[o - r->verb->options])
            rc = take_variable(r->verb, o, r->into);
    return rc;
}

static const struct cli_option *find_name(const struct cli_verb *v, const char *name, size_t len)
{
    for (const struct cli_option *o = v->options; !is_end(o); o++)
        if (o->name && strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static const struct cli_option *find_letter(const struct cli_verb *v, char letter)
{
    for (const struct cli_option *o = v->options; !is_end(o); o++)
        if (letter && o->letter == letter)
            return o;
    return NULL;
}

/* The one option that begins like this; NULL: none, or several. */
static const char *likely_name(const struct cli_verb *v, const char *name, size_t len)
{
    const char *found = NULL;
    for (const struct cli_option *o = v->options; !is_end(o); o++) {
        if (!o->name || len == 0 || strncmp(o->name, name, len) != 0)
            continue;
        if (found)
            return NULL;
        found = o->name;
    }
    return found;
}

/* Handles an option that has no row: the verb may pass it to another program. */
static int take_other(struct reader *r, const char *word, const char *likely)
{
    const struct cli_verb *v = r->verb;
    int rc = v->other ? v->other(r->into, r->argv, &r->at) : -1;
    if (rc >= 0)
        return rc;
    if (likely)
        return mocket__cli_misuse(v->name, "unknown option %s; did you mean --%s?", word, likely);
    return mocket__cli_misuse(v->name, "unknown option %s%s", word, v->unknown ? v->unknown : "");
}

static int take_long(struct reader *r)
{
    const char *word = r->argv[r->at], *name = word + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *o = find_name(r->verb, name, len);
    char option[NAME_MAX_LEN];
    if (!o)
        return take_other(r, word, likely_name(r->verb, name, len));
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
    return take_other(r, r->verb->other ? r->argv[r->at] : option, NULL);
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
            if (!text || !text[0])
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
    int rc = take_initial(verb, into);
    for (; rc == 0 && r.at < argc; r.at++) {
        const char *word = argv[r.at];
        if (behind || word[0] != '-' || word[1] == '\0')
            rc = (behind && verb->rest ? verb->rest : verb->word)(into, word);
        else if (strcmp(word, "--") == 0)
            behind = true;
        else
            rc = word[1] == '-' ? take_long(&r) : take_letters(&r);
    }
    return rc == 0 && verb->environment ? take_variables(&r) : rc;
}
