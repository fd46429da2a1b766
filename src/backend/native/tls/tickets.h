/* Keys of session tickets. A client that returns with a ticket is spared the larger part of a handshake. A key makes
 * tickets for MOCKET_TICKET_KEY_S seconds, and reads them for as long as a ticket lives. Then the key is erased, so
 * that nobody can read what its tickets protect. */
#ifndef MOCKET_NATIVE_TLS_TICKETS_H
#define MOCKET_NATIVE_TLS_TICKETS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define MOCKET_TICKET_KEY_S 3600u
#define MOCKET_TICKET_LIFE_S 7200u
#define MOCKET_TICKET_KEYS 3 /* the present one, and those whose tickets may live */
#define MOCKET_TICKET_NAME 16

struct mocket_ticket_key {
    unsigned char name[MOCKET_TICKET_NAME], cipher[32], mac[32];
    uint64_t made_s;
};

struct mocket_tickets {
    uv_mutex_t lock;
    struct mocket_ticket_key keys[MOCKET_TICKET_KEYS]; /* the present one first; made_s 0: none */
};

/* Returns false if the system has no mutex. */
bool mocket__tickets_init(struct mocket_tickets *t);
void mocket__tickets_release(struct mocket_tickets *t);

/* Copies the key that makes tickets at that time, in seconds from 1 on, to *out. Returns false if there are no random
 * bytes. */
bool mocket__tickets_present(struct mocket_tickets *t, uint64_t now_s, struct mocket_ticket_key *out);
enum mocket_ticket_age { MOCKET_TICKET_UNKNOWN, MOCKET_TICKET_PRESENT, MOCKET_TICKET_OLD };
/* Copies the key of that name to *out, unless it is unknown or too old. */
enum mocket_ticket_age mocket__tickets_find(struct mocket_tickets *t, uint64_t now_s,
                                            const unsigned char name[MOCKET_TICKET_NAME],
                                            struct mocket_ticket_key *out);

/* Lets a context make and read tickets with these keys. */
void mocket__tickets_use(struct mocket_tickets *t, SSL_CTX *context);

#endif
