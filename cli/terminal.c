/* Styles are ECMA-48 sequences. NO_COLOR (no-color.org) counts if it is not empty. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../src/base/escape.h"
#include "../src/base/span.h"

bool mocket__cli_is_terminal(FILE *to)
{
    return isatty(fileno(to));
}

static bool has_styles(FILE *to)
{
    const char *none = getenv("NO_COLOR"), *kind = getenv("TERM");
    return mocket__cli_is_terminal(to) && !(none && none[0]) && kind && kind[0] && strcmp(kind, "dumb") != 0;
}

void mocket__cli_style(FILE *to, enum cli_style style)
{
    static const char *const sequences[] = { "\033[0m", "\033[1m", "\033[1;31m", "\033[1;33m" };
    if (has_styles(to))
        fputs(sequences[style], to);
}

size_t mocket__cli_escaped(FILE *to, mocket_span text)
{
    char shown[256];
    size_t written = 0;
    while (text.len > 0) {
        struct mocket_escaped done = mocket__escape(shown, sizeof shown, text);
        written += fwrite(shown, 1, done.len, to);
        text = mocket__span_slice(text, done.used, text.len);
    }
    return written;
}

/* A backslash stays as it is: people read this, and no program. */
void mocket__cli_text(FILE *to, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\\\n");
        mocket__cli_escaped(to, (mocket_span){ text, len });
        text += len;
        if (*text)
            fputc(*text++, to);
    }
}
