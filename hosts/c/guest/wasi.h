/* Between the files that make up preview 1. */
#ifndef MOCKET_HOSTS_C_GUEST_WASI_H
#define MOCKET_HOSTS_C_GUEST_WASI_H

#include "imports.h"
#include "wasi_errno.h"

#define WASI_MODULE "wasi_snapshot_preview1"
#define WASI_STDIO 3u /* descriptors below it are standard input, output and error */

/* The result of a function: a code. */
static inline const char *wasi_answer(union engine_slot *s, int code)
{
    s[0].words[0] = 0;
    s[0].i32 = code;
    return NULL;
}

/* 0 or EFAULT, whatever the two results were. */
static inline const char *wasi_stored(union engine_slot *s, int first, int second)
{
    return wasi_answer(s, first < 0 || second < 0 ? WASI_EFAULT : WASI_OK);
}

/* What an errno of this system is to a guest. */
int wasi_errno(int number);

#endif
