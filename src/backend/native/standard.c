/* Standard descriptors that are closed. A program that is started without one of descriptors 0 to 2 gets that number
 * for the next thing that it opens: log lines then go into a client's connection or into a file, and libuv aborts. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "native.h"

#define LAST STDERR_FILENO

int mocket__native_standard(void)
{
    for (int fd = 0; fd <= LAST; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        int opened =
            open("/dev/null", O_RDWR); /* the lowest that is free: fd itself. Inherited, as such descriptors are */
        if (opened < 0)
            return MOCKET_EIO;
        if (opened != fd) { /* another thread was faster */
            close(opened);
            return MOCKET_EIO;
        }
    }
    return 0;
}
