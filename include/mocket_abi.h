/* The guest ABI, version 1, as data: signatures, words, flags and numbers. docs/abi.md is the normative text; the
 * comments name its sections. `make check` compares the two, and tools/abi-tables makes the tables of other languages.
 *
 * Numbers that the C API shares are defined in mocket.h: error codes (MOCKET_ERRORS), kinds of socket messages (enum
 * mocket_ws_kind), reuse (enum mocket_reuse) and log levels (enum mocket_log_level). */
#ifndef MOCKET_ABI_H
#define MOCKET_ABI_H

#include <mocket.h>
#include <stdint.h>

#define MOCKET_ABI_VERSION 1
#define MOCKET_ABI_MINOR 0 /* of the newest import or option below (section 10) */
#define MOCKET_ABI_MODULE "mocket"

/* Section 1, the exports of a guest: X(id, name, result, parameters...). A type is NONE, I32, U32, I64, PTR (to bytes
 * that the callee reads) or OUT (to room that the callee fills). */
#define MOCKET_ABI_EXPORTS(X)                                                                                          \
    X(INITIALIZE, _initialize, NONE, (NONE, ))                                                                         \
    X(MOCKET_START, mocket_start, NONE, (NONE, ))                                                                      \
    X(START, _start, NONE, (NONE, ))                                                                                   \
    X(ALLOC, mocket_alloc, OUT, (U32, len))                                                                            \
    X(HANDLE, mocket_handle, NONE, (I32, req), (OUT, message), (U32, len))                                             \
    X(DONE, mocket_done, NONE, (I32, op), (I32, result))                                                               \
    X(WS, mocket_ws, NONE, (I32, ws), (I32, kind), (OUT, data), (U32, len))                                            \
    X(GONE, mocket_gone, NONE, (I32, req))                                                                             \
    X(ROUTES, mocket_routes, PTR, (NONE, ))

/* Section 2, the imports of a guest: X(name, minor, wait, result, parameters...). minor is the first minor version with
 * the import; wait is WAITS for an import that may suspend the guest's stack, else RUNS. */
#define MOCKET_ABI_IMPORTS(X)                                                                                          \
    X(option, 0, RUNS, I32, (I32, key), (I64, value))                                                                  \
    X(listen, 0, RUNS, I32, (U32, version), (U32, flags), (PTR, address), (U32, address_len))                          \
    X(fields, 0, RUNS, I32, (I32, req), (OUT, room), (U32, cap))                                                       \
    X(respond, 0, RUNS, I32, (I32, req), (PTR, head), (U32, head_len), (PTR, body), (U32, body_len))                   \
    X(respond_begin, 0, RUNS, I32, (I32, req), (PTR, head), (U32, head_len))                                           \
    X(body_write, 0, RUNS, I32, (I32, sink), (PTR, bytes), (U32, len))                                                 \
    X(body_end, 0, RUNS, I32, (I32, sink))                                                                             \
    X(body_read, 0, RUNS, I32, (I32, source), (OUT, room), (U32, cap))                                                 \
    X(ready, 0, RUNS, I32, (I32, handle), (I32, dir))                                                                  \
    X(sleep, 0, RUNS, I32, (I32, owner), (U32, ms))                                                                    \
    X(deadline, 0, RUNS, I32, (I32, req), (U32, ms))                                                                   \
    X(fetch, 0, RUNS, I32, (I32, owner), (PTR, head), (U32, head_len), (PTR, body), (U32, body_len))                   \
    X(fetch_wait, 0, RUNS, I32, (I32, out))                                                                            \
    X(fetch_head, 0, RUNS, I32, (I32, res), (OUT, room), (U32, cap))                                                   \
    X(await, 0, WAITS, I32, (I32, op))                                                                                 \
    X(await_any, 0, WAITS, I32, (PTR, ops), (U32, count))                                                              \
    X(drop, 0, RUNS, NONE, (I32, handle))                                                                              \
    X(ws_accept, 0, RUNS, I32, (I32, req), (PTR, head), (U32, head_len))                                               \
    X(ws_send, 0, RUNS, I32, (I32, ws), (I32, kind), (PTR, bytes), (U32, len))                                         \
    X(ws_close, 0, RUNS, I32, (I32, ws), (I32, code), (PTR, reason), (U32, reason_len))                                \
    X(ws_subscribe, 0, RUNS, I32, (I32, ws), (PTR, topic), (U32, topic_len))                                           \
    X(ws_unsubscribe, 0, RUNS, I32, (I32, ws), (PTR, topic), (U32, topic_len))                                         \
    X(publish, 0, RUNS, I32, (PTR, topic), (U32, topic_len), (I32, kind), (PTR, bytes), (U32, len))                    \
    X(log, 0, RUNS, NONE, (I32, level), (PTR, text), (U32, text_len))                                                  \
    X(now, 0, RUNS, I64, (I32, clock))                                                                                 \
    X(random, 0, RUNS, NONE, (OUT, room), (U32, len))

/* Section 2, `option` keys. */
enum mocket_abi_option {
    MOCKET_ABI_OPTION_MINOR = 0,       /* value 0: returns MOCKET_ABI_MINOR of the host */
    MOCKET_ABI_OPTION_MAX_BODY = 1,    /* bytes of a request body; -1: no limit */
    MOCKET_ABI_OPTION_MAX_MESSAGE = 2, /* bytes of a WebSocket message; -1: no limit */
    MOCKET_ABI_OPTION_ON_DEMAND = 3, /* 1: the host may leave out fields and peer; the guest gets them with `fields` */
    MOCKET_ABI_OPTION_REPLAY = 4     /* 1: the host may replay sockets; 0: never */
};

/* Section 2, `listen` flags. Bits 0 and 1 are the reuse (enum mocket_reuse in mocket.h), then bits 2 and 3. */
#define MOCKET_ABI_REUSE_MASK 3u
#define MOCKET_ABI_STREAM_BODY 4u
#define MOCKET_ABI_BODY_ERRORS 8u

/* Section 2, `ready`: the direction. */
enum mocket_abi_direction { MOCKET_ABI_READ = 0, MOCKET_ABI_WRITE = 1 };

/* Section 2, `now`: the clock. */
enum mocket_abi_clock { MOCKET_ABI_WALL = 0, MOCKET_ABI_MONOTONIC = 1 };

/* Section 4, word 0: X(name, number). Any other method is 0. */
#define MOCKET_ABI_METHODS(X)                                                                                          \
    X(GET, 1) X(HEAD, 2) X(POST, 3) X(PUT, 4) X(DELETE, 5) X(CONNECT, 6) X(OPTIONS, 7) X(TRACE, 8) X(PATCH, 9)

/* Section 4: words of a request message. Pairs are (offset, length), offsets relative to the message. */
enum mocket_abi_request_word {
    MOCKET_ABI_REQ_METHOD = 0,
    MOCKET_ABI_REQ_FLAGS = 1,
    MOCKET_ABI_REQ_METHOD_TEXT = 2, /* pair */
    MOCKET_ABI_REQ_TARGET = 4,      /* pair */
    MOCKET_ABI_REQ_AUTHORITY = 6,   /* pair */
    MOCKET_ABI_REQ_PEER = 8,        /* pair */
    MOCKET_ABI_REQ_FIELD_COUNT = 10,
    MOCKET_ABI_REQ_FIELDS = 11, /* offset of the rows */
    MOCKET_ABI_REQ_BODY = 12,   /* pair */
    MOCKET_ABI_REQ_BODY_LEFT = 14,
    MOCKET_ABI_REQ_BODY_ERROR = 15,
    MOCKET_ABI_REQ_WORDS = 16
};
#define MOCKET_ABI_UNKNOWN_LENGTH 0xFFFFFFFFu /* word 14; body_len of `fetch` */

/* Section 4, word 1. */
enum mocket_abi_request_flag {
    MOCKET_ABI_BODY_HERE = 1 << 0,  /* the whole body is in the message */
    MOCKET_ABI_UPGRADE = 1 << 1,    /* the request asks for a WebSocket */
    MOCKET_ABI_TLS = 1 << 2,        /* the client used TLS */
    MOCKET_ABI_HTTP10 = 1 << 3,     /* HTTP/1.0 */
    MOCKET_ABI_HTTP2 = 1 << 4,      /* HTTP/2 or later */
    MOCKET_ABI_NORMALISED = 1 << 5, /* the platform has changed target or fields */
    MOCKET_ABI_ON_DEMAND = 1 << 6,  /* fields and peer are left out; `fields` returns them */
    MOCKET_ABI_VOUCHED = 1 << 7,    /* the host has checked version and key of the handshake */
    MOCKET_ABI_FOLLOW = 1 << 8,     /* `fetch`: follow redirects */
    MOCKET_ABI_RETRY = 1 << 9       /* `fetch`: send again, whatever the method */
};

/* Section 5: words of a response head. */
enum mocket_abi_head_word {
    MOCKET_ABI_HEAD_STATUS = 0,
    MOCKET_ABI_HEAD_FLAGS = 1,
    MOCKET_ABI_HEAD_FIELD_COUNT = 2,
    MOCKET_ABI_HEAD_FIELDS = 3, /* offset of the rows */
    MOCKET_ABI_HEAD_WORDS = 4
};
#define MOCKET_ABI_HEAD_MAX 65536u /* bytes of a head */

/* Sections 4 and 5: words of a field row. */
enum mocket_abi_row_word {
    MOCKET_ABI_ROW_NAME = 0,  /* pair */
    MOCKET_ABI_ROW_VALUE = 2, /* pair */
    MOCKET_ABI_ROW_WORDS = 4
};

/* ---- Macros that expand the rows of the two tables ----
 * MOCKET_ABI_PARAMETERS(parameters...) a C parameter list: int32_t req, const void *head, uint32_t head_len
 * MOCKET_ABI_TYPE(result, parameters...) "iii:i": parameters, a colon, results; i is i32, I is i64 */
#define MOCKET_ABI_C_NONE void
#define MOCKET_ABI_C_I32 int32_t
#define MOCKET_ABI_C_U32 uint32_t
#define MOCKET_ABI_C_I64 int64_t
#define MOCKET_ABI_C_PTR const void *
#define MOCKET_ABI_C_OUT void *
#define MOCKET_ABI_TEXT_NONE ""
#define MOCKET_ABI_TEXT_I32 "i"
#define MOCKET_ABI_TEXT_U32 "i"
#define MOCKET_ABI_TEXT_I64 "I"
#define MOCKET_ABI_TEXT_PTR "i"
#define MOCKET_ABI_TEXT_OUT "i"

#define MOCKET_ABI_PARAMETERS(...)                                                                                     \
    MOCKET_ABI_PICK(__VA_ARGS__, MOCKET_ABI_C5, MOCKET_ABI_C4, MOCKET_ABI_C3, MOCKET_ABI_C2, MOCKET_ABI_C1, )          \
    (__VA_ARGS__)
#define MOCKET_ABI_TYPE(result, ...)                                                                                   \
    MOCKET_ABI_PICK(__VA_ARGS__, MOCKET_ABI_T5, MOCKET_ABI_T4, MOCKET_ABI_T3, MOCKET_ABI_T2, MOCKET_ABI_T1, )          \
    (__VA_ARGS__) ":" MOCKET_ABI_TEXT_##result

#define MOCKET_ABI_PICK(_1, _2, _3, _4, _5, picked, ...) picked
#define MOCKET_ABI_C(type, name) MOCKET_ABI_C_##type name
#define MOCKET_ABI_C1(a) MOCKET_ABI_C a
#define MOCKET_ABI_C2(a, ...) MOCKET_ABI_C a, MOCKET_ABI_C1(__VA_ARGS__)
#define MOCKET_ABI_C3(a, ...) MOCKET_ABI_C a, MOCKET_ABI_C2(__VA_ARGS__)
#define MOCKET_ABI_C4(a, ...) MOCKET_ABI_C a, MOCKET_ABI_C3(__VA_ARGS__)
#define MOCKET_ABI_C5(a, ...) MOCKET_ABI_C a, MOCKET_ABI_C4(__VA_ARGS__)
#define MOCKET_ABI_T(type, name) MOCKET_ABI_TEXT_##type
#define MOCKET_ABI_T1(a) MOCKET_ABI_T a
#define MOCKET_ABI_T2(a, ...) MOCKET_ABI_T a MOCKET_ABI_T1(__VA_ARGS__)
#define MOCKET_ABI_T3(a, ...) MOCKET_ABI_T a MOCKET_ABI_T2(__VA_ARGS__)
#define MOCKET_ABI_T4(a, ...) MOCKET_ABI_T a MOCKET_ABI_T3(__VA_ARGS__)
#define MOCKET_ABI_T5(a, ...) MOCKET_ABI_T a MOCKET_ABI_T4(__VA_ARGS__)

#endif
