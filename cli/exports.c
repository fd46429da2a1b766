/* The whole module is read: it was written just now, and is small beside what it took to make it. */
#include "exports.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../src/wasm/sections.h"
#include "../src/base/span.h"

static bool read_whole(const char *path, char *bytes, size_t len)
{
    FILE *f = fopen(path, "rb");
    bool whole = f && fread(bytes, 1, len, f) == len;
    if (f)
        fclose(f);
    return whole;
}

bool mocket__cli_exports(const char *path, const char *name)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return false;
    size_t len = (size_t)st.st_size;
    char *bytes = malloc(len + 1);
    bool found = bytes && read_whole(path, bytes, len) &&
                 mocket__wasm_export_index((mocket_span){ bytes, len }, mocket__span(name)) != UINT32_MAX;
    free(bytes);
    return found;
}
