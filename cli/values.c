/* Each kind of value has a parser and a text that says what is needed. A value that is refused is compared with what
 * people write elsewhere (16MB, 30, 5min), and the message offers the value that was meant. */
#include "values.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "near.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define TEXT_MAX 200

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

/* ---- What a wrong value probably stands for ---- */

/* X(as people write it, in small letters; as we do) */
static const char *const size_words[][2] = { { "b", "" },    { "byte", "" }, { "bytes", "" },
                                             { "kb", "K" },  { "mb", "M" },  { "gb", "G" },
                                             { "kib", "K" }, { "mib", "M" }, { "gib", "G" } };
static const char *const time_words[][2] = { { "", "s" },        { "sec", "s" },  { "secs", "s" },  { "second", "s" },
                                             { "seconds", "s" }, { "min", "m" },  { "mins", "m" },  { "minute", "m" },
                                             { "minutes", "m" }, { "hour", "h" }, { "hours", "h" }, { "msec", "ms" },
                                             { "millis", "ms" } };

static bool same_word(const char *a, const char *b)
{
    while (*a && tolower((unsigned char)*a) == *b)
        a++, b++;
    return *a == '\0' && *b == '\0';
}

static bool mend_unit(const char *text, const char *const (*words)[2], size_t count, char *better)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");
    for (size_t i = 0; digits > 0 && digits < 20 && i < count; i++)
        if (same_word(unit, words[i][0])) {
            snprintf(better, 24, "%.*s%s", (int)digits, text, words[i][1]);
            return true;
        }
    return false;
}

static bool mend_choice(const struct cli_option *o, const char *text, char *better, size_t room)
{
    struct cli_near near = { .word = text, .len = strlen(text) };
    for (size_t i = 0; o->choices[i]; i++)
        mocket__cli_near_add(&near, o->choices[i], NULL);
    const char *best = mocket__cli_near_best(&near);
    return best && strcmp(best, text) != 0 && (size_t)snprintf(better, room, "%s", best) < room;
}

bool mocket__cli_mend(const struct cli_option *o, const char *text, char *better, size_t room)
{
    if (o->mend)
        return o->mend(text, better, room);
    if (o->choices)
        return mend_choice(o, text, better, room);
    if (room < 24)
        return false;
    if (o->kind == CLI_SIZE)
        return mend_unit(text, size_words, sizeof size_words / sizeof *size_words, better) &&
               parse(better, sizes, o->most) >= o->least;
    return o->kind == CLI_TIME && mend_unit(text, time_words, sizeof time_words / sizeof *time_words, better) &&
           parse(better, times, DAY_MS) > 0;
}

static int refuse(const struct cli_option *o, const struct cli_said *said, const char *text, const char *needed)
{
    char better[64];
    if (mocket__cli_mend(o, text, better, sizeof better))
        return mocket__cli_misuse(said->verb, "%s %s: %s; did you mean `%s`?", said->option, text, needed, better);
    return mocket__cli_misuse(said->verb, "%s %s: %s", said->option, text, needed);
}

/* ---- Each kind ---- */

static int64_t *number_at(void *into, const struct cli_option *o)
{
    return (int64_t *)((char *)into + o->at);
}

static int take_count(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    char needed[TEXT_MAX];
    int64_t n = parse(text, plain, o->most);
    if (n < o->least) {
        snprintf(needed, sizeof needed, "a number from %" PRId64 " to %" PRId64 " is needed", o->least, o->most);
        return refuse(o, said, text, needed);
    }
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
    char least[24], most[24], needed[TEXT_MAX];
    int64_t n = parse(text, sizes, o->most);
    if (n >= o->least) {
        *number_at(into, o) = n;
        return 0;
    }
    if (o->most == INT64_MAX)
        snprintf(needed, sizeof needed, "a size such as 64K, 10M or 4G is needed, at least %s",
                 size_text(o->least, least));
    else
        snprintf(needed, sizeof needed, "a size from %s to %s is needed", size_text(o->least, least),
                 size_text(o->most, most));
    return refuse(o, said, text, needed);
}

static int take_time(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    bool off = strcmp(text, "off") == 0;
    int64_t ms = off ? o->off : parse(text, times, DAY_MS);
    if (!off && ms <= 0)
        return refuse(o, said, text, "a time such as 500ms, 30s or 2m is needed, at most 24h, or off");
    *number_at(into, o) = ms;
    return 0;
}

static int take_choice(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    char list[TEXT_MAX] = "", needed[TEXT_MAX + 16];
    for (size_t i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *number_at(into, o) = (int64_t)i;
            return 0;
        }
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : o->choices[i + 1] ? ", " : " or ", o->choices[i]);
    }
    snprintf(needed, sizeof needed, "%s is needed", list);
    return refuse(o, said, text, needed);
}

static int take_word(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
{
    if (!text[0])
        return mocket__cli_misuse(said->verb, "%s needs a value", said->option);
    *(const char **)((char *)into + o->at) = text;
    return 0;
}

int mocket__cli_take(void *into, const struct cli_option *o, const struct cli_said *said, const char *text)
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
