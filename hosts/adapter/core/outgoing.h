/* Requests to other servers (docs/abi.md, section 2: fetch, fetch_wait, fetch_head). One object has up to two handles:
 * the outgoing request, and, from the delivery of fetch_wait on, the response.
 *
 *     SENDING -> HEADED (a head has arrived) -> TAKEN (the guest has its handle)
 *         \----------\-> FAILED (o->error)
 *
 *     drop(out), response not taken      the exchange ends
 *     drop(out) before its body's end    the exchange ends; the response's handle stays and returns ECLOSED
 *     drop(out) otherwise                the response goes on
 *     drop(response), the owner ends     both end                                                                    */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_OUTGOING_H
#define MOCKET_HOSTS_ADAPTER_CORE_OUTGOING_H

#include "../../../src/abi/codec.h"
#include "adapter.h"

enum adapter_outgoing_state { ADAPTER_SENDING, ADAPTER_HEADED, ADAPTER_TAKEN, ADAPTER_FAILED };

struct adapter_outgoing {
    void *port; /* the port's, from port_fetch to port_fetch_drop */
    struct mocket_arena arena;
    struct mocket_abi_fetch request; /* method, url, fields, body_len, timeout_ms */
    bool https;                      /* the parts of the URL: */
    mocket_span authority;           /* host or host:port */
    mocket_span target;              /* path and query, at least "/" */
    mocket_span body;                /* whole, if it does not stream */
    bool streams;                    /* the body follows by body_write */
    bool sends_body;                 /* there is one, unless a redirect dropped it */
    int status;                      /* of the response, by port_fetch_head */
    struct mocket_fields fields;
    /* The core's: */
    struct adapter *adapter;
    struct adapter_owner *owner;
    struct mocket_link link; /* of the owner's */
    enum adapter_outgoing_state state;
    int error;                /* FAILED */
    int32_t number, response; /* handles; 0: none, or dropped */
    bool waited;              /* fetch_wait was called */
    bool finished;            /* its body is complete */
    bool stopped;             /* the server takes no more of the body */
    bool aborted;             /* the request was dropped before its body's end */
    bool repeated;            /* it was sent again once */
    bool open;                /* between port_fetch and port_fetch_drop */
    unsigned redirects;
    int64_t to_send;      /* as in adapter_exchange */
    uint64_t deadline_ns; /* until the head; then of silence */
    struct adapter_source reply;
};

#endif
