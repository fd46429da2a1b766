/* The linker takes this file from the library only when it is asked for the name below (cli/build.c). */
#include "trace.h"

const struct mocket_guest_trace mocket__guest_trace = { .request = mocket__trace };
