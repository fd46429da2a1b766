/* What is logged may come from a client. A line is one line whatever it holds: control bytes are written as \xHH, so
 * that nobody can forge a line or talk to a terminal. */
#include "log.h"

#include <string.h>
#include <unistd.h>

#define LINE_MAX 4096

static char *put(char *at, const char *text)
{
    size_t len = strlen(text);
    memcpy(at, text, len);
    return at + len;
}

static const char *level_text(int level)
{
    static const char *const texts[] = { "mocket: error: ", "mocket: warning: ", "mocket: ", "mocket: debug: " };
    return texts[level < 0 ? 0 : level > 3 ? 3 : level];
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

static char *put_escaped(char *at, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    *at++ = '\\';
    *at++ = 'x';
    *at++ = digits[c >> 4];
    *at++ = digits[c & 15];
    return at;
}

void mocket__log_stderr(int level, mocket_span line)
{
    char text[LINE_MAX + 8];
    char *at = put(text, level_text(level));
    size_t i = 0;
    for (; i < line.len && at < text + LINE_MAX - 4; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if (is_control(c))
            at = put_escaped(at, c);
        else
            *at++ = (char)c;
    }
    if (i < line.len)
        at = put(at, "...");
    *at++ = '\n';
    ssize_t n = write(STDERR_FILENO, text, (size_t)(at - text));
    (void)n; /* there is nowhere to say that saying failed */
}
