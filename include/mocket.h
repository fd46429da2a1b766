/* Mocket: write a web app once, build it once, serve the same bytes anywhere.
 *
 *     #include <mocket.h>
 *
 *     static int hello(mocket_event *e)
 *     {
 *         return mocket_textf(e, "Hello, %s!", mocket_param(e, "name"));
 *     }
 *
 *     int main(void)
 *     {
 *         mocket_app *app = mocket_new();
 *         mocket_get(app, "/hello/:name", hello);
 *         return mocket_listen(app, ":4000");
 *     }
 *
 * This file is the manual. It is C17 (C11 will do) and C++; all of it works natively and in a WebAssembly guest.
 * What an app can rely on, statement by statement, is docs/contract.md; ids such as R-10 below point there.
 *
 * THREADS       An app is built by one thread and frozen by mocket_listen. A request never leaves its thread. With more
 *               than one worker handlers run in parallel natively: statics are shared by them. In wasm they belong to
 *               an instance. State of one worker comes from mocket_on_worker.
 * LIFE          Whatever a handler gets from an event lives until that request's answer is out. Text passed in is
 *               copied.
 * AFTER LISTEN  Return what mocket_listen returned and do nothing else: in wasm it returns at once, and main's stack is
 *               gone when the first request comes. What handlers use belongs to mocket_own or mocket_on_worker. A guest
 *               that registers something behind it does not start.
 * RESULTS       0 is success, below zero a MOCKET_E... code. Handlers may also return 400..599: that status, by way of
 *               the error handler.
 * TEXT          A mocket_span from us has a NUL behind its last byte, so that ptr is a C string too; ptr NULL means
 *               absent. A span passed in needs no NUL.
 * OPTIONS       A zeroed options struct, and NULL instead of one, mean the defaults.
 */
#ifndef MOCKET_H
#define MOCKET_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCKET_VERSION "0.1.0"

#if defined(__GNUC__)
#define MOCKET_PRINTF(format_arg, first_arg) __attribute__((format(printf, format_arg, first_arg)))
#else
#define MOCKET_PRINTF(format_arg, first_arg)
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mocket_app mocket_app;             /* routes, middlewares, settings */
typedef struct mocket_event mocket_event;         /* one request and its answer */
typedef struct mocket_fields mocket_fields;       /* ordered name-value pairs */
typedef struct mocket_value mocket_value;         /* a JSON value */
typedef struct mocket_source mocket_source;       /* a stream of bytes to read */
typedef struct mocket_multipart mocket_multipart; /* a reader of multipart/form-data */
typedef struct mocket_client mocket_client;       /* sends requests to an app without a socket */
typedef struct mocket_call mocket_call;           /* an outgoing request under way */
typedef struct mocket_reply mocket_reply;         /* an answer that was received */
typedef struct mocket_socket mocket_socket;       /* a WebSocket */

/* Bytes that somebody else owns. Text is UTF-8 unless stated otherwise. */
typedef struct mocket_span {
    const char *ptr;
    size_t len;
} mocket_span;

/* ---- Result codes -------------------------------------------------------------------------------------------------
 * One table for the library and for the guest ABI (docs/abi.md, section 8): name, number, text. */
#define MOCKET_ERRORS(X)                                                                                               \
    X(EINVAL, -1, "an argument or a message is malformed")                                                             \
    X(EFAULT, -2, "a range is outside the memory")                                                                     \
    X(EHANDLE, -3, "no such handle")                                                                                   \
    X(ECLOSED, -4, "the peer is gone")                                                                                 \
    X(ESTATE, -5, "not possible in this state")                                                                        \
    X(ELIMIT, -6, "a limit was reached")                                                                               \
    X(ETIMEDOUT, -7, "too late")                                                                                       \
    X(EDENIED, -8, "a capability that was not granted")                                                                \
    X(ENOTSUP, -9, "not supported here")                                                                               \
    X(EIO, -10, "the network or the disk failed")                                                                      \
    X(ENOMEM, -11, "out of memory")                                                                                    \
    X(ETOOBIG, -12, "larger than the limit")                                                                           \
    X(EAGAIN, -13, "nothing now, try again later")

enum mocket_code {
    MOCKET_OK = 0,
#define MOCKET_ERROR_CODE(name, number, text) MOCKET_##name = (number),
    MOCKET_ERRORS(MOCKET_ERROR_CODE)
#undef MOCKET_ERROR_CODE
};

/* The text of a MOCKET_E... code, or the reason phrase of an HTTP status 100..599 (RFC 9110, section 15). Never
 * NULL. */
const char *mocket_strerror(int code);

/* The library's version, MOCKET_VERSION of the header it was built with. */
const char *mocket_version(void);

/* ---- The app ------------------------------------------------------------------------------------------------------
 * Registration returns nothing. The first mistake is kept: mocket_listen reports it, mocket_problem tells it. */

/* A handler answers the event (mocket_text, mocket_json ...) and returns 0; or returns 400..599 or a MOCKET_E... code
 * without an answer, which then goes to the error handler. A handler that returns 0 and answered nothing is a 500 and a
 * log line that names the route (E-03). A middleware is a handler that may call mocket_next. */
typedef int mocket_handler(mocket_event *e);

/* Answers for a handler that failed. error: what it returned, 400..599 or a MOCKET_E... code. Status, body and headers
 * are free; Content-*, ETag, Last-Modified, Cache-Control and Expires that were set before are gone. Returning
 * anything but 0, or no answer, falls back to the default handler (E-02). */
typedef int mocket_error_handler(mocket_event *e, int error);

/* Gives back what ptr points to. */
typedef void mocket_drop(void *ptr);

/* A new app, never NULL: if there is no memory, that is the first mistake and mocket_listen reports it. */
mocket_app *mocket_new(void);

/* Gives back an app that is not listening, its groups, and what mocket_own gave it. While mocket_listen runs, and after
 * it returned 0 in a guest, the app belongs to the backend and this does nothing. NULL is fine. */
void mocket_free(mocket_app *app);

/* Route a method and a path template to a handler. Templates: `/users/:id` one segment by name, `*` one
 * segment, `**` the rest, both kept as the parameter `_`; anything else is literal, byte for byte. Static templates win
 * over dynamic ones; among dynamic ones the first registered wins. _all takes any method. */
void mocket_get(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_post(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_put(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_patch(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_delete(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_head(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_options(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_all(mocket_app *app, const char *path, mocket_handler *fn);

/* The same for any method (compared exactly; "*" is any), with data that the handler finds in mocket_data. */
void mocket_on(mocket_app *app, const char *method, const char *path, mocket_handler *fn, void *data);

/* A child app whose routes have base in front of their paths and whose middlewares cover base. Owned by app. Groups
 * nest. Never NULL. */
mocket_app *mocket_group(mocket_app *app, const char *base);

/* Adds a middleware. scope: a path whose whole segments must begin the request's canonical path (M-03, M-04), taken as
 * it is, also in a group; NULL means all that the app or group covers. Middlewares run in the order of registration,
 * also across groups. */
void mocket_use(mocket_app *app, const char *scope, mocket_handler *fn, void *data);

/* Sets the error handler. The last one set counts, for the app and all its groups (E-01). */
void mocket_on_error(mocket_app *app, mocket_error_handler *fn, void *data);

/* Runs start once in each worker before its first request; what it returns is mocket_worker(e) there. stop gets that
 * back when the worker ends; may be NULL. In a guest an instance is a worker. */
void mocket_on_worker(mocket_app *app, void *(*start)(void *data), mocket_drop *stop, void *data);

/* Hands ptr to the app: drop(ptr) runs when the app is freed, last given first. drop NULL means free. */
void mocket_own(mocket_app *app, void *ptr, mocket_drop *drop);

/* Settings. Times are milliseconds, sizes bytes; a value outside the range is a mistake (mocket_problem).
 * MOCKET_UNLIMITED switches a limit off where "-1" is in the range. "native" ones are without effect in a guest: its
 * host has its own. */
enum mocket_setting {
    MOCKET_MAX_BODY,           /* request body. 1 MiB; 0.. or -1. Larger is 413 */
    MOCKET_REUSE,              /* wasm instances: enum mocket_reuse. MOCKET_REUSE_SERIAL */
    MOCKET_AUTO_HEAD,          /* HEAD answered by GET routes. 1; 0 or 1 */
    MOCKET_AUTO_OPTIONS,       /* OPTIONS answered 204 with Allow. 1; 0 or 1 */
    MOCKET_METHOD_NOT_ALLOWED, /* 405 with Allow instead of 404. 1; 0 or 1 */
    MOCKET_WORKERS,            /* native: threads that serve. 1; 1..1024. Environment MOCKET_WORKERS wins */
    MOCKET_MAX_HEAD,           /* native: request line and header block. 32768; 1024..1048576. Larger is 431, 414 */
    MOCKET_MAX_TARGET,         /* native: request target. 8192; 64..1048576. Longer is 414 */
    MOCKET_MAX_FIELDS,         /* native: header lines. 100; 1..10000. More is 431 */
    MOCKET_MAX_CONNECTIONS,    /* native: connections of all workers. 10000; 1.. More are told 503. mocket_listen raises
                                * the limit of descriptors (ulimit -n) to these, 1024 files, and 640 for each worker of
                                * an app that fetches (512 connections); where the hard limit forbids that, it
                                * serves with fewer of each and logs a warning */
    MOCKET_MAX_PER_ADDRESS,    /* native: of one address (IPv6: of a /64), but not of a proxy that is trusted, nor of
                                * Unix sockets. -1; 1.. or -1. More are told 503 */
    MOCKET_HEAD_TIMEOUT,       /* native: first byte to end of head. 10000; 1.. or -1. 408 */
    MOCKET_BODY_TIMEOUT,       /* native: silence while a body is read. 30000; 1.. or -1. 408 */
    MOCKET_BODY_TOTAL,         /* native: waiting for a body in all, beyond a second for each KiB of it that came.
                                * 30000; 1.. or -1. 408 */
    MOCKET_WRITE_TIMEOUT,      /* native: silence while an answer is written. 30000; 1.. or -1 */
    MOCKET_IDLE_TIMEOUT,       /* native: a connection without a request. 60000; 1.. or -1 */
    MOCKET_LINGER_TIMEOUT,     /* native: behind an answer that came before the request's body was read, the rest of the
                                * body is discarded until the client is silent for so long. 5000; 0.. */
    MOCKET_LINGER_TOTAL,       /* native: or for so long in all, after mocket_stop 1000 at most. 30000; 0.. */
    MOCKET_STOP_GRACE,         /* native: time for requests in flight after mocket_stop. 10000; 0.. or -1 */
    MOCKET_MAX_MESSAGE,        /* WebSocket message. 1 MiB; 0.. or -1. A larger one closes the socket with 1009 */
    MOCKET_MAX_BACKLOG,        /* native: bytes that wait for a slow WebSocket. 1 MiB; 1024... Beyond it 1013 */
    MOCKET_WS_TIMEOUT,         /* native: silence of a WebSocket; half of it: a ping. 60000; 1.. or -1 */
    MOCKET_REPLAY_SOCKETS      /* a Durable Object may end the instance of an idle WebSocket, keep the connection, and
                                * repeat handshake and MOCKET_WS_OPEN in a new instance, muted (W-04). 0; 0 or 1 */
};
#define MOCKET_UNLIMITED (-1)
enum mocket_reuse {
    MOCKET_REUSE_NONE,      /* a fresh instance for each request */
    MOCKET_REUSE_SERIAL,    /* an instance serves one request at a time, and many in its life */
    MOCKET_REUSE_CONCURRENT /* an instance serves many requests at once: event-driven guests only */
};
void mocket_set(mocket_app *app, enum mocket_setting what, int64_t value);

/* Natively: connections from these networks ("10.0.0.0/8, ::1"; "unix": any Unix socket) are proxies, whose word
 * mocket_peer and mocket_scheme take: the client is the last address of Forwarded (RFC 7239), or else of
 * X-Forwarded-For, that is not such a proxy itself; the scheme is its proto, or X-Forwarded-Proto. What cannot be read
 * is ignored. A proxy passes on what it does not set: if both are there and disagree, the client is unknown. May be
 * called again for more. Without effect in a guest, whose host is told itself. */
void mocket_trust_proxy(mocket_app *app, const char *networks);

/* Natively: serves until mocket_stop, SIGINT or SIGTERM and returns 0; or returns below zero at once, after a line on
 * standard error that says why (port taken, bad address, a mistake of registration). address: "host:port", ":port"
 * (every address, IPv6 and IPv4), "[v6]:port", "unix:path"; port 0 picks one. Environment MOCKET_LISTEN wins over
 * address. When it is ready, a line on standard error tells the URL.
 * Signals are taken by the first worker's loop, on the caller's thread; no thread is started for them. A handler that
 * blocks this worker delays the first SIGINT or SIGTERM. The same signal again ends the program at once, whatever the
 * workers do: its action is the default one by then. Every other signal, SIGHUP too, is left to the program.
 * In a guest: declares the app ready and returns 0 at once. Of address only the port counts, and only where the
 * operator names no other: `mocket serve` then listens on 127.0.0.1. */
int mocket_listen(mocket_app *app, const char *address);

/* Upstream's name: mocket_listen on every address. port: 0..65535. */
int mocket_serve(mocket_app *app, int port);

/* Ends mocket_listen: no new requests, those in flight finish within MOCKET_STOP_GRACE. Any thread may call it, and a
 * signal handler. Nothing happens in a guest. */
void mocket_stop(mocket_app *app);

/* The first mistake of registration in words, or NULL. Lives as long as the app. */
const char *mocket_problem(const mocket_app *app);

/* ---- The event: the request -------------------------------------------------------------------------------------- */

/* Runs the rest of the chain and returns its result. A second call from one middleware, or a call from a handler behind
 * which there is nothing, is MOCKET_ESTATE (M-07). */
int mocket_next(mocket_event *e);

/* The data that the running route or middleware was registered with. */
void *mocket_data(const mocket_event *e);

/* The app, or group, that the event came to by mocket_listen: for mocket_publish. */
mocket_app *mocket_event_app(const mocket_event *e);

/* What mocket_on_worker's start returned in this worker, or NULL. */
void *mocket_worker(const mocket_event *e);

/* A value that travels with the event, from middleware to handler. key: the address of a static of yours. NULL when
 * unset. */
void mocket_local_set(mocket_event *e, const void *key, void *value);
void *mocket_local(const mocket_event *e, const void *key);

/* Zeroed memory that lives as long as the event. NULL when there is none: return MOCKET_ENOMEM. */
void *mocket_mem(mocket_event *e, size_t len);

/* printf into memory of the event. Never NULL: "" when there is no memory, which the answer then reports. */
char *mocket_format(mocket_event *e, const char *fmt, ...) MOCKET_PRINTF(2, 3);

/* Runs drop(ptr) when the answer is out or the client has left, always, last given first. */
void mocket_defer(mocket_event *e, mocket_drop *drop, void *ptr);

/* Writes a line to the log. level: 0 error, 1 warning, 2 information, 3 debug. The text is escaped: a backslash becomes
 * two; control characters, format characters, U+2028, U+2029 and bytes that are not UTF-8 become \xHH. It is cut at
 * 4 KiB. Natively the line goes to standard error in one write, on the caller's thread; no thread is started for it, so
 * the call, and with it the worker, blocks while a pipe that nobody reads is full. There is no limit of lines. From
 * guests `mocket serve` takes 1000 lines and 128 KiB a second for each worker; it drops the lines beyond, and the call
 * never blocks. */
enum mocket_log_level { MOCKET_LOG_ERROR, MOCKET_LOG_WARN, MOCKET_LOG_INFO, MOCKET_LOG_DEBUG };
void mocket_log(mocket_event *e, int level, const char *fmt, ...) MOCKET_PRINTF(3, 4);

/* Nanoseconds of a clock that never goes back. */
uint64_t mocket_now_ns(const mocket_event *e);

/* The method as sent; the path (raw, R-40); the query behind the first `?` without it, "" when there is none; the
 * authority (Host, or of an absolute target); the peer's address as text, "" when unknown. Never NULL. */
const char *mocket_method(mocket_event *e);
const char *mocket_path(mocket_event *e);
const char *mocket_query_string(mocket_event *e);
const char *mocket_authority(mocket_event *e);
const char *mocket_peer(mocket_event *e);

/* "https" if the client came by TLS, as far as is known (mocket_trust_proxy, or the host's word), else "http". */
const char *mocket_scheme(mocket_event *e);

/* One value by name, or NULL when it is absent. Parameters are raw, _decoded ones percent-decoded; query and cookies:
 * the last duplicate; headers: name in any case, repeated ones joined with ", " (Cookie: "; ") (Q-01, Q-02, Q-10,
 * C-01). */
const char *mocket_param(mocket_event *e, const char *name);
const char *mocket_param_decoded(mocket_event *e, const char *name);
const char *mocket_query(mocket_event *e, const char *name);
const char *mocket_header(mocket_event *e, const char *name);
const char *mocket_cookie(mocket_event *e, const char *name);

/* All pairs in their order, duplicates included. Never NULL. */
enum mocket_part { MOCKET_PARAMS, MOCKET_QUERY, MOCKET_HEADERS, MOCKET_COOKIES };
const mocket_fields *mocket_fields_of(mocket_event *e, enum mocket_part part);
size_t mocket_fields_count(const mocket_fields *f);
/* Pair i < mocket_fields_count(f); out pointers may be NULL. Beyond the end both are absent. */
void mocket_fields_at(const mocket_fields *f, size_t i, mocket_span *name, mocket_span *value);
/* The last value with exactly this name, or NULL. */
const char *mocket_fields_get(const mocket_fields *f, const char *name);

/* The whole body, binary safe; absent bodies are empty. Returns 0, 413 (MOCKET_MAX_BODY), 408 or below zero: return it
 * as it is. May be called again. */
int mocket_body(mocket_event *e, mocket_span *out);
/* The same, and 400 when it is not UTF-8. */
int mocket_body_text(mocket_event *e, mocket_span *out);
/* The body as JSON (RFC 8259, at most 128 levels deep, the last of duplicate keys counts). Also 400 when it does not
 * parse, 415 when Content-Type is something else; a missing one is taken for JSON. */
int mocket_body_json(mocket_event *e, const mocket_value **out);
/* The body as application/x-www-form-urlencoded; also 415. */
int mocket_body_form(mocket_event *e, const mocket_fields **out);

/* The body as a stream, instead of the calls above; the limit holds here too. The same source on each call, never
 * NULL. */
mocket_source *mocket_body_source(mocket_event *e);
/* Reads up to cap bytes: the number, 0 at the end, or below zero (MOCKET_ETOOBIG beyond the limit). */
ptrdiff_t mocket_read(mocket_source *s, void *buf, size_t cap);

/* The body as multipart/form-data (RFC 7578), part by part, as it arrives. Limits: 128 parts, 8 KiB of header lines
 * each, the body's own limit. Returns 0, 400 (no usable boundary), 415. */
struct mocket_upload {
    mocket_span name;     /* "" when the part has none */
    mocket_span filename; /* ptr NULL: an ordinary field */
    mocket_span type;     /* its Content-Type; ptr NULL when it has none */
};
int mocket_body_multipart(mocket_event *e, mocket_multipart **out);
/* The next part, skipping what is left of the last: 1, 0 after the last, 400, 413, 408 or below zero. */
int mocket_multipart_next(mocket_multipart *m, struct mocket_upload *out);
/* Bytes of the present part: the number, 0 at its end, below zero. */
ptrdiff_t mocket_multipart_read(mocket_multipart *m, void *buf, size_t cap);
/* What is left of the present part, whole: 0, 400, 413, 408 or below zero. */
int mocket_multipart_data(mocket_multipart *m, mocket_span *out);

/* ---- The event: the answer ----------------------------------------------------------------------------------------
 * Setters are sticky and return nothing: what was wrong (a name that is no token, a value with a control byte, a status
 * outside 200..599) turns the answer into a 500 and a log line. Calls that answer return 0 or below zero; return that.
 * The last one wins. A Content-Type that was set before stays. */
int mocket_text(mocket_event *e, const char *text); /* text/plain; charset=utf-8. Never a format */
int mocket_textf(mocket_event *e, const char *fmt, ...) MOCKET_PRINTF(2, 3);
int mocket_html(mocket_event *e, const char *html);          /* text/html; charset=utf-8. See mocket_escape */
int mocket_json(mocket_event *e, const mocket_value *value); /* application/json; charset=utf-8, compact */
/* type NULL: application/octet-stream. The bytes are not copied: they must live as long as the event. */
int mocket_bytes(mocket_event *e, mocket_span body, const char *type);
/* status 0: 302; else 301, 302, 303, 307, 308. Bytes that no URL may hold are percent-encoded (RFC 9110, section
 * 10.2.2). */
int mocket_redirect(mocket_event *e, int status, const char *location);
int mocket_empty(mocket_event *e, int status); /* no body, no Content-Type. status 0: the one set before, else 204 */
/* Keeps a message for the error handler and returns status (400..599): `return mocket_error(e, 404, "no user %s", id);`
 * The default error handler sends the message as text. Handlers get it from mocket_error_text, NULL when there is
 * none. */
int mocket_error(mocket_event *e, int status, const char *fmt, ...) MOCKET_PRINTF(3, 4);
const char *mocket_error_text(const mocket_event *e);

/* A streamed answer. mocket_write sends the head at its first call (later header changes are MOCKET_ESTATE, A-30) and
 * waits for a slow client. mocket_stream takes a source and pumps it after the outermost middleware returned.
 * On a host that cannot wait a guest collects the answer and sends it whole when the handler is done. */
int mocket_write(mocket_event *e, mocket_span chunk);
int mocket_stream(mocket_event *e, mocket_source *take);

void mocket_status(mocket_event *e, int status);                              /* 200..599 */
void mocket_header_set(mocket_event *e, const char *name, const char *value); /* replaces; NULL value removes */
void mocket_header_add(mocket_event *e, const char *name, const char *value); /* one more line of that name */
/* What the answer holds so far, for middlewares behind mocket_next: the status (0 before an answer) and a header or
 * NULL. */
int mocket_response_status(const mocket_event *e);
const char *mocket_response_header(const mocket_event *e, const char *name);

/* Cookies (RFC 6265bis). same_site: 0 none given, or one of the enum. One cookie per name, path and domain: the last
 * wins. __Host- and __Secure- names must keep their rules; SameSite=None implies Secure (C-10). */
enum mocket_same_site { MOCKET_SAME_SITE_LAX = 1, MOCKET_SAME_SITE_STRICT, MOCKET_SAME_SITE_NONE };
struct mocket_cookie_opts {
    uint32_t size; /* 0, or sizeof of this struct as you know it */
    bool has_max_age;
    bool secure;
    bool http_only;
    bool partitioned;
    enum mocket_same_site same_site;
    int64_t max_age_s; /* sent when has_max_age; 0 and below delete */
    const char *path;
    const char *domain;
};
void mocket_cookie_set(mocket_event *e, const char *name, const char *value, const struct mocket_cookie_opts *opts);
/* Max-Age=0 with the same path, domain and flags. */
void mocket_cookie_delete(mocket_event *e, const char *name, const struct mocket_cookie_opts *opts);

/* ---- Waiting: reads as if it blocked, blocks nobody else ----------------------------------------------------------
 * Reading a body, mocket_write, mocket_sleep, mocket_wait and mocket_ws_send suspend the handler; its worker serves
 * others. When the client has left each of them returns MOCKET_ECLOSED at once, and so does every later one: return,
 * and what was deferred runs (T-02). A guest that uses one of them, mocket_stream, mocket_body_source or multipart is
 * entered on a stack of its own, which costs its host some microseconds a request; one that reads bodies as streams
 * gets them as they come. */

/* 0 after at least ms milliseconds; MOCKET_ECLOSED, MOCKET_ETIMEDOUT (the request's time is up), MOCKET_ENOTSUP (this
 * host cannot wait). The test client waits on the spot. */
int mocket_sleep(mocket_event *e, uint32_t ms);

/* ---- Outgoing HTTP ------------------------------------------------------------------------------------------------
 * Requests to other servers, http and https, HTTP/1.1 and 2. Connections are kept and used again. Certificates are
 * verified against the system's authorities, or those that the environment's SSL_CERT_FILE names. In a guest the host
 * must have granted the server (mocket serve --allow-net): else MOCKET_EDENIED. The test client cannot fetch. Content
 * codings are yours: no compressed answer is asked for, and what comes compressed all the same is not decoded.
 * A request without a User-Agent gets "mocket/VERSION". Natively names are looked up by threads of their own, at most
 * 16 of a worker at a time (12 for one event); further names wait, 1024 of a worker and 342 of an event at most.
 * Addresses are remembered for 60 seconds. */
struct mocket_fetch_opts {
    uint32_t size;
    const char *const *headers; /* lines, "Name: value"; ends with NULL */
    mocket_span body;           /* must live until the call ended; ptr NULL: none */
    mocket_source *source;      /* the body as a stream instead, read while the call is waited for */
    int64_t source_len;         /* 0: unknown, sent in chunks */
    bool no_follow;             /* 3xx are answers like others; else up to 10 redirects are followed */
    bool retry;                 /* POST, PATCH and other methods that are not idempotent may be sent twice, see below */
    uint32_t timeout_ms;        /* until the head of the answer is here, lookups included, from the last byte of
                                   source on. 0: 30000 */
    int64_t max_body;           /* of mocket_reply_body. 0: 1 MiB; MOCKET_UNLIMITED */
};
/* One request, and its answer as soon as the head is here, whatever its status (200..999; 1xx are skipped, 101 is
 * MOCKET_EIO): 0; or MOCKET_EINVAL (URL, method, header, HEAD with a body), MOCKET_EIO (no such host, refused, TLS,
 * broken off), MOCKET_ETIMEDOUT, MOCKET_EDENIED, MOCKET_ELIMIT (more than 10 redirects, more than 256 calls of one
 * event, a head above 64 KiB or 200 fields, more names than may wait for their lookup), MOCKET_ECLOSED (your own client
 * left), MOCKET_ENOTSUP. The reply lives as long as the event. A redirect to another origin loses Authorization,
 * Proxy-Authorization and Cookie; 303, and 301 or 302 to a POST, become GET; with source, 307 and 308 are returned as
 * they are. When a kept connection breaks before any answer, nobody knows whether the server has acted on the request:
 * idempotent ones (GET, HEAD, OPTIONS, TRACE, PUT, DELETE), and with retry all, are sent once more, others and those
 * with source are MOCKET_EIO. In a URL visible bytes that it may not hold, such as '|' and '"', are percent-encoded;
 * blanks, control bytes and bytes above 0x7E are MOCKET_EINVAL, as control bytes in headers are. Behind the head,
 * reading gives up after 30 seconds without a byte. */
int mocket_fetch(mocket_event *e, const char *method, const char *url, const struct mocket_fetch_opts *opts,
                 mocket_reply **out);
/* The same in two steps, so that several are under way at once. Never NULL: what went wrong is mocket_wait's. A call
 * that nobody waited for ends with the event. */
mocket_call *mocket_fetch_start(mocket_event *e, const char *method, const char *url,
                                const struct mocket_fetch_opts *opts);
int mocket_wait(mocket_event *e, mocket_call *call, mocket_reply **out);
/* Waits until mocket_wait would not wait for one of them, and returns its index, the lowest if there are several; NULL
 * calls are left out. timeout_ms: -1 none, 0 a look. MOCKET_ETIMEDOUT, MOCKET_ECLOSED; MOCKET_EINVAL when there is no
 * call. */
int mocket_wait_any(mocket_event *e, mocket_call *const *calls, size_t count, int64_t timeout_ms);
/* Ends a call and what came of it: its reply's body is MOCKET_ECLOSED. Twice is fine. */
void mocket_cancel(mocket_call *call);

int mocket_reply_status(const mocket_reply *r);
const char *mocket_reply_header(const mocket_reply *r, const char *name); /* repeated ones joined with ", "; or NULL */
const mocket_fields *mocket_reply_headers(const mocket_reply *r);
/* The whole body, read now if it was not: 0, MOCKET_ETOOBIG (max_body) or below zero as mocket_read. May be called
 * again. */
int mocket_reply_body(mocket_reply *r, mocket_span *out);
/* The whole body as JSON, whatever its type; also MOCKET_EINVAL when it does not parse. */
int mocket_reply_json(mocket_reply *r, const mocket_value **out);
/* The body as a stream, to read or to give to mocket_stream. The same source on each call, never NULL. */
mocket_source *mocket_reply_source(mocket_reply *r);

/* ---- Server-Sent Events (the HTML standard, section 9.2) ----------------------------------------------------------
 * The first call makes the answer a stream of text/event-stream, not cached. Each waits for a slow client. */
/* event (its name) and id may be NULL; data may have several lines. An event or id with a line end is MOCKET_EINVAL. */
int mocket_sse(mocket_event *e, const char *event, const char *id, const char *data);
/* mocket_sleep; meanwhile a comment every 15 seconds keeps proxies from closing the connection. */
int mocket_sse_sleep(mocket_event *e, uint32_t ms);
/* How long a client shall wait before it comes again. */
int mocket_sse_retry(mocket_event *e, uint32_t ms);
/* The id of the last event that a client got which comes again (Last-Event-ID), or NULL. */
const char *mocket_sse_last_id(mocket_event *e);

/* ---- WebSocket (RFC 6455) -----------------------------------------------------------------------------------------
 * A socket is a route for GET: middlewares run before the handshake and can refuse it, groups count. Requests to it
 * that ask for no upgrade are 426, another version than 13 too; a handshake with a bad key or a body is 400, and a
 * cross-origin one 403 unless the origin is allowed. Pings are answered, messages come whole, text is UTF-8 (else
 * 1007), larger ones than MOCKET_MAX_MESSAGE are refused (1009). */
enum mocket_ws_kind {
    MOCKET_WS_OPEN = 0,
    MOCKET_WS_TEXT = 1,
    MOCKET_WS_BINARY = 2,
    MOCKET_WS_PING = 3,   /* already answered */
    MOCKET_WS_CLOSED = 4, /* the last one, exactly once; data is the reason. See mocket_ws_code */
    MOCKET_WS_PONG = 5    /* to send only */
};
/* Called for each event of a socket, one at a time. data lives until it returns, and so does what mocket_mem and the
 * like give, but for MOCKET_WS_OPEN: as long as the socket. What it defers runs when the socket has ended. */
typedef void mocket_ws_handler(mocket_socket *s, int kind, mocket_span data);
struct mocket_ws_opts {
    uint32_t size;
    void *data;                   /* mocket_data(mocket_ws_event(s)) */
    const char *const *protocols; /* subprotocols; the first that the client offers too is taken. NULL: none */
    /* Also allowed, such as "https://a.example" (mocket_same_origin); "*" any. NULL: the request's host and port. */
    const char *const *origins;
};
void mocket_ws(mocket_app *app, const char *path, mocket_ws_handler *fn, const struct mocket_ws_opts *opts);

/* The socket's event, that of its handshake: parameters, headers, locals, mocket_sleep, mocket_fetch. Lives as long as
 * the socket, which ends when MOCKET_WS_CLOSED was handled. Answers cannot be given on it. */
mocket_event *mocket_ws_event(mocket_socket *s);
/* The subprotocol that was chosen, or NULL. */
const char *mocket_ws_protocol(const mocket_socket *s);
/* Why it was closed (RFC 6455, section 7.4): 1005 without a code, 1006 without a close frame. 0 before. */
int mocket_ws_code(const mocket_socket *s);

/* From the socket's handler. 0; MOCKET_ESTATE after mocket_ws_close, MOCKET_ECLOSED after the client left,
 * MOCKET_EINVAL (kind, text that is not UTF-8, a control frame above 125 bytes); in a guest MOCKET_ETOOBIG above 1 MiB,
 * or MOCKET_MAX_MESSAGE if that is larger. Waits for a slow client. */
int mocket_ws_send(mocket_socket *s, int kind, mocket_span data);
int mocket_ws_text(mocket_socket *s, const char *text);
/* code: 1000 to 1003, 1007 to 1014, 3000 to 4999; 0: none. reason: up to 123 bytes of UTF-8, or NULL. */
int mocket_ws_close(mocket_socket *s, int code, const char *reason);
/* Topics: any text up to 255 bytes, at most 1024 of one socket and 64 KiB of their names together (MOCKET_ELIMIT).
 * Twice is fine. */
int mocket_ws_subscribe(mocket_socket *s, const char *topic);
int mocket_ws_unsubscribe(mocket_socket *s, const char *topic);
/* A message (MOCKET_WS_TEXT, MOCKET_WS_BINARY) to every subscriber in every worker and instance, the sender included.
 * Order holds per sender; it never waits: MOCKET_EAGAIN when a worker is too far behind, MOCKET_ETOOBIG above 32 MiB
 * (in a guest as mocket_ws_send). For a subscriber that is too slow see MOCKET_MAX_BACKLOG. */
int mocket_publish(mocket_app *app, const char *topic, int kind, mocket_span data);
/* The same, by the socket's app. */
int mocket_ws_publish(mocket_socket *s, const char *topic, int kind, mocket_span data);

/* ---- Text helpers; results live as long as the event, never NULL ------------------------------------------------- */
const char *mocket_url_encode(mocket_event *e,
                              mocket_span text); /* keeps A-Z a-z 0-9 - _ . ~ (RFC 3986, section 2.3) */
const char *mocket_url_decode(mocket_event *e, mocket_span text); /* %HH; malformed ones stay; not UTF-8: "" */
const char *mocket_escape(mocket_event *e, const char *text);     /* & < > " ' for HTML text and quoted attributes */

/* ---- JSON ---------------------------------------------------------------------------------------------------------
 * Reading: NULL in, NULL out, so that lookups chain. Building never fails: mocket_json reports. Key order is kept;
 * setting a key again replaces it. */
const mocket_value *mocket_value_get(const mocket_value *object, const char *key); /* NULL when absent or no object */
const mocket_value *mocket_value_at(const mocket_value *array, size_t i);          /* NULL beyond the end or no array */
size_t mocket_value_count(const mocket_value *v);                                  /* members; 0 when neither */
const char *mocket_value_text(const mocket_value *v, const char *otherwise); /* otherwise: also when not a string */
int64_t mocket_value_int(const mocket_value *v, int64_t otherwise);
double mocket_value_number(const mocket_value *v, double otherwise);
bool mocket_value_bool(const mocket_value *v, bool otherwise);
/* JSON from text, and to compact text: 0, MOCKET_EINVAL, MOCKET_ENOMEM. For messages, event streams, files. */
int mocket_value_parse(mocket_event *e, mocket_span text, const mocket_value **out);
int mocket_value_write(mocket_event *e, const mocket_value *value, mocket_span *out);
mocket_value *mocket_object(mocket_event *e);
mocket_value *mocket_array(mocket_event *e);
void mocket_value_set_text(mocket_value *object, const char *key, const char *text); /* NULL text: null */
void mocket_value_set_int(mocket_value *object, const char *key, int64_t number);
void mocket_value_set_number(mocket_value *object, const char *key, double number);
void mocket_value_set_bool(mocket_value *object, const char *key, bool yes);
void mocket_value_set_value(mocket_value *object, const char *key, const mocket_value *value); /* copied */
void mocket_value_add_text(mocket_value *array, const char *text);
void mocket_value_add_int(mocket_value *array, int64_t number);
void mocket_value_add_number(mocket_value *array, double number);
void mocket_value_add_bool(mocket_value *array, bool yes);
void mocket_value_add_value(mocket_value *array, const mocket_value *value); /* copied */

/* ---- For middlewares ----------------------------------------------------------------------------------------------
 * What the middlewares below are made of, and yours can be. */

/* Set-up. A mistake that mocket_listen shall report, kept if it is the first. */
void mocket_mistake(mocket_app *app, const char *text);
/* The path that a group puts before its routes; "" for the app. */
const char *mocket_base(const mocket_app *app);
/* Zeroed memory, and a copy of text (NULL stays NULL), that live as long as the app. NULL when there is none or when
 * the app listens already: that is then a mistake, and nothing else needs to be done. */
void *mocket_app_mem(mocket_app *app, size_t len);
char *mocket_app_text(mocket_app *app, const char *text);
/* Copies an options struct that may be older or newer than yours, by its `uint32_t size` at the beginning. What it
 * lacks is zero, and so is all of out when opts is NULL. */
void mocket_opts_read(void *out, size_t out_size, const void *opts);

/* The canonical path, which scopes look at (M-04): characters that a path may hold decoded, dot segments resolved, no
 * empty segments, one slash at the beginning, none at the end, other escapes in upper case. NULL when the path has
 * none: 400. */
const char *mocket_path_canonical(mocket_event *e);
/* Lowers the limit of this request's body; one that is lower already stays. 0, or 413 when Content-Length is beyond it:
 * return that. A body of unknown length is refused the moment it passes the limit. */
int mocket_limit_body(mocket_event *e, int64_t max_bytes);
/* Random bytes that nobody can guess. 0, MOCKET_ENOTSUP or MOCKET_EIO. */
int mocket_random(mocket_event *e, void *buf, size_t len);

/* The credentials of Authorization behind its scheme, named in any case (RFC 9110, section 11.1); NULL when there is
 * none or it has another scheme. */
const char *mocket_authorization(mocket_event *e, const char *scheme);
/* Are they the same? Takes as long for any text of the same length as given, whatever the secret. */
bool mocket_same_secret(const char *given, const char *secret);

/* A source of your own: read works as mocket_read does and gets data; close (may be NULL) runs once, at the end of
 * the stream or when the event ends. NULL when there is no memory: close ran. While a fetch sends it, what read reads
 * may say MOCKET_EAGAIN, because the answer has come meanwhile: return that, and go on at the next call. */
typedef ptrdiff_t mocket_source_read(void *data, void *buf, size_t cap);
mocket_source *mocket_source_new(mocket_event *e, mocket_source_read *read, mocket_drop *close, void *data);
/* Ends a stream that was not given to mocket_stream. Twice is fine. */
void mocket_source_close(mocket_source *s);
/* mocket_stream with a length: Content-Length in place of chunks. A source that ends before, or goes on behind it,
 * breaks the answer off. HEAD reads nothing of it. */
int mocket_stream_len(mocket_event *e, mocket_source *take, int64_t len);

/* The answer, behind mocket_next. The body of a whole answer: false when there is none or it is a stream. */
bool mocket_response_body(const mocket_event *e, mocket_span *out);
/* Its length; -1 when that is not known (yet). */
int64_t mocket_response_len(const mocket_event *e);
/* The stream of a streamed answer, which then is no answer any more: wrap it and call mocket_stream. NULL: it is
 * none. */
mocket_source *mocket_response_take_stream(mocket_event *e);
/* Is the head out (mocket_write)? Then status and headers can not be changed. */
bool mocket_response_committed(const mocket_event *e);

/* How much the client wants a content coding ("gzip", "identity"), by Accept-Encoding: 0 not at all, to 1000. Without
 * that header only identity is wanted; with one that does not name it, identity is 1 (RFC 9110, section 12.5.3). */
int mocket_accepts_encoding(mocket_event *e, const char *coding);
/* Adds a name to Vary unless it is there. */
void mocket_vary(mocket_event *e, const char *name);
/* What If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since make of what you are about to answer: 0 go
 * on, 304 or 412 (RFC 9110, section 13.2.2); always 0 for OPTIONS, TRACE and CONNECT. etag: with its quotes, or NULL;
 * modified_s: seconds since 1970, or -1. */
int mocket_precondition(mocket_event *e, const char *etag, int64_t modified_s);
/* May a range of it be sent, or does If-Range say that the client has another version? True without that field. Only
 * strong validators count: no tag with W/, and no date whose second is not over (RFC 9110, section 13.1.5). etag and
 * modified_s: as for mocket_precondition. */
bool mocket_if_range(mocket_event *e, const char *etag, int64_t modified_s);
/* Are two origins, such as "https://a.example" and "HTTPS://a.example:443", the same? Scheme, host and port are
 * compared without regard to case; an absent port is the scheme's. Another text ("null") equals only itself. */
bool mocket_same_origin(const char *a, const char *b);
/* May a header have this value? Not with control bytes, but for tabs. */
bool mocket_is_header_value(const char *text);
/* "Sun, 06 Nov 1994 08:49:37 GMT". Lives as long as the event. */
const char *mocket_date(mocket_event *e, int64_t unix_s);
/* The media type of a file by its name, with its charset when it is text; "application/octet-stream" when unknown. */
const char *mocket_type_of(const char *file_name);

/* ---- Middlewares --------------------------------------------------------------------------------------------------
 * One call each, in the order in which they shall run. scope is mocket_use's: NULL means all that the app or group
 * covers. opts NULL or zeroed means the defaults, `size` is 0 or the sizeof of the struct; texts and lists (they end
 * with NULL) are copied. What cannot work is a mistake of registration (mocket_problem). docs/middleware.md has an
 * example of each. */

/* CORS (O-01 to O-03; the Fetch standard, section 3.3). Every answer gets Access-Control-Allow-Origin and
 * -Expose-Headers. A preflight (OPTIONS with Origin and Access-Control-Request-Method) is answered here: 200, empty.
 * A list or a callback reflects the one origin that it allows, with `Vary: Origin` on every answer; other origins
 * get no CORS headers. */
struct mocket_cors_opts {
    uint32_t size;
    bool credentials;           /* Access-Control-Allow-Credentials. Not with any origin: give origins or allow */
    bool preflight_204;         /* preflights are 204 */
    const char *const *origins; /* such as "https://a.example:8443" (mocket_same_origin). NULL: "*", or allow decides */
    bool (*allow)(mocket_event *e, const char *origin, void *data); /* asked about those that are not in origins */
    void *data;
    const char *methods; /* "GET, PUT". NULL: "*"; with credentials the method that is asked for */
    const char *headers; /* "X-Key". NULL: "*"; with credentials the headers that are asked for */
    const char *expose;  /* "X-Total". NULL: "*"; with credentials none */
    int64_t max_age_s;   /* of a preflight. 0: 86400; -1: not sent */
};
void mocket_cors(mocket_app *app, const char *scope, const struct mocket_cors_opts *opts);

/* Files of a folder under a path (F-01 to F-13): GET and HEAD; index names; a folder without its slash is 301; types
 * by extension; NAME.br and NAME.gz beside NAME for clients that take them; ETag, Last-Modified and conditional
 * requests; one range, several are answered whole. Nothing outside dir, no name that begins with a dot, only regular
 * files; symbolic links count as long as they stay below dir (where the system cannot promise that, they are not
 * followed). No file is 404, other methods 405. Memory does not grow with the file. dir is looked up at each
 * request, so that it may be replaced; natively it has to be there at set-up. In a guest files are those that its
 * host grants; without a grant there is none. mount stands behind the app's or group's base; the request's path is
 * looked at in canonical form (M-04). */
struct mocket_static_opts {
    uint32_t size;
    bool fall_through;         /* mocket_next in place of 404 and 405 */
    bool no_precompressed;     /* NAME.br and NAME.gz are not looked for */
    const char *const *index;  /* names tried in a folder. NULL: index.html; an empty list: none */
    const char *cache_control; /* Cache-Control of files. NULL: none */
};
void mocket_static(mocket_app *app, const char *mount, const char *dir, const struct mocket_static_opts *opts);

/* A line of the log, level 2, for each request when its answer is out: `GET /path 200 1.234 ms`, and `id=...` when
 * there is a mocket_request_id. The time counts from this middleware to the last byte given to the system. */
struct mocket_logger_opts {
    uint32_t size;
    bool query;      /* the path with its query, which may hold secrets */
    bool peer;       /* the client's address in front */
    bool user_agent; /* the User-Agent behind, in quotes */
};
void mocket_logger(mocket_app *app, const char *scope, const struct mocket_logger_opts *opts);

/* An ETag for whole answers to GET and HEAD with status 200 (RFC 9110, section 8.8.3), from their bytes (XXH64),
 * unless there is one; and 304 for clients that have it, also by an ETag that the handler set. It saves the
 * transfer, not the work. */
struct mocket_etag_opts {
    uint32_t size;
    bool weak; /* W/"..." */
};
void mocket_etag(mocket_app *app, const char *scope, const struct mocket_etag_opts *opts);

/* A name for each request: the client's X-Request-Id if it is 1 to 255 of A-Z a-z 0-9 - _ . =, else a random UUID
 * (RFC 9562, version 4). The answer carries it, errors too; handlers get it from mocket_request_id, NULL without
 * this middleware. */
struct mocket_request_ids_opts {
    uint32_t size;
    bool ignore_client; /* always a fresh one */
    const char *header; /* NULL: X-Request-Id */
};
void mocket_request_ids(mocket_app *app, const char *scope, const struct mocket_request_ids_opts *opts);
const char *mocket_request_id(mocket_event *e);

/* HTTP Basic authentication (RFC 7617), for use behind TLS: 401 and WWW-Authenticate unless name and password are
 * known. Comparing takes as long for wrong ones. Handlers get the name from mocket_auth_user, NULL without this
 * middleware. */
struct mocket_user {
    const char *name; /* not empty, no colon */
    const char *password;
};
struct mocket_basic_auth_opts {
    uint32_t size;
    const char *realm;               /* NULL: "Secure Area" */
    const struct mocket_user *users; /* ends with a NULL name. There must be users or verify */
    bool (*verify)(mocket_event *e, const char *user, const char *password, void *data); /* asked about the others */
    void *data;
};
void mocket_basic_auth(mocket_app *app, const char *scope, const struct mocket_basic_auth_opts *opts);
const char *mocket_auth_user(mocket_event *e);

/* Bearer tokens (RFC 6750): 401 without or with an unknown one, 400 for one that is malformed, each with its
 * WWW-Authenticate. Comparing takes as long for wrong ones. */
struct mocket_bearer_auth_opts {
    uint32_t size;
    const char *realm;         /* NULL: "" */
    const char *const *tokens; /* of A-Z a-z 0-9 - . _ ~ + / and = at the end. There must be tokens or verify */
    bool (*verify)(mocket_event *e, const char *token, void *data); /* asked about the others */
    void *data;
};
void mocket_bearer_auth(mocket_app *app, const char *scope, const struct mocket_bearer_auth_opts *opts);

/* A limit for request bodies, lower than MOCKET_MAX_BODY: 413, by Content-Length before the handler runs,
 * else the moment a body passes it. Where several cover a request the lowest counts; to allow more under one path,
 * raise MOCKET_MAX_BODY and limit the others. */
struct mocket_body_limit_opts {
    uint32_t size;
    bool none;         /* no body at all: max_bytes 0 */
    int64_t max_bytes; /* 0: 102400 */
};
void mocket_body_limit(mocket_app *app, const char *scope, const struct mocket_body_limit_opts *opts);

/* Headers that make browsers careful. Each text: NULL the default, "" not sent. Set before the handler, which may
 * replace them; error answers carry them too. */
struct mocket_secure_headers_opts {
    uint32_t size;
    const char *content_security_policy;         /* not sent */
    const char *permissions_policy;              /* not sent */
    const char *cross_origin_embedder_policy;    /* not sent */
    const char *cross_origin_opener_policy;      /* same-origin */
    const char *cross_origin_resource_policy;    /* same-origin */
    const char *origin_agent_cluster;            /* ?1 */
    const char *referrer_policy;                 /* no-referrer */
    const char *strict_transport_security;       /* max-age=15552000; includeSubDomains */
    const char *content_type_options;            /* nosniff */
    const char *dns_prefetch_control;            /* off */
    const char *download_options;                /* noopen */
    const char *frame_options;                   /* SAMEORIGIN */
    const char *permitted_cross_domain_policies; /* none */
    const char *xss_protection;                  /* 0 */
};
void mocket_secure_headers(mocket_app *app, const char *scope, const struct mocket_secure_headers_opts *opts);

/* Compresses answers with gzip or deflate (RFC 9110, section 8.4.1), as the client's Accept-Encoding weighs them,
 * with `Vary: Accept-Encoding`: whole ones and streams, of the types below and not smaller than min_bytes. Left
 * alone: answers without a body, what has a Content-Encoding or `Cache-Control: no-transform`, and mocket_write. A
 * strong ETag becomes a weak one. HEAD and 304 have the fields that the 200 to the same request would have, 206 its
 * Vary and its form of the ETag, of the bytes as they are. A 304 goes by Content-Type and Content-Length; without a
 * type it has Vary, and the ETag in the form of the client's If-None-Match. A client's slow stream gets each piece at
 * once. Up to 264 KiB of memory for each answer under way. Natively only: in a guest this does nothing, and its host or
 * the proxy in front compresses. */
struct mocket_compress_opts {
    uint32_t size;
    int level;                /* 1 fast to 9 small. 0: 6 */
    int64_t min_bytes;        /* 0: 1024; streams of unknown length are always large enough */
    const char *const *types; /* "text/html" is one type, "text/" all texts, "+json" all that end so. NULL: text (not
                                 text/event-stream), JSON, XML, JavaScript, wasm, SVG, fonts that are not compressed */
};
void mocket_compress(mocket_app *app, const char *scope, const struct mocket_compress_opts *opts);

/* ---- Tests without a socket ---------------------------------------------------------------------------------------
 * A client sends requests straight into an app, in memory, and keeps no connection. It freezes the app like a listen.
 *
 *     mocket_client *c = mocket_client_new(app);
 *     mocket_reply *r = mocket_client_send(c, "GET /hello/moon", (mocket_span){ 0 });
 *     assert(mocket_reply_status(r) == 200);
 *     mocket_client_free(c);
 */
mocket_client *mocket_client_new(mocket_app *app); /* NULL: no memory, or mocket_problem(app) */
/* For the next send; may be repeated. Host is "localhost" unless set. */
void mocket_client_header(mocket_client *c, const char *name, const char *value);
/* line: "METHOD TARGET". NULL: malformed or no memory. The reply lives until the next send. */
mocket_reply *mocket_client_send(mocket_client *c, const char *line, mocket_span body);
void mocket_client_free(mocket_client *c); /* the app stays yours */
#ifdef __cplusplus
}
#endif
#endif
