/* A thread of the server and its loop: accepts connections, serves them, stops. */
#ifndef MOCKET_NATIVE_SERVER_WORKER_H
#define MOCKET_NATIVE_SERVER_WORKER_H

#include "server.h"

/* Returns the name of a protocol that connections may begin as, the best one first; NULL behind the last. */
const char *mocket__worker_protocol(size_t i);

/* Opens the loop and its handles, listening. Returns 0 or below zero; mocket__worker_close is due either way. */
int mocket__worker_open(struct mocket_native_worker *w);
/* Serves until it was stopped and the last connection is gone. */
void mocket__worker_run(struct mocket_native_worker *w);
void mocket__worker_close(struct mocket_native_worker *w);
/* Stops it: requests under way may finish. Asked twice: at once. Any thread, and signal handlers. */
void mocket__worker_stop(struct mocket_native_worker *w);

#endif
