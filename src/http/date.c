/* Formats and parses HTTP dates. The result must not depend on the machine's locale and time zone, so neither strftime
 * nor timegm is used. */
#include "date.h"

#include "../base/span.h"

static char *put(char *at, mocket_span s)
{
    memcpy(at, s.ptr, s.len);
    return at + s.len;
}

static char *put_two(char *at, int n)
{
    *at++ = (char)('0' + n / 10);
    *at++ = (char)('0' + n % 10);
    return at;
}

struct day {
    int year, month, day; /* month 0..11 */
};

/* Days since 1970-01-01 to a date. Years are counted from March, in eras of 400 of them, so that the leap day comes
 * last. */
static struct day civil(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int day_of_era = (int)(days - era * 146097);
    int year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int march_month = (5 * day_of_year + 2) / 153;
    int day = day_of_year - (153 * march_month + 2) / 5 + 1;
    int month = march_month < 10 ? march_month + 2 : march_month - 10;
    return (struct day){ (int)(year + era * 400) + (month < 2), month, day };
}

#define YEAR_9999_END 253402300799

void mocket__http_date(char text[30], int64_t unix_s)
{
    unix_s = unix_s < 0 ? 0 : unix_s > YEAR_9999_END ? YEAR_9999_END : unix_s;
    int64_t days = unix_s / 86400;
    int second = (int)(unix_s % 86400);
    struct day d = civil(days);
    char *at = put(text, (mocket_span){ &"ThuFriSatSunMonTueWed"[days % 7 * 3], 3 });
    at = put_two(put(at, MOCKET_SPAN(", ")), d.day);
    *at++ = ' ';
    at = put(at, (mocket_span){ &"JanFebMarAprMayJunJulAugSepOctNovDec"[d.month * 3], 3 });
    *at++ = ' ';
    at = put_two(put_two(at, d.year / 100), d.year % 100);
    *at++ = ' ';
    at = put_two(at, second / 3600);
    *at++ = ':';
    at = put_two(at, second / 60 % 60);
    *at++ = ':';
    at = put_two(at, second % 60);
    put(at, MOCKET_SPAN(" GMT"))[0] = '\0';
}

/* ---- Reading ---- */

/* The forms, as patterns: D a digit of the day, # a letter of the month's name, Y of the year, h m s; `_` a digit or
 * a blank; `?` anything at all; everything else itself. */
static const char *const patterns[] = {
    "???, DD ### YYYY hh:mm:ss GMT", /* IMF-fixdate */
    "??? ### _D hh:mm:ss YYYY",      /* asctime */
    "DD-###-YY hh:mm:ss GMT",        /* RFC 850, behind its weekday */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Returns whether text has that form. value[letter] collects the digits of each letter. */
static bool matches(mocket_span text, const char *pattern, int value[128], char month[3])
{
    size_t month_len = 0;
    if (text.len != strlen(pattern))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], want = pattern[i];
        if (want == '_' && c == ' ')
            continue;
        want = want == '_' ? 'D' : want;
        if (want == '?')
            continue;
        if (want == '#')
            month[month_len++] = c;
        else if (strchr("DYhms", want) && is_digit(c))
            value[(int)want] = value[(int)want] * 10 + (c - '0');
        else if (strchr("DYhms", want) || c != want)
            return false;
    }
    return true;
}

static int month_of(const char name[3])
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (memcmp(names + 3 * i, name, 3) == 0)
            return i;
    return -1;
}

/* The inverse of civil. */
static int64_t days_of(int64_t year, int month, int day)
{
    int march_month = (month + 10) % 12; /* of a year that begins in March */
    year -= month < 2;
    int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

int64_t mocket__http_date_parse(mocket_span text)
{
    size_t comma = mocket__span_find(text, ',', 0);
    mocket_span tail = mocket__span_slice(text, comma + 2, text.len); /* of RFC 850, whose weekday has any length */
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        int value[128] = { 0 };
        char month_name[3];
        if (!matches(i == 2 ? tail : text, patterns[i], value, month_name))
            continue;
        int month = month_of(month_name), year = value['Y'];
        if (i == 2)
            year += year < 70 ? 2000 : 1900;
        bool day_fits = month >= 0 && value['D'] >= 1 && value['D'] <= 31;
        bool fits = day_fits && value['h'] < 24 && value['m'] < 60 && value['s'] <= 60;
        int64_t time_s = days_of(year, month, value['D']) * 86400 + value['h'] * 3600 + value['m'] * 60 + value['s'];
        return fits && time_s >= 0 ? time_s : -1;
    }
    return -1;
}
