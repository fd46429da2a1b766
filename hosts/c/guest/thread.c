/* A new thread inherits the signal mask of the thread that starts it. So everything is blocked for as long as that
 * takes: blocking in the new thread itself would leave a moment in which it could be interrupted. */
#include "thread.h"

#include <mocket.h>
#include <pthread.h>
#include <signal.h>

int guest_thread_start(uv_thread_t *thread, void (*run)(void *arg), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = uv_thread_create(thread, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc < 0 ? MOCKET_ELIMIT : 0;
}
