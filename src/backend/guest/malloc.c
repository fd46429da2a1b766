/* The C library's allocator for the whole module, out of src/base/heap.c: 2 KB of code instead of wasi-libc's 11.6 KB.
 *
 * The linker takes this file instead of wasi-libc's dlmalloc.o, because the guest library comes first. So it defines
 * every name of that object and no other: a missing one would bring both, and the names twice; so would a name that
 * only this file has in an app with another allocator. An app that has its own malloc keeps it, and `mocket build
 * app.c -lc` links wasi-libc's, which then comes first.
 *
 * The heap begins with what the linker left behind the data, and goes on with memory.grow. Other code of the app may
 * grow the memory too. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/heap.h"

#define PAGE ((size_t)65536)
#define PAGES_MAX 65535 /* one less than 4 GiB: the end of the memory is an address */
#define WORTH_IT 1024   /* bytes behind the data */

extern char __heap_base, __heap_end; /* the linker's */

static char *more_memory(struct mocket_heap *heap, size_t *len)
{
    size_t rest = (size_t)(&__heap_end - &__heap_base), present = __builtin_wasm_memory_size(0);
    if (!heap->end && rest >= WORTH_IT) {
        *len = present > PAGES_MAX ? rest - PAGE : rest;
        return &__heap_base;
    }
    size_t pages = (*len + PAGE - 1) / PAGE;
    if (pages > PAGES_MAX - present || __builtin_wasm_memory_grow(0, pages) == SIZE_MAX)
        return NULL;
    *len = pages * PAGE;
    return (char *)(present * PAGE); /* NOLINT(performance-no-int-to-ptr) */
}

/* The module's; like its memory there is one. */
static struct mocket_heap heap = { .grow = more_memory };

static void *found(void *piece)
{
    if (!piece)
        errno = ENOMEM;
    return piece;
}

void *malloc(size_t len)
{
    return found(mocket__heap_take(&heap, len));
}

void free(void *piece)
{
    mocket__heap_give(&heap, piece);
}

void *calloc(size_t count, size_t each)
{
    size_t len;
    if (__builtin_mul_overflow(count, each, &len))
        len = SIZE_MAX;
    void *piece = found(mocket__heap_take(&heap, len));
    if (piece)
        memset(piece, 0, len);
    return piece;
}

void *realloc(void *piece, size_t len)
{
    return found(piece ? mocket__heap_resize(&heap, piece, len) : mocket__heap_take(&heap, len));
}

static bool is_power_of_two(size_t align)
{
    return align > 0 && (align & (align - 1)) == 0;
}

void *aligned_alloc(size_t align, size_t len)
{
    if (is_power_of_two(align))
        return found(mocket__heap_take_aligned(&heap, align, len));
    errno = EINVAL;
    return NULL;
}

int posix_memalign(void **out, size_t align, size_t len)
{
    if (align < sizeof(void *) || !is_power_of_two(align))
        return EINVAL;
    void *piece = mocket__heap_take_aligned(&heap, align, len);
    if (!piece)
        return ENOMEM;
    *out = piece;
    return 0;
}

size_t malloc_usable_size(void *piece)
{
    return piece ? mocket__heap_room(piece) : 0;
}

/* Further names of wasi-libc's object. */
void *__libc_malloc(size_t len) __attribute__((alias("malloc")));
void *__libc_calloc(size_t count, size_t each) __attribute__((alias("calloc")));
void __libc_free(void *piece) __attribute__((alias("free")));
