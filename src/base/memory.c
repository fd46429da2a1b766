/* Every allocation of the library uses one function, so that a test can make the n-th allocation fail. The hook is the
 * library's only mutable static. Only tests set it, before threads exist. */
#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *(*hook)(void *ptr, size_t len);

void mocket__memory_hook(void *(*replacement)(void *ptr, size_t len))
{
    hook = replacement;
}

void *mocket__realloc(void *ptr, size_t len)
{
    return hook ? hook(ptr, len) : realloc(ptr, len);
}

void *mocket__new(size_t len)
{
    void *ptr = mocket__realloc(NULL, len);
    if (ptr)
        memset(ptr, 0, len);
    return ptr;
}

void mocket__free(void *ptr)
{
    free(ptr);
}

char *mocket__copy(const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? mocket__realloc(NULL, len + 1) : NULL;
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
