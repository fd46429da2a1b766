/* Files as a whole. */
#ifndef MOCKET_CLI_READ_H
#define MOCKET_CLI_READ_H

#include <stdbool.h>
#include <stdio.h>

#include "../src/base/buf.h"

#define CLI_FILE_MAX ((size_t)1 << 30) /* bytes of a file that is read */

/* Appends the bytes of a stream up to its end; the result is that of mocket__cli_read. */
int mocket__cli_read_stream(FILE *from, struct mocket_buf *bytes);

/* Appends the bytes of a file. 0, or what errno is for it: EFBIG above CLI_FILE_MAX. */
int mocket__cli_read(const char *path, struct mocket_buf *bytes);

/* Closes a stream that was written to. 0, or what errno is for it if not everything could be written. */
int mocket__cli_close(FILE *to);

/* Returns whether both paths lead to the same file, which exists. */
bool mocket__cli_same_file(const char *a, const char *b);

#endif
