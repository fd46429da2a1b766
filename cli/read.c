/* A pipe is a file too, so the end is where no more bytes come, and no size is asked for. */
#include "read.h"

#include <errno.h>
#include <stdio.h>

static int read_stream(FILE *from, struct mocket_buf *bytes)
{
    enum { STEP = 65536 };
    size_t most = bytes->len + CLI_FILE_MAX;
    while (!feof(from)) {
        char *room = mocket__buf_room(bytes, STEP);
        if (!room)
            return ENOMEM;
        bytes->len += fread(room, 1, STEP, from);
        if (ferror(from))
            return errno;
        if (bytes->len > most)
            return EFBIG;
    }
    return 0;
}

int mocket__cli_read(const char *path, struct mocket_buf *bytes)
{
    FILE *from = fopen(path, "rbe");
    if (!from)
        return errno;
    int rc = read_stream(from, bytes);
    fclose(from);
    return rc;
}
