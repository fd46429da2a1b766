/* The only functions that allocate. A test replaces the allocator to make each allocation fail once. */
#ifndef MOCKET_BASE_MEMORY_H
#define MOCKET_BASE_MEMORY_H

#include <stddef.h>

/* Works like realloc: ptr NULL allocates. Returns NULL when out of memory; ptr stays valid then. len > 0. */
void *mocket__realloc(void *ptr, size_t len);

/* Allocates zeroed memory. NULL when out of memory. */
void *mocket__new(size_t len);

/* Frees memory. ptr may be NULL. */
void mocket__free(void *ptr);

/* Copies len bytes and adds a NUL. NULL when out of memory. */
char *mocket__copy(const char *text, size_t len);

/* Marks a function that allocates and that most requests do not call. The compiler does not inline it into its callers,
 * which then save fewer registers, and places it away from them. */
#define MOCKET_COLD __attribute__((cold, noinline))

/* For tests: the functions above call hook instead of realloc. NULL: realloc again. */
void mocket__memory_hook(void *(*hook)(void *ptr, size_t len));

#endif
