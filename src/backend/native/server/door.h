/* What plain listeners answer in the app's place: redirects to https, and challenges of ACME, by which a certificate
 * authority sees that the server belongs to its domain. */
#ifndef MOCKET_NATIVE_SERVER_DOOR_H
#define MOCKET_NATIVE_SERVER_DOOR_H

#include <mocket.h>
#include <stdbool.h>

#define MOCKET_CHALLENGES "/.well-known/acme-challenge/"

struct mocket_door {
    mocket_app *app;        /* answers what the door takes */
    const char *challenges; /* the folder in which a client of ACME makes .well-known/acme-challenge; NULL: none */
    int https_port;         /* 0: there is none */
};

/* challenges lives as long as the door. NULL when out of memory. */
struct mocket_door *mocket__door_new(const char *challenges, int https_port);
/* NULL is allowed. */
void mocket__door_free(struct mocket_door *d);

/* Does the door answer a request for this target? redirects: the listener has no app. */
bool mocket__door_takes(const struct mocket_door *d, mocket_span target, bool redirects);

#endif
