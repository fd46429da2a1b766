/* The functions of libc that the sources shared with hosts and guests call. Compiled with -fno-builtin, so that none of
 * them becomes a call of itself. Copies are instructions of bulk memory. */
#include <stddef.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    __asm__ volatile("local.get %0\n\tlocal.get %1\n\tlocal.get %2\n\tmemory.copy 0, 0" ::"r"(to), "r"(from), "r"(len)
                     : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    return memcpy(to, from, len);
}

void *memset(void *to, int byte, size_t len)
{
    __asm__ volatile("local.get %0\n\tlocal.get %1\n\tlocal.get %2\n\tmemory.fill 0" ::"r"(to), "r"(byte), "r"(len)
                     : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < len; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

void *memchr(const void *bytes, int byte, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        if (at[i] == (unsigned char)byte)
            return (void *)(at + i);
    return NULL;
}

size_t strlen(const char *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

char *strchr(const char *text, int byte)
{
    for (; *text != (char)byte; text++)
        if (*text == '\0')
            return NULL;
    return (char *)text;
}
