/* Lines of the log on the descriptors of wasi:cli (port_log). */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_LOG_H
#define MOCKET_HOSTS_ADAPTER_WASI_LOG_H

#include "../core/port.h"

/* The port's: writes all of the text to stdout or stderr. A platform that takes no more of it is no error. */
void wasi_log_write(bool to_output, mocket_span text);

#endif
