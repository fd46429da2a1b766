/* Files as a whole. */
#ifndef MOCKET_CLI_READ_H
#define MOCKET_CLI_READ_H

#include "../src/base/buf.h"

#define CLI_FILE_MAX ((size_t)1 << 30) /* bytes of a file that is read */

/* Appends the bytes of a file. 0, or what errno is for it: EFBIG above CLI_FILE_MAX. */
int mocket__cli_read(const char *path, struct mocket_buf *bytes);

#endif
