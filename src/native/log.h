/* Log lines on standard error. */
#ifndef MOCKET_NATIVE_LOG_H
#define MOCKET_NATIVE_LOG_H

#include <mocket.h>

/* "mocket: error: text": one write per line, so that threads do not mix. Control bytes are escaped, long lines are
 * cut. */
void mocket__log_stderr(int level, mocket_span line);

#endif
