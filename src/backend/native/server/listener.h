/* Where a server listens: one address as text, one listening descriptor for each worker. */
#ifndef MOCKET_NATIVE_LISTENER_H
#define MOCKET_NATIVE_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#define MOCKET_PROBLEM_LEN 512

struct mocket_listener {
    int *fds; /* -1: somebody else's by now */
    int count;
    bool local;     /* a Unix socket */
    bool secure;    /* TLS */
    bool redirects; /* every request is answered with a redirect to https; the caller sets it */
    char path[108]; /* of its file */
    dev_t device;
    ino_t inode;
    int port;      /* 0: a Unix socket */
    char url[320]; /* to show: "http://127.0.0.1:4000", "unix:/run/app.sock" */
};

/* address: as mocket_listen takes it. 0, or below zero with words in problem; *l needs no closing then. */
int mocket__listener_open(struct mocket_listener *l, const char *address, int count, char problem[MOCKET_PROBLEM_LEN]);

/* Closes what was not taken and removes the socket file, if it is still ours. A zeroed one is fine. */
void mocket__listener_close(struct mocket_listener *l);

#endif
