/* The one door to the heap. A test replaces it to make every allocation fail once. */
#ifndef MOCKET_BASE_MEMORY_H
#define MOCKET_BASE_MEMORY_H

#include <stddef.h>

/* realloc's rules: ptr NULL allocates. NULL when there is no memory; ptr then stays valid. len > 0. */
void *mocket__realloc(void *ptr, size_t len);

/* Zeroed; NULL when there is no memory. */
void *mocket__new(size_t len);

/* NULL is fine. */
void mocket__free(void *ptr);

/* A copy of len bytes with a NUL behind; NULL when there is no memory. */
char *mocket__copy(const char *text, size_t len);

/* Tests only: all of the above asks hook instead of realloc (NULL: realloc again). */
void mocket__memory_hook(void *(*hook)(void *ptr, size_t len));

#endif
