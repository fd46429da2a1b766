/* Signals go to the thread that watches them; other threads block all but those of their own faults, which kill a
 * process that blocks them without asking its handlers. */
#include "thread.h"

void mocket__thread_block_signals(sigset_t *before)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS };
    sigset_t others;
    sigfillset(&others);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&others, faults[i]);
    pthread_sigmask(SIG_SETMASK, &others, before);
}

int mocket__thread_start(uv_thread_t *thread, void (*run)(void *arg), void *arg)
{
    sigset_t old;
    mocket__thread_block_signals(&old);
    int rc = uv_thread_create(thread, run, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}
