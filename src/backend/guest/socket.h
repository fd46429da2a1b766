/* WebSockets of a guest. Linked only if the app uses mocket_ws. */
#ifndef MOCKET_GUEST_SOCKET_H
#define MOCKET_GUEST_SOCKET_H

#include "../../core/backend.h"

struct mocket_guest_sockets {
    /* The sink's upgrade. */
    int (*upgrade)(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket);
};

/* Weak: its address is NULL in an app without sockets. */
extern const struct mocket_guest_sockets mocket__guest_sockets __attribute__((weak));

/* Takes over memory that would end with mocket_handle: moves the instance's arena to *into, and returns the room of the
 * message, which the caller frees with mocket__free. */
char *mocket__guest_keep(struct mocket_arena *into);
/* Frees memory of mocket_alloc for an event. room may be NULL. */
void mocket__guest_room_free(char *room);

#endif
