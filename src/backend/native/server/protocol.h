/* What bytes on a connection mean. A protocol is a table of functions; its data for a connection is the session, which
 * connection->session points to. An idle connection has none.
 *
 * Functions are called within mocket__schedule_enter and leave: a handler that one of them wakes does not run before
 * the function returns, and a session ends only where the protocol itself ends it. left and closed are called on either
 * stack, all others on the loop's.
 *
 * A protocol can hand the connection to another one, which may hand it back (mocket__connection_hand_over). It never
 * touches the descriptor: it reads connection->in, and writes to connection->out or to the worker's buffer. */
#ifndef MOCKET_NATIVE_SERVER_PROTOCOL_H
#define MOCKET_NATIVE_SERVER_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "../../../base/account.h"
#include "timeouts.h"

struct mocket_connection;

/* What a protocol needs of its connection, beside its end. */
enum mocket_need {
    MOCKET_NEED_NOTHING,    /* nothing is under way: the connection may end */
    MOCKET_NEED_CONNECTION, /* something is under way */
    MOCKET_NEED_INPUT       /* something is under way that points into the input */
};

struct mocket_protocol {
    const char *name;        /* in the choice of TLS (ALPN); NULL: it is not chosen there */
    enum mocket_charge part; /* unsent bytes are charged as this */
    size_t goodbye_len;      /* bytes of the last message at most: in class CLOSING, taking these is no sign of life */

    /* Does what can be done now, then calls mocket__connection_settle. Called when the connection begins, and when
     * another protocol hands it over. The connection may be gone afterwards. */
    void (*work)(struct mocket_connection *c);
    /* Before more bytes are read. Returns false if there is no memory for them. */
    bool (*prepare)(struct mocket_connection *c);
    /* Bytes may have been read: they are at the end of connection->in. */
    void (*received)(struct mocket_connection *c, bool some);
    /* Unsent bytes were all sent. */
    void (*sent)(struct mocket_connection *c);
    /* The client has ended its sending side. */
    void (*ended)(struct mocket_connection *c);
    /* The client is silent (it hung up: bytes from before that may still come), or gone (the connection closes). What
     * waits for it learns that. */
    void (*left)(struct mocket_connection *c);
    /* There is no memory for what the client sends. */
    void (*no_room)(struct mocket_connection *c);
    /* Returns whether no more input is wanted now. */
    bool (*is_full)(const struct mocket_connection *c);
    enum mocket_need (*need)(const struct mocket_connection *c);
    /* Returns the time limit that holds now. */
    enum mocket_timeout_class (*time_class)(const struct mocket_connection *c);
    /* The time of a class that only the protocol knows is up: HEAD, BODY or SOCKET. */
    void (*timed_out)(struct mocket_connection *c);
    /* Answers that the connection is one too many; the answer is its last one. Only of a connection's first
     * protocol. */
    void (*refuse)(struct mocket_connection *c);
    /* The server stops: what is idle closes, what is under way ends soon. */
    void (*stop)(struct mocket_connection *c);
    /* The connection closes: what has not begun is dropped. What is under way ends its session later, and calls
     * mocket__connection_end_session then. NULL: nothing to drop. */
    void (*closed)(struct mocket_connection *c);
    /* The protocol that this one handed the connection to hands it back. orderly: it has ended as it should. NULL: this
     * one hands no connection over. The connection may be gone afterwards. */
    void (*regained)(struct mocket_connection *c, bool orderly);
};

#endif
