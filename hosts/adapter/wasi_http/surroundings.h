/* What adapters for hosts of WASI 0.2 share beside the functions of port.h. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP_SURROUNDINGS_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP_SURROUNDINGS_H

#include "../core/preview1.h"

/* Hides arguments from the app: so many behind the name of the program. port_texts was called for the arguments. */
void wasi_arguments_drop(size_t count);

#endif
