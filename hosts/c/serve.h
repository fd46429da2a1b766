/* The wasm host: serves a guest module over HTTP, as an app of the framework. */
#ifndef MOCKET_HOSTS_C_SERVE_H
#define MOCKET_HOSTS_C_SERVE_H

#include <mocket.h>

#include "../../src/backend/native/native.h"
#include "guest/grants.h"
#include "lines.h"

struct mocket_host_opts {
    const char *path;             /* of the module; "-" is standard input */
    const char *const *addresses; /* none: 127.0.0.1, the port that the guest wishes, else 4000 */
    size_t address_count;
    struct mocket_native_tls tls; /* for addresses that begin with https:// */
    const char *redirect;         /* an address whose requests are sent to https; NULL */
    const char *acme_challenge;   /* a folder of challenges for plain addresses; NULL */
    const char *const *proxies;   /* networks of trusted ones, as mocket_trust_proxy takes them */
    size_t proxy_count;
    int64_t workers;            /* at least 1 */
    int64_t reuse;              /* the laxest enum mocket_reuse that is allowed; -1: what the guest says */
    int64_t timeout_ms;         /* of a request until its head is out, then of silence; and of a start; 0: none */
    int64_t body_ms;            /* of waiting for a request body; MOCKET_UNLIMITED; 0: as timeout_ms, at most 30 s */
    int64_t cpu_timeout_ms;     /* of one stretch of work inside the guest; 0: none */
    int64_t max_memory;         /* bytes of linear memory of an instance */
    int64_t max_memory_total;   /* bytes that the process holds for clients and guests; 0: by the machine */
    int64_t compile_timeout_ms; /* processor time for compiling the module; 0: no limit */
    int64_t compile_memory;     /* bytes for compiling it; 0: no limit */
    int64_t max_instances;      /* of a worker; 0: as many as are sensible */
    int64_t max_body;           /* bytes of a request body; -1: what the guest says */
    int64_t max_message;        /* bytes of a WebSocket message; -1: what the guest says */
    int64_t max_per_address;    /* connections of one address; 0: no limit */
    int64_t max_sockets;        /* WebSockets of all instances */
    int64_t sockets_each;       /* of one instance */
    int64_t ws_idle_ms;         /* silence of a WebSocket's client; MOCKET_UNLIMITED */
    const char *cache;          /* folder of compiled modules; NULL: the user's; "off": none */
    const char *const *env;     /* "NAME=VALUE" for guests */
    size_t env_count;
    const struct guest_dir *dirs; /* for guests; fd is not looked at */
    size_t dir_count;             /* at most GUEST_DIRS_MAX */
    const struct guest_net *nets; /* servers that guests may reach */
    size_t net_count;
    int64_t log;            /* enum lines_format */
    const char *access_log; /* file, "-" for standard output; NULL: none */
    const char *stats;      /* address; NULL: none */
    /* Told when every address listens, on the caller's thread; the app is for mocket_stop. NULL: nobody is told. */
    void (*on_ready)(void *data, mocket_app *app);
    /* Nothing is served: what the app says of its routes (docs/abi.md, mocket_routes) goes here. NULL: it is served. */
    void (*on_routes)(void *data, mocket_span text, mocket_span module);
    /* SIGINT and SIGTERM end the process at once. This is called before, on another thread. NULL: the server stops. */
    void (*on_signal)(void *data);
    void *data;
    bool quiet;     /* no word of its own but warnings and errors */
    bool verbose;   /* debug lines too */
    bool leave_out; /* for tests: messages come without fields and peer to guests that can ask for them */
};

/* Serves until SIGINT or SIGTERM (signals.h), or mocket_stop. 0, or below zero after a line on standard error that says
 * why. */
int mocket__host_serve(const struct mocket_host_opts *opts);

#endif
