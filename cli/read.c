/* A pipe is a file too, so the end is where no more bytes come. The size of a regular file is asked for only to refuse
 * what is too large before memory is filled with it. */
#include "read.h"

#include <errno.h>
#include <sys/stat.h>

int mocket__cli_read_stream(FILE *from, struct mocket_buf *bytes)
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
    struct stat st;
    FILE *from = fopen(path, "rbe");
    if (!from)
        return errno;
    bool too_large = fstat(fileno(from), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > (off_t)CLI_FILE_MAX;
    int rc = too_large ? EFBIG : mocket__cli_read_stream(from, bytes);
    fclose(from);
    return rc;
}

/* The last failure counts: it is the reason where a disk is full. */
int mocket__cli_close(FILE *to)
{
    bool failed = ferror(to) || fflush(to) != 0;
    int why = !failed ? 0 : errno ? errno : EIO;
    return fclose(to) != 0 && why == 0 ? errno : why;
}

bool mocket__cli_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}
