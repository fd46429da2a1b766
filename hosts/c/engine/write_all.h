/* Writing all bytes to a file, in as many calls as it takes. */
#ifndef MOCKET_HOSTS_C_ENGINE_WRITE_ALL_H
#define MOCKET_HOSTS_C_ENGINE_WRITE_ALL_H

#include <errno.h>
#include <mocket.h>
#include <unistd.h>

/* 0, or MOCKET_EIO and errno. */
static inline int engine_write_all(int fd, const void *from, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, (const char *)from + at, len - at);
        if (n < 0 && errno != EINTR)
            return MOCKET_EIO;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

#endif
