/* The files of a bundle, in memory: everything is read and checked before anything is written. */
#ifndef MOCKET_CLI_BUNDLE_FILES_H
#define MOCKET_CLI_BUNDLE_FILES_H

#include "../../src/base/buf.h"

struct bundle_file {
    char *name; /* relative to the bundle, with `/` between folders */
    struct mocket_buf bytes;
    bool is_program;
};

/* A zeroed list is ready to use. */
struct bundle_files {
    struct bundle_file *rows;
    size_t count, cap;
};

/* Adds an empty file. Returns NULL when memory is exhausted. The pointer is valid until the next file is added. */
struct bundle_file *bundle_files_add(struct bundle_files *files, mocket_span name);
/* The file with this name; NULL when there is none. */
const struct bundle_file *bundle_files_find(const struct bundle_files *files, mocket_span name);
/* By name. */
void bundle_files_sort(struct bundle_files *files);
void bundle_files_release(struct bundle_files *files);

#endif
