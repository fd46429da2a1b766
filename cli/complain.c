/* One form for every message: the program and the verb, then what is wrong. */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "terminal.h"

static void complain(const char *verb, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static void complain(const char *verb, const char *fmt, va_list args)
{
    mocket__cli_style(stderr, CLI_ERROR);
    fprintf(stderr, "mocket %s:", verb);
    mocket__cli_style(stderr, CLI_PLAIN);
    fputc(' ', stderr);
    char *text;
    if (vasprintf(&text, fmt, args) >= 0) {
        mocket__cli_text(stderr, text);
        free(text);
    }
    fputc('\n', stderr);
}

int mocket__cli_misuse(const char *verb, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    complain(verb, fmt, args);
    va_end(args);
    fprintf(stderr, "See `mocket help %s`.\n", verb);
    return 2;
}

int mocket__cli_failure(const char *verb, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    complain(verb, fmt, args);
    va_end(args);
    return 1;
}
