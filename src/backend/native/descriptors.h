/* Division of the process's descriptors; mocket__native_descriptors (native.h) does the rest. */
#ifndef MOCKET_BACKEND_NATIVE_DESCRIPTORS_H
#define MOCKET_BACKEND_NATIVE_DESCRIPTORS_H

#include <stddef.h>

enum mocket_descriptors_use {
    MOCKET_USE_CONNECTIONS, /* of clients */
    MOCKET_USE_FILES,
    MOCKET_USE_OUTGOING,
    MOCKET_USE_COUNT
};

/* A use that wants less than its part gets it whole; the others divide the rest. Connections count twice. */
void mocket__descriptors_divide(const size_t wanted[MOCKET_USE_COUNT], size_t left, size_t granted[MOCKET_USE_COUNT]);

#endif
