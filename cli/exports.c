/* The export section of a module (WebAssembly core specification, 5.5.10): a count, and for each export its name, a
 * byte for its kind and its index. Sections before it are skipped by their lengths. */
#include "exports.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SECTION_EXPORTS 7

/* An unsigned number in LEB128, at most 32 bits; false at its end or when it is too long. */
static bool read_number(FILE *f, uint32_t *out)
{
    *out = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        int byte = getc(f);
        if (byte == EOF)
            return false;
        *out |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool skip(FILE *f, uint32_t len)
{
    return fseek(f, (long)len, SEEK_CUR) == 0;
}

/* To the contents of the section. */
static bool find_section(FILE *f, int wanted)
{
    uint32_t len;
    int id;
    while ((id = getc(f)) != EOF && read_number(f, &len)) {
        if (id == wanted)
            return true;
        if (!skip(f, len))
            return false;
    }
    return false;
}

/* Takes len bytes: are they the name? */
static bool is_next(FILE *f, uint32_t len, const char *name)
{
    char text[64];
    if (len == strlen(name) && len <= sizeof text)
        return fread(text, 1, len, f) == len && memcmp(text, name, len) == 0;
    skip(f, len); /* beyond the end: whoever reads on finds it */
    return false;
}

static bool in_module(FILE *f, const char *name)
{
    uint32_t count, len, index;
    char head[8];
    if (fread(head, 1, sizeof head, f) != sizeof head || memcmp(head, "\0asm\1\0\0\0", sizeof head) != 0 ||
        !find_section(f, SECTION_EXPORTS) || !read_number(f, &count))
        return false;
    for (; count > 0; count--) {
        if (!read_number(f, &len))
            return false;
        if (is_next(f, len, name))
            return true;
        if (getc(f) == EOF || !read_number(f, &index))
            return false;
    }
    return false;
}

bool mocket__cli_exports(const char *path, const char *name)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    bool found = in_module(f, name);
    fclose(f);
    return found;
}
