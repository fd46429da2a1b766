/* What the native backend offers to programs that are apps of a special kind: the wasm host. Everything else uses
 * mocket.h. */
#ifndef MOCKET_NATIVE_NATIVE_H
#define MOCKET_NATIVE_NATIVE_H

#include <mocket.h>
#include <uv.h>

#include "../../base/account.h"
#include "../../core/backend.h"

/* ---- Parking: a handler waits, its worker serves others ----
 * Handlers run on fibers. A park moves to the loop's own stack, calls begin there, and resumes the handler when unpark
 * is called with the same park: from begin itself, or later, always on the same thread and exactly once. */
struct mocket_park;

/* Waits; returns what unpark was given. begin runs on the loop's stack, which is a thread's: large, with the system's
 * guard page. gone is called on the loop's stack, at most once and only between begin
 * and unpark, when the client has left; it sees to it that unpark comes soon (with MOCKET_ECLOSED, say), or calls it. A
 * client that only shut its sending side looks the same as one that left; what is answered is still sent. NULL: never
 * told. */
int mocket__native_park_until(mocket_event *e, void (*begin)(void *arg, struct mocket_park *park),
                              void (*gone)(void *arg, struct mocket_park *park), void *arg);
void mocket__native_unpark(struct mocket_park *park, int result);

/* A handler that waits in mocket_read for a body that has not come goes on with MOCKET_EAGAIN, which its read returns;
 * the body can be read on later. Does nothing otherwise. Loop's stack. */
void mocket__native_interrupt(mocket_event *e);

/* The handler goes on when others had their turn: 0, or MOCKET_ECLOSED when the client has left. */
int mocket__native_yield(mocket_event *e);

/* What to start a timer with that shall fire when at least ms milliseconds have passed, however old the loop's clock
 * is. Setting that clock instead would be unfair in a timer's callback: libuv runs timers for as long as one is due. */
uint64_t mocket__native_delay(const uv_loop_t *loop, uint64_t ms);

/* Is the connection lost? What is answered goes nowhere then. */
bool mocket__native_is_gone(mocket_event *e);

/* The loop of the worker that runs this event. */
uv_loop_t *mocket__native_loop(mocket_event *e);

/* Outgoing requests of that worker. Who needs a pool first puts it there, and with it what will free it when the worker
 * ends: an app that fetches nothing is not linked with any of it. */
struct mocket_native_client {
    size_t connections_max;
    struct mocket_pool *pool;
    void (*end)(struct mocket_pool *pool);
};
struct mocket_native_client *mocket__native_client(mocket_event *e);

/* ---- WebSockets of the host ----
 * A handler accepts by setting response kind MOCKET_BODY_UPGRADE, status 101, its fields and a struct mocket_socket
 * with on_event (src/core/socket.h), and returning 0. Events come on the loop's stack; data lives until on_event
 * returns. The socket's ops may be used from MOCKET_WS_OPEN until MOCKET_WS_CLOSED has been handled, but for wait. */

/* hold: no further message is delivered and, beyond a little, none is read, until it is called again without. Pings are
 * answered meanwhile, and MOCKET_WS_CLOSED comes all the same. */
void mocket__native_ws_hold(struct mocket_socket *s, bool hold);
/* Bytes that the client has not taken yet. */
size_t mocket__native_ws_backlog(const struct mocket_socket *s);
/* Told once, on the loop's stack, when send answers something else than MOCKET_EAGAIN again. */
void mocket__native_ws_when_writable(struct mocket_socket *s, void (*tell)(struct mocket_socket *s));

/* ---- Descriptors ---- */

#define MOCKET_NATIVE_FILES 1024u   /* that handlers are expected to open */
#define MOCKET_NATIVE_OUTGOING 512u /* connections of a worker to other servers */
#define MOCKET_DESCRIPTORS_TEXT 320

/* The budget of a process. */
struct mocket_descriptors {
    size_t workers, listeners; /* at least one; addresses */
    size_t others;             /* of the caller's own, beside what is open already */
    /* Shares: what is wanted, then what there is. */
    size_t connections; /* of clients, of all workers */
    size_t files;
    size_t outgoing; /* connections of each worker to other servers; 0: none */
    /* What follows from them: */
    size_t refused; /* connections of a worker that are told in peace that they are one too many */
};

/* Raises the process's limit to what is wanted. False: it cannot be raised so far; the shares are smaller, and problem
 * says so. */
bool mocket__native_descriptors(struct mocket_descriptors *d, char problem[MOCKET_DESCRIPTORS_TEXT]);
/* What so many connections to other servers may need: some are tried at two addresses at once. */
size_t mocket__native_outgoing_descriptors(size_t connections);

/* ---- Serving with more say than mocket_listen gives ---- */

/* A request whose answer was handed over, or that was refused before any handler saw it. */
struct mocket_native_done {
    void *worker;                         /* of mocket_on_worker */
    const struct mocket_message *message; /* NULL: there was no complete and valid head */
    const char *peer;                     /* "" for local clients, or where peer_unknown is set */
    bool peer_unknown;                    /* fields of trusted proxies contradict each other */
    int status;                           /* 0: none was sent */
    bool complete;                        /* the whole answer was handed over */
    uint64_t body_in, body_out;           /* bytes of bodies */
    uint64_t began_ns;                    /* by uv_hrtime, when the head was complete; 0: it never was */
};

#define MOCKET_ADDRESS_FORMS "host:port, :port, [v6]:port (with https:// before it for TLS) or unix:path"

/* True if address has a form that mocket_listen takes. Listening on it may still fail. */
bool mocket__native_is_address(const char *address);
/* True if address asks for TLS: it begins with https://, in any case. */
bool mocket__native_is_secure(const char *address);
/* The port of host:port, :port or [v6]:port, with or without https://; 0 stands for any free port. -1 for every other
 * text, unix:path too. */
int mocket__native_port(const char *address);

/* What TLS is made of. Files are in PEM form. */
struct mocket_native_tls {
    /* A list. A client gets the certificate for the name that it asks for, else the first one. */
    const struct mocket_certificate *certificates;
    /* File of authorities, one of which must have signed each client's certificate; NULL: clients need none. */
    const char *client_ca;
    const char *ciphers; /* of TLS 1.2, by OpenSSL's names with colons between; NULL: our choice */
    int least_version;   /* 12 or 13; 0: 12 */
};

struct mocket_native_opts {
    const char *const *addresses; /* as mocket_listen takes them; environment is not looked at */
    size_t address_count;
    int workers;
    /* Called once, on the caller's thread, when every address listens; url such as "http://127.0.0.1:4000". */
    void (*on_ready)(void *data, const char *url);
    /* Log lines of the server and of handlers, any thread. NULL: standard error. */
    void (*log)(void *data, int level, mocket_span line);
    /* A problem before serving, in words. NULL: standard error. */
    void (*on_problem)(void *data, const char *text);
    /* Told after each request, on its worker's thread; NULL: nobody wants to know. */
    void (*on_done)(void *data, const struct mocket_native_done *done);
    void *data;
    struct mocket_native_tls tls; /* for addresses that ask for it */
    const char *redirect;         /* a further address, whose requests are sent to the first https one; NULL */
    const char *acme_challenge;   /* a folder: plain addresses answer challenges of ACME from it; NULL */
    const struct mocket_descriptors *descriptors; /* the process's budget; NULL: made from the app's settings */
    struct mocket_account *account; /* charged with what is held for clients; NULL: without such a limit */
    bool signals;                   /* SIGINT and SIGTERM stop it; the same one again ends the program */
};

/* Opens those of descriptors 0 to 2 that are closed on /dev/null. To be called before anything else is opened. 0, or
 * MOCKET_EIO: /dev/null cannot be opened. */
int mocket__native_standard(void);

/* Reads the files of certificates again, on another thread, and logs what came of it. Any thread; no effect while
 * nothing is served over TLS. */
void mocket__native_reload(mocket_app *app);

/* Serves until mocket_stop. 0 or below zero. */
int mocket__native_serve(mocket_app *app, const struct mocket_native_opts *opts);

#endif
