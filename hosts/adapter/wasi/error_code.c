/* Cases by their numbers in world.wit. */
#include "error_code.h"

#include <mocket.h>

enum {
    DNS_TIMEOUT = 0,
    IP_PROHIBITED = 4,
    CONNECTION_TERMINATED = 7,
    CONNECTION_TIMEOUT = 8,
    READ_TIMEOUT = 9,
    WRITE_TIMEOUT = 10,
    CONNECTION_LIMIT = 11,
    REQUEST_DENIED = 15,
    RESPONSE_TIMEOUT = 33
};

int wasi_error_code(unsigned which)
{
    switch (which) {
    case DNS_TIMEOUT:
    case CONNECTION_TIMEOUT:
    case READ_TIMEOUT:
    case WRITE_TIMEOUT:
    case RESPONSE_TIMEOUT:
        return MOCKET_ETIMEDOUT;
    case IP_PROHIBITED:
    case REQUEST_DENIED:
        return MOCKET_EDENIED;
    case CONNECTION_LIMIT:
        return MOCKET_ELIMIT;
    case CONNECTION_TERMINATED:
        return MOCKET_ECLOSED;
    default:
        return MOCKET_EIO;
    }
}
