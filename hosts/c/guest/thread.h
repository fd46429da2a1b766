/* Threads of the host that are not workers. */
#ifndef MOCKET_HOSTS_C_GUEST_THREAD_H
#define MOCKET_HOSTS_C_GUEST_THREAD_H

#include <uv.h>

/* Starts a thread to which the system delivers no signals: they are for the threads that expect them. 0, or
 * MOCKET_ELIMIT: the system has no thread for it. */
int guest_thread_start(uv_thread_t *thread, void (*run)(void *arg), void *arg);

#endif
