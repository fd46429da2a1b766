/* WebSockets of a guest: there if the app links mocket_ws. */
#ifndef MOCKET_GUEST_SOCKET_H
#define MOCKET_GUEST_SOCKET_H

#include "../../core/backend.h"

struct mocket_guest_sockets {
    /* The sink's upgrade. */
    int (*upgrade)(struct mocket_sink *s, const struct mocket_response_head *head, struct mocket_socket *socket);
};

/* Weak: its address is NULL in an app without sockets. */
extern const struct mocket_guest_sockets mocket__guest_sockets __attribute__((weak));

/* Takes over what would end with mocket_handle: the instance's arena, which goes to *into, and the room of the message,
 * to be freed by mocket__free. */
char *mocket__guest_keep(struct mocket_arena *into);
/* Ends the use of what mocket_alloc gave for an event. NULL is fine. */
void mocket__guest_room_free(char *room);

#endif
