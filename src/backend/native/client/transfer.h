/* The insides of outgoing.h, for the files of this folder.
 *
 *     pool.c      libcurl on the loop: its turns, calls of owners
 *     outgoing.c  what outgoing.h promises
 *     transfer.c  one exchange after the other, until it is no redirect
 *     head.c      the answer's head
 *     slot.c      how many exchanges libcurl has
 *     multi.c     what is kept of libcurl
 *     plug.c      libcurl's sockets
 *     limit.c     time limits
 *     held.c      buffers
 *     turn.c      what is to be done in the loop's next turn
 *     lookup.c    names
 *
 * A file calls files that stand below it in this list, and no others. */
#ifndef MOCKET_NATIVE_CLIENT_TRANSFER_H
#define MOCKET_NATIVE_CLIENT_TRANSFER_H

#include <curl/curl.h>

#include "../../../base/list.h"
#include "lookup.h"
#include "outgoing.h"

#define MOCKET_OUTGOING_BUFFER 65536 /* bytes that are held each way */
#define MOCKET_OUTGOING_HEAD_MAX 65536
#define MOCKET_OUTGOING_FIELDS_MAX 200
#define MOCKET_IDLE_EASIES_MAX 32
#define MOCKET_CONNECTIONS_PER_HOST 256u

/* A descriptor of libcurl's.
 *
 *     FREE --> NEW --> KEPT --> FREE      closed, or (NEW) libcurl wants nothing of it any more
 *               \-----------------^ */
enum mocket_plug_state {
    MOCKET_PLUG_FREE,
    MOCKET_PLUG_NEW,
    MOCKET_PLUG_KEPT, /* it has carried an answer: it stays watched, and its end will be told */
};

struct mocket_plug {
    enum mocket_plug_state state;
    uint32_t serial;    /* of the sockets that had this number */
    int wanted, polled; /* EPOLLIN, EPOLLOUT. polled 0: epoll does not know it */
};

struct mocket_pool;

/* What files must tell others that stand above them. */
struct mocket_pool_calls {
    void (*ready)(struct mocket_pool *pool, curl_socket_t fd, int mask); /* a socket has events: CURL_CSELECT_IN ... */
    int (*timer)(CURLM *multi, long timeout_ms, void *pool);             /* CURLMOPT_TIMERFUNCTION */
    void (*soon)(uv_idle_t *soon);                                       /* the loop's next turn */
    void (*go)(struct mocket_outgoing *out);                             /* it has a slot now */
    void (*late)(struct mocket_outgoing *out, int code, const char *reason); /* its time is up */
};

struct mocket_pool {
    const struct mocket_pool_calls *calls;
    uv_loop_t *loop;
    CURLM *multi;     /* NULL: nobody used it for a while */
    CURLSH *share;    /* TLS sessions */
    uv_timer_t timer; /* libcurl's next time */
    uv_timer_t sweep; /* closes connections that nobody uses */
    uv_idle_t soon;   /* in the loop's next turn: libcurl's time has come, or somebody is to be told */
    bool curl_due;
    bool told_in_turn; /* changes are delivered when the loop's callback ends */
    int open_handles;
    struct mocket_lookups *lookups;
    uv_poll_t poll; /* epoll_fd has events */
    int epoll_fd;   /* watches the sockets */
    uint64_t last_owner;
    size_t connections_max, sockets_max;
    size_t socket_count;
    const char *ca_file, *ca_dir; /* of the environment; both NULL: the system's */
    struct mocket_plug *plugs;    /* by descriptor */
    size_t plug_cap;
    struct mocket_list open;   /* every exchange, by link */
    struct mocket_list unused; /* exchanges that have ended, by link: only their timers are left */
    size_t unused_count;
    struct mocket_list changed; /* exchanges whose owners are to be told, by changed_link */
    struct mocket_list lines;
    size_t slots_used;
    size_t waiting_count; /* exchanges that wait for a slot */
    bool slots_due;       /* there may be a slot for one that waits */
    size_t busy_count;    /* exchanges that libcurl works on */
    uint64_t used_ms;
    CURL *idle[MOCKET_IDLE_EASIES_MAX];
    size_t idle_count;
};

/* Bytes that were put in and not yet taken out. */
struct mocket_held {
    char *ptr;
    size_t cap, at, len;      /* len bytes, from at on */
    struct mocket_till *till; /* cap is charged to it */
};

/* Where a hop is. libcurl has it first, because a kept connection needs no lookup. When it needs an address, it is
 * taken from libcurl, and given back with the addresses. SLOT: libcurl has as many as it may have. Every state but IDLE
 * may be the last one: done, failed or ended.
 *
 *     IDLE --+------------> CURL --------------> LOOKUP --+
 *            |               ^  addresses needed          |
 *            +---> SLOT -----+                            |
 *            |  a slot is free                            |
 *            +<-------------------------------------------+ */
enum mocket_hop_state { MOCKET_HOP_IDLE, MOCKET_HOP_SLOT, MOCKET_HOP_CURL, MOCKET_HOP_LOOKUP };

struct mocket_outgoing {
    uv_timer_t timer; /* must be first: freed when it is closed, kept when the rest is used again */
    struct mocket_pool *pool;
    struct mocket_link link, changed_link;
    bool is_changed; /* on the pool's list `changed` */
    struct mocket_outgoing_opts opts;
    struct mocket_arena arena;
    struct mocket_fields sent; /* opts.fields, copied */
    size_t charged;            /* for libcurl's own memory */
    CURLU *url;
    enum mocket_hop_state hop;
    struct mocket_line *line;        /* HOP_SLOT: where it waits; HOP_CURL: whose slot it has */
    struct mocket_link waiting_link; /* HOP_SLOT: in the line */
    CURL *easy;                      /* HOP_CURL */
    struct curl_slist *lines;        /* HOP_CURL: of the head */
    struct curl_slist *resolve;      /* HOP_CURL: addresses of the host. NULL: libcurl may know some, or needs none */
    struct mocket_asker asker;       /* HOP_LOOKUP: waits */
    uint64_t moved_ms;               /* when the time began that is counted */

    int hops;
    int tries;       /* of this hop: how often libcurl was about to send it */
    int lookups;     /* of this hop */
    bool unresolved; /* libcurl has asked for addresses, and got none */
    bool has_body;
    bool streamed;    /* by the owner, even if no hop has a body any more */
    bool strip;       /* Authorization and Cookie are not for this origin */
    char *location;   /* of the redirect that is followed next */
    size_t discarded; /* of its body */
    bool denied;      /* an address of this hop was */
    bool connected;   /* a socket was opened for this hop */

    int state, end; /* MOCKET_EAGAIN: not yet */
    int problem;    /* found in a callback; 0: none */
    int status;
    size_t head_len;
    struct mocket_arena_mark head_mark;
    struct mocket_fields fields;
    size_t folded_cap; /* of the last field's value, if it goes on over several lines */
    int64_t left;      /* of the answer's body by its Content-Length; -1: unknown */

    struct mocket_held in, out;
    bool in_paused, out_paused;
    int64_t out_left; /* of the request's body by its length; -1: unknown */
    bool finished;    /* all of the request's body is here */
    bool sent_some;   /* libcurl has taken bytes of it, which are not here any more */
    bool sent_all;    /* libcurl has it */
    bool unwanted;    /* the server has answered and wants no more of it */
    char reason[CURL_ERROR_SIZE];
};

/* ---- turn.c ---- */

/* The last thing that happens to a pool: frees it. */
void mocket__pool_gone(struct mocket_pool *pool);
/* One of the loop's handles that were counted in open_handles is gone; with the last one the pool is. */
void mocket__pool_handle_closed(struct mocket_pool *pool);
/* calls->soon is called in the loop's next turn. */
void mocket__pool_hurry(struct mocket_pool *pool);
/* Tells the owner, from the loop. */
void mocket__pool_tell(struct mocket_outgoing *out);
/* Not in the list any more. */
void mocket__pool_forget(struct mocket_outgoing *out);
/* mocket__slots_hand_out is to be called, from the loop. */
void mocket__pool_slots_due(struct mocket_pool *pool);

/* ---- plug.c ---- */

/* Handles events of the pool's epoll: a callback of its poll handle. */
void mocket__pool_sockets(uv_poll_t *poll, int status, int ready);
/* CURLMOPT_SOCKETFUNCTION. */
int mocket__pool_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused);
/* CURLOPT_OPENSOCKETFUNCTION's and CURLOPT_CLOSESOCKETFUNCTION's work; errno tells why there is none. */
curl_socket_t mocket__pool_open_socket(struct mocket_pool *pool, const struct curl_sockaddr *address);
int mocket__pool_close_socket(struct mocket_pool *pool, curl_socket_t fd);
/* The socket belongs to a connection that works. */
void mocket__pool_keep_socket(struct mocket_pool *pool, curl_socket_t fd);

/* ---- multi.c ---- */

/* There is a multi. 0 or MOCKET_ENOMEM. */
int mocket__pool_ready(struct mocket_pool *pool);
/* Frees what is kept. */
void mocket__pool_drop_multi(struct mocket_pool *pool);
CURL *mocket__pool_take_easy(struct mocket_pool *pool);
void mocket__pool_give_easy(struct mocket_pool *pool, CURL *easy);

/* ---- slot.c ---- */

/* 0; MOCKET_EAGAIN: it waits for its turn (HOP_SLOT), and mocket__transfer_go will be called; MOCKET_ENOMEM. */
int mocket__slot_take(struct mocket_outgoing *out, mocket_span host, mocket_span port);
/* Gives its slot back, or leaves the line. Fine when it has none. */
void mocket__slot_give(struct mocket_outgoing *out);
void mocket__slots_hand_out(struct mocket_pool *pool);

/* ---- transfer.c ---- */

/* The next hop, to out->url. 0, or below zero and nothing has begun. */
int mocket__transfer_begin(struct mocket_outgoing *out);
/* It has a slot now. Loop's stack. */
void mocket__transfer_go(struct mocket_outgoing *out);
/* libcurl has finished the hop. Loop's stack. */
void mocket__transfer_done(struct mocket_outgoing *out, CURLcode result);
/* Takes it from libcurl, from its lookup, or from its line. */
void mocket__transfer_stop(struct mocket_outgoing *out);
/* It ends like this. */
void mocket__transfer_fail(struct mocket_outgoing *out, int code, const char *reason);
/* Tells libcurl which ways are open. */
void mocket__transfer_unpause(struct mocket_outgoing *out);
/* 0, or below zero when it is no URL to go to. */
int mocket__transfer_set_url(struct mocket_outgoing *out, const char *text, unsigned flags);

/* ---- head.c ---- */

/* One line of a head, or of trailers. False: the exchange must end, out->problem tells why, or it is a redirect. */
bool mocket__head_line(struct mocket_outgoing *out, mocket_span line);

/* ---- limit.c ---- */

/* The time that is counted begins anew: the first one, or that of silence. */
void mocket__outgoing_watch(struct mocket_outgoing *out);

/* ---- outgoing.c ---- */

/* The timers of those that are unused go. */
void mocket__outgoing_forget_unused(struct mocket_pool *pool);

/* ---- held.c ---- */

/* All of the bytes or none: false, there is no room, or no memory for it. */
bool mocket__held_put(struct mocket_held *h, const void *bytes, size_t len, bool *no_memory);
size_t mocket__held_take(struct mocket_held *h, void *buf, size_t cap);
void mocket__held_release(struct mocket_held *h);

#endif
