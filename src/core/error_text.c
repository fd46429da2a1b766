/* Returns the message that mocket_error stored. It is a file of its own, so that it does not link printf. */
#include "event.h"

const char *mocket_error_text(const mocket_event *e)
{
    return e->error_text;
}
