/* The message that mocket_error kept; apart from it, so that asking does not link printf. */
#include "event.h"

const char *mocket_error_text(const mocket_event *e)
{
    return e->error_text;
}
