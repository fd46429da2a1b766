/* Preview 1 of WASI for the app, on platforms whose adapter must provide it (components). Adapters that are merged into
 * the app's module leave preview 1 to the platform. What a port owes for it: */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_PREVIEW1_H
#define MOCKET_HOSTS_ADAPTER_CORE_PREVIEW1_H

#include "port.h"

enum port_text_kind { PORT_ARGUMENTS, PORT_ENVIRONMENT /* NAME=value */ };
/* All texts of a kind, each with its NUL behind it, in memory that stays; *count of them. ptr NULL: there are none. */
mocket_span port_texts(enum port_text_kind kind, size_t *count);

#endif
