/* The front of a request (request.h): the middleware that hands it to a guest and passes the guest's answer on. */
#ifndef MOCKET_HOSTS_C_GUEST_FRONT_H
#define MOCKET_HOSTS_C_GUEST_FRONT_H

#include <mocket.h>

/* A middleware that covers everything and never calls mocket_next. The app's worker state is a guest_worker; where
 * there is none (it could not be made) the answer is 503. */
int guest_front_forward(mocket_event *e);

#endif
