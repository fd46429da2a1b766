/* The log of app and adapter: lines are escaped, cut at 4 KiB, and bounded in rate (docs/abi.md, `log`). */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_LOG_H
#define MOCKET_HOSTS_ADAPTER_CORE_LOG_H

#include "port.h"

/* The line as a port writes it: with a newline, behind the word of its level. Lines of the level INFO and what the app
 * writes to its descriptors have no word. Valid until the next call. */
mocket_span adapter_log_written(int level, mocket_span line);
/* Writes the text as one line. */
void adapter_log_line(int level, mocket_span line);
/* Writes each line of the text. */
void adapter_log(int level, mocket_span text);
/* The same, with the request's method and target in front. */
void adapter_log_request(struct adapter_exchange *x, int level, mocket_span text);
/* Appends bytes to an unfinished line, and logs each line that they complete. which: 0 and 1 for the descriptors 1 and
 * 2, 2 for println. */
void adapter_log_add(struct adapter *a, unsigned which, mocket_span bytes);
/* Logs what there is of unfinished lines. */
void adapter_log_flush(struct adapter *a);

#endif
