/* Compiling in a child process, whose processor time and memory are limited.
 *
 * The engine's compiler cannot be interrupted, and there are small modules that it never finishes. So the host starts
 * its own program again as a child with the verb `compile-child`, and passes the module to it. The child compiles it
 * and returns the compiled module in a sealed file in memory. The parent kills a child that takes too long. A child
 * whose parent ends is killed by the kernel. */
#ifndef MOCKET_HOSTS_C_ENGINE_COMPILE_H
#define MOCKET_HOSTS_C_ENGINE_COMPILE_H

#include "engine.h"

#define COMPILE_VERB "compile-child" /* argv[1] of the child */

struct compile_opts {
    uint64_t cpu_ms;          /* processor time, rounded up to seconds; 0: no limit */
    uint64_t memory_bytes;    /* private writable memory of the child; 0: no limit */
    const char *program;      /* NULL: the running one */
    void (*slow)(void *data); /* called once, when the child has run for a second; NULL is fine */
    void *data;
};

/* By the clock a child may take COMPILE_WALL times its processor time: it may have to share a processor. */
#define COMPILE_WALL 5

/* A compiled module: a read-only mapping. */
struct compile_result {
    mocket_span code;
};

/* 0; MOCKET_EINVAL (the engine does not take this module); MOCKET_ELIMIT (a limit was reached); MOCKET_EIO (no child
 * could be started, or it failed); MOCKET_ENOMEM. */
int compile_run(const struct compile_opts *opts, const struct engine *engine, mocket_span wasm,
                struct compile_result *out, struct mocket_buf *why);
void compile_release(struct compile_result *result); /* zeroed is fine */

/* The main function of the child. Returns only if this process was not started by compile_run. */
void compile_child(void);

#endif
