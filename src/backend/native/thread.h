/* Threads of the server beside its first one, and which signals a thread receives. */
#ifndef MOCKET_NATIVE_THREAD_H
#define MOCKET_NATIVE_THREAD_H

#include <signal.h>
#include <uv.h>

/* Starts a thread that receives no signals but those of its own faults. 0 or below zero. */
int mocket__thread_start(uv_thread_t *thread, void (*run)(void *arg), void *arg);

/* Blocks signals in the calling thread: all except the ones that a fault of the thread itself raises, such as SIGSEGV.
 * Stores the thread's previous signal mask in *before; pthread_sigmask restores it. */
void mocket__thread_block_signals(sigset_t *before);

#endif
