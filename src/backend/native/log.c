/* What is logged may come from a client, so a line is escaped (base/escape.h): it is one line whatever it holds. */
#include "log.h"

#include <string.h>
#include <unistd.h>

#include "../../base/escape.h"

static const char *level_text(int level)
{
    static const char *const texts[] = { "mocket: error: ", "mocket: warning: ", "mocket: ", "mocket: debug: " };
    return texts[level < 0 ? 0 : level > 3 ? 3 : level];
}

void mocket__log_stderr(int level, mocket_span line)
{
    char text[MOCKET_LOG_LINE + 32];
    char *at = stpcpy(text, level_text(level));
    struct mocket_escaped done = mocket__escape(at, MOCKET_LOG_LINE, line);
    at = stpcpy(at + done.len, done.used < line.len ? MOCKET_LOG_CUT "\n" : "\n");
    ssize_t n = write(STDERR_FILENO, text, (size_t)(at - text));
    (void)n; /* there is nowhere to say that saying failed */
}
