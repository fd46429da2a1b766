/* Arguments and environment for the app (port_texts), from wasi:cli/environment. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_TEXTS_H
#define MOCKET_HOSTS_ADAPTER_WASI_TEXTS_H

#include "../core/preview1.h"

/* Hides arguments from the app: so many behind the name of the program. port_texts was called for the arguments. */
void wasi_arguments_drop(size_t count);

#endif
