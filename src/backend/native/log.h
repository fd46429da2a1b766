/* Log lines on standard error. */
#ifndef MOCKET_NATIVE_LOG_H
#define MOCKET_NATIVE_LOG_H

#include <mocket.h>

/* "mocket: error: text": one write per line, so that lines of several threads do not mix. The text is escaped and cut
 * (base/escape.h). The write blocks while nobody reads standard error. */
void mocket__log_stderr(int level, mocket_span line);

#endif
