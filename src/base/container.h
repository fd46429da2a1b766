/* From a member of a struct to the struct. */
#ifndef MOCKET_BASE_CONTAINER_H
#define MOCKET_BASE_CONTAINER_H

#include <stddef.h>

/* The struct of this type whose `member` is *ptr. Not const, whatever ptr is. ptr is evaluated once and never NULL. */
#define MOCKET_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
