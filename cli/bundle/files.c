/* A few dozen files: a list that is searched from its beginning. */
#include "files.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/base/memory.h"
#include "../../src/base/span.h"

struct bundle_file *bundle_files_add(struct bundle_files *files, mocket_span name)
{
    if (files->count == files->cap) {
        size_t cap = files->cap ? 2 * files->cap : 32;
        struct bundle_file *rows = mocket__realloc(files->rows, cap * sizeof *rows);
        if (!rows)
            return NULL;
        files->rows = rows;
        files->cap = cap;
    }
    char *copy = mocket__copy(name.ptr, name.len);
    if (!copy)
        return NULL;
    struct bundle_file *file = &files->rows[files->count++];
    *file = (struct bundle_file){ .name = copy };
    return file;
}

const struct bundle_file *bundle_files_find(const struct bundle_files *files, mocket_span name)
{
    for (size_t i = 0; i < files->count; i++)
        if (mocket__span_eq(mocket__span(files->rows[i].name), name))
            return &files->rows[i];
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bundle_file *)a)->name, ((const struct bundle_file *)b)->name);
}

void bundle_files_sort(struct bundle_files *files)
{
    if (files->count > 0)
        qsort(files->rows, files->count, sizeof *files->rows, by_name);
}

void bundle_files_release(struct bundle_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        mocket__free(files->rows[i].name);
        mocket__buf_release(&files->rows[i].bytes);
    }
    mocket__free(files->rows);
    *files = (struct bundle_files){ 0 };
}
