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
 * This file is the manual. It is C17 (C11 works too) and C++. Everything in it works natively and in a WebAssembly
 * guest. docs/contract.md lists what an app can rely on; ids such as R-10 below are its statements. docs/glossary.md
 * defines the words.
 *
 * THREADS       One thread builds an app, and mocket_listen freezes it. A request stays on its thread. Natively
 *               handlers run in parallel when there are several workers, and share static variables. In wasm static
 *               variables belong to an instance. mocket_on_worker makes state for one worker.
 * LIFE          Objects and text that a handler gets from an event live until the answer to that request was sent.
 *               Text that the app passes in is copied, unless a function says otherwise.
 * AFTER LISTEN  Return the result of mocket_listen and do nothing else. In wasm mocket_listen returns at once, and
 *               main's stack is gone when the first request comes. Give objects that handlers use to mocket_own or
 *               mocket_on_worker. A guest that registers something after mocket_listen does not start.
 * RESULTS       0 is success, a negative result is a MOCKET_E... code. Handlers may also return 400 to 599: the error
 *               handler then answers with that status.
 * TEXT          A mocket_span from the library has a NUL behind its last byte, so that ptr is a C string too. ptr NULL
 *               means absent. A span that the app passes in needs no NUL.
 * OPTIONS       A zeroed options struct, and NULL instead of a struct, mean the defaults. `size` at the beginning is 0
 *               or the sizeof of the struct.
 */
#ifndef MOCKET_H
#define MOCKET_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version (semver.org): as numbers, as one number to compare, 1000 for 0.1.0, and as text, "0.1.0". */
#define MOCKET_VERSION_MAJOR 0
#define MOCKET_VERSION_MINOR 1
#define MOCKET_VERSION_PATCH 0
#define MOCKET_VERSION_NUMBER (MOCKET_VERSION_MAJOR * 1000000 + MOCKET_VERSION_MINOR * 1000 + MOCKET_VERSION_PATCH)
#define MOCKET_VERSION_QUOTE(major, minor, patch) #major "." #minor "." #patch
#define MOCKET_VERSION_TEXT(major, minor, patch) MOCKET_VERSION_QUOTE(major, minor, patch)
#define MOCKET_VERSION MOCKET_VERSION_TEXT(MOCKET_VERSION_MAJOR, MOCKET_VERSION_MINOR, MOCKET_VERSION_PATCH)

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
typedef struct mocket_reply mocket_reply;         /* the answer to an outgoing request */
typedef struct mocket_socket mocket_socket;       /* a WebSocket */

/* Borrowed bytes. Text is UTF-8 unless stated otherwise. */
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
    X(ETIMEDOUT, -7, "timed out")                                                                                      \
    X(EDENIED, -8, "not permitted: it was not granted")                                                                \
    X(ENOTSUP, -9, "not supported here")                                                                               \
    X(EIO, -10, "the network or the disk failed")                                                                      \
    X(ENOMEM, -11, "out of memory")                                                                                    \
    X(ETOOBIG, -12, "larger than the limit")                                                                           \
    X(EAGAIN, -13, "not possible now, try again later")

enum mocket_code {
    MOCKET_OK = 0,
#define MOCKET_ERROR_CODE(name, number, text) MOCKET_##name = (number),
    MOCKET_ERRORS(MOCKET_ERROR_CODE)
#undef MOCKET_ERROR_CODE
};

/* Returns the text of a MOCKET_E... code, or the reason phrase of an HTTP status from 100 to 599 (RFC 9110, section
 * 15). The text is static. Never NULL. */
const char *mocket_strerror(int code);

/* Returns the version of the library: MOCKET_VERSION of the header that it was built with. */
const char *mocket_version(void);

/* ---- The app ------------------------------------------------------------------------------------------------------
 * Functions that register something return nothing. The library keeps the first mistake: mocket_listen reports it, and
 * mocket_problem returns it. Functions that register may be called until mocket_listen. Text is copied. */

/* A handler answers the event (mocket_text, mocket_json ...) and returns 0. Or it returns 400 to 599 or a MOCKET_E...
 * code without an answer; the error handler then answers. A handler that returns 0 without an answer causes a 500 and a
 * log line that names the route (E-03). A middleware is a handler that may call mocket_next. */
typedef int mocket_handler(mocket_event *e);

/* Answers in place of a handler that failed. error: the result of the handler, 400 to 599 or a MOCKET_E... code. The
 * error handler chooses status, body and headers. Content-*, ETag, Last-Modified, Cache-Control and Expires that were
 * set before are cleared. If the error handler returns anything but 0, or does not answer, the default error
 * handler answers (E-02). */
typedef int mocket_error_handler(mocket_event *e, int error);

/* Frees what ptr points to. */
typedef void mocket_drop(void *ptr);

/* Makes an app. Never NULL: when out of memory, that is the first mistake, and mocket_listen reports it. The caller
 * owns the app until mocket_listen. */
mocket_app *mocket_new(void);

/* Frees an app that is not listening, its groups, and the objects that mocket_own gave to it. While mocket_listen runs,
 * and after it returned 0 in a guest, the app belongs to the backend and this function does nothing. app may be
 * NULL. */
void mocket_free(mocket_app *app);

/* Register a handler for a method and a path template. In a template `:name` matches one segment, `*`
 * matches one segment, and `**` matches the rest; the parameter `_` holds the text of `*` and `**`. All other text is
 * literal, byte for byte. A static template wins over a dynamic one; among dynamic ones the first that was registered
 * wins. mocket_all registers for every method. */
void mocket_get(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_post(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_put(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_patch(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_delete(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_head(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_options(mocket_app *app, const char *path, mocket_handler *fn);
void mocket_all(mocket_app *app, const char *path, mocket_handler *fn);

/* Registers a handler for any method, with data that mocket_data returns. method is compared exactly; "*" is every
 * method. data is borrowed and must live as long as the app. */
void mocket_on(mocket_app *app, const char *method, const char *path, mocket_handler *fn, void *data);

/* Makes a group: a child app that puts base in front of the paths of its routes, and whose middlewares cover base. app
 * owns the group. Groups nest. Never NULL. */
mocket_app *mocket_group(mocket_app *app, const char *base);

/* Registers a middleware. scope: a path; the middleware runs for requests whose canonical path begins with the segments
 * of scope (M-03, M-04). The base of a group is not put in front of it. NULL: every path that the app or group covers.
 * Middlewares run in the order of registration, also across groups. data as for mocket_on. */
void mocket_use(mocket_app *app, const char *scope, mocket_handler *fn, void *data);

/* Sets the error handler of the app and all its groups. The last one that was set counts (E-01). mocket_data returns
 * data there. */
void mocket_on_error(mocket_app *app, mocket_error_handler *fn, void *data);

/* Calls start once in each worker, before its first request. mocket_worker returns the result of start in that worker.
 * When the worker ends, stop is called with that result; stop may be NULL. In a guest each instance is a worker. */
void mocket_on_worker(mocket_app *app, void *(*start)(void *data), mocket_drop *stop, void *data);

/* Passes ownership of ptr to the app: drop(ptr) is called when the app is freed, for the last ptr first. drop NULL
 * means free. */
void mocket_own(mocket_app *app, void *ptr, mocket_drop *drop);

/* Settings. Times are in milliseconds, sizes in bytes. Each row has the meaning, the default and the range. A value
 * outside of the range is a mistake (mocket_problem). MOCKET_UNLIMITED turns a limit off where the range contains -1.
 * Settings marked "native" have no effect in a guest, whose host has limits of its own. */
enum mocket_setting {
    MOCKET_MAX_BODY,           /* size of a request body. 1 MiB; 0.. or -1. A larger one is 413 */
    MOCKET_REUSE,              /* use of wasm instances: enum mocket_reuse. MOCKET_REUSE_SERIAL */
    MOCKET_AUTO_HEAD,          /* GET routes answer HEAD. 1; 0 or 1 */
    MOCKET_AUTO_OPTIONS,       /* OPTIONS is answered 204 with Allow. 1; 0 or 1 */
    MOCKET_METHOD_NOT_ALLOWED, /* 405 with Allow instead of 404. 1; 0 or 1 */
    MOCKET_WORKERS,            /* native: worker threads. 1; 1..1024. The variable MOCKET_WORKERS replaces it */
    MOCKET_MAX_HEAD,           /* native: size of request line and header block. 32768; 1024..1048576. A larger request
                                * line is 414, a larger header block 431 */
    MOCKET_MAX_TARGET,         /* native: length of a request target. 8192; 64..1048576. A longer one is 414 */
    MOCKET_MAX_FIELDS,         /* native: number of header lines. 100; 1..10000. More is 431 */
    MOCKET_MAX_CONNECTIONS,    /* native: connections of all workers. 10000; 1.. More get 503. mocket_listen raises the
                                * limit of descriptors (ulimit -n) to these, 1024 files, and 640 for each worker of an
                                * app that fetches (512 connections). If the hard limit is lower, the server has fewer
                                * of each, and logs a warning */
    MOCKET_MAX_PER_ADDRESS,    /* native: connections of one address (IPv6: of a /64). Trusted proxies and Unix sockets
                                * are exempt. -1; 1.. or -1. More get 503 */
    MOCKET_HEAD_TIMEOUT,       /* native: time from the first byte to the end of a head. 10000; 1.. or -1. Then 408 */
    MOCKET_BODY_TIMEOUT,       /* native: silence while a body is read. 30000; 1.. or -1. Then 408 */
    MOCKET_BODY_TOTAL,         /* native: time that a handler waits for a body in all; each KiB that arrives adds 1000.
                                * 30000; 1.. or -1. Then 408 */
    MOCKET_WRITE_TIMEOUT,      /* native: silence while an answer is written. 30000; 1.. or -1. Then cut */
    MOCKET_IDLE_TIMEOUT,       /* native: time of a connection without a request. 60000; 1.. or -1. Then closed */
    MOCKET_LINGER_TIMEOUT,     /* native: after an answer that was sent before the request's body was read, the server
                                * discards the body until the client is silent for this time. 5000; 0.. */
    MOCKET_LINGER_TOTAL,       /* native: the longest time of that discarding; after mocket_stop at most 1000.
                                * 30000; 0.. */
    MOCKET_STOP_GRACE,         /* native: time for requests in flight after mocket_stop. 10000; 0.. or -1. Then cut */
    MOCKET_MAX_MESSAGE,        /* size of a WebSocket message. 1 MiB; 0.. or -1. A larger one closes the socket with
                                * 1009 */
    MOCKET_MAX_BACKLOG,        /* native: bytes that wait for a slow WebSocket. 1 MiB; 1024.. More close it with 1013 */
    MOCKET_WS_TIMEOUT,         /* native: silence of a WebSocket. It is pinged after half of it. 60000; 1.. or -1. Then
                                * it is closed with 1001 */
    MOCKET_REPLAY_SOCKETS,     /* a Durable Object may end the instance of an idle WebSocket and keep the connection. It
                                * repeats handshake and MOCKET_WS_OPEN in a new instance, and discards messages that the
                                * app sends meanwhile (W-04). 0; 0 or 1 */
    MOCKET_HANDSHAKE_TIMEOUT   /* native: time for a TLS handshake. 10000; 1.. or -1. Then closed */
};
#define MOCKET_UNLIMITED (-1)
enum mocket_reuse {
    MOCKET_REUSE_NONE,      /* a fresh instance for each request */
    MOCKET_REUSE_SERIAL,    /* an instance serves many requests, one at a time */
    MOCKET_REUSE_CONCURRENT /* an instance serves many requests at once; event-driven guests only */
};
/* Sets a setting of the app. The last value counts. */
void mocket_set(mocket_app *app, enum mocket_setting what, int64_t value);

/* Natively: connections from these networks are proxies, whose fields mocket_peer and mocket_scheme use. networks: a
 * list such as "10.0.0.0/8, ::1"; "unix" is every Unix socket. The client is the last address of Forwarded (RFC 7239),
 * else of X-Forwarded-For, that is not such a proxy itself. The scheme is proto of Forwarded, else X-Forwarded-Proto.
 * Malformed values are ignored. If both fields are present and name different clients, the client is unknown, because a
 * proxy passes on the field that it does not set. May be called again for further networks. A malformed network is a
 * mistake. No effect in a guest: the operator configures its host. */
void mocket_trust_proxy(mocket_app *app, const char *networks);

/* Natively: a certificate for addresses that begin with "https://", and its key: files in PEM form. The file of the
 * certificate may have the certificates of intermediate authorities behind it. May be called several times: a client
 * gets the certificate for the host name that it asks for, else the first one. The variables MOCKET_TLS_CERT and
 * MOCKET_TLS_KEY replace them all. The files are read again when they change; a connection under way is not affected,
 * and files with a mistake leave the previous certificates in use. No effect in a guest: the operator configures its
 * host. docs/tls.md has the whole. */
void mocket_tls_certificate(mocket_app *app, const char *certificate, const char *key);
/* Natively: clients must present a certificate that an authority of this file has signed. Handlers find it in the field
 * `client-cert` (RFC 9440), which the server removes from what clients send. The variable MOCKET_TLS_CLIENT_CA replaces
 * it. No effect in a guest. */
void mocket_tls_client_ca(mocket_app *app, const char *file);

/* Natively: serves until mocket_stop, SIGINT or SIGTERM, then returns 0. If it cannot serve, it writes a line with the
 * reason to standard error and returns another exit code for main at once: 1 (port in use, a file that cannot be read),
 * or 2 (a malformed address or variable, a mistake of registration). address: "host:port", ":port" (every address, IPv6
 * and IPv4), "[v6]:port", "unix:path"; with "https://" before one of the first three, the address is served over TLS
 * (mocket_tls_certificate). Port 0 chooses a free one. The environment variable MOCKET_LISTEN replaces address. A line
 * on standard error has the URL when the server is ready, and says so if every interface is served. MOCKET_LOG=debug
 * adds a line about each request: its route and its middlewares.
 *
 * Signals, natively: the first worker's loop, on the caller's thread, receives them; no thread is started for them. So
 * a handler that blocks this worker delays the first SIGINT or SIGTERM. The same signal a second time ends the program
 * at once, because its action is the default action by then. SIGHUP reads the files of certificates again
 * if an address is served over TLS. All other signals are left to the program.
 *
 * In a guest: declares that the app is ready, and returns 0 at once, or below zero. Of address only the port counts,
 * and only if the operator names no address: `mocket serve` then listens on 127.0.0.1. */
int mocket_listen(mocket_app *app, const char *address);

/* mocket_listen on every address of the machine, under upstream's name. port: 0 to 65535; 0 chooses a free one. */
int mocket_serve(mocket_app *app, int port);

/* Ends mocket_listen: the server accepts no new requests, and requests in flight finish within MOCKET_STOP_GRACE. Any
 * thread and a signal handler may call it. No effect in a guest. */
void mocket_stop(mocket_app *app);

/* Returns the first mistake of registration as text, or NULL. The text lives as long as the app. */
const char *mocket_problem(const mocket_app *app);

/* ---- The event: the request -------------------------------------------------------------------------------------- */

/* Runs the rest of the chain and returns its result. Returns MOCKET_ESTATE for a second call of one middleware, and for
 * a call from the handler at the end of the chain (M-07). */
int mocket_next(mocket_event *e);

/* Returns the data that the running handler or middleware was registered with. */
void *mocket_data(const mocket_event *e);

/* Returns the app that serves the event, for mocket_publish. */
mocket_app *mocket_event_app(const mocket_event *e);

/* Returns the result of mocket_on_worker's start in this worker, or NULL. */
void *mocket_worker(const mocket_event *e);

/* Set and return a value of the event, to pass data from a middleware to a handler. key: the address of a static
 * variable of the app. The value is borrowed. mocket_local returns NULL if it is unset. */
void mocket_local_set(mocket_event *e, const void *key, void *value);
void *mocket_local(const mocket_event *e, const void *key);

/* Returns len zeroed bytes that live as long as the event. NULL when out of memory: return MOCKET_ENOMEM then. */
void *mocket_mem(mocket_event *e, size_t len);

/* Formats text into memory of the event, like printf. Never NULL: "" when out of memory; the answer is then a 500. */
char *mocket_format(mocket_event *e, const char *fmt, ...) MOCKET_PRINTF(2, 3);

/* Calls drop(ptr) after the answer was sent or the client has left, in every case. The last ptr is dropped first. */
void mocket_defer(mocket_event *e, mocket_drop *drop, void *ptr);

/* Writes a line to the log, formatted like printf. level: 0 error, 1 warning, 2 information, 3 debug. The text is
 * escaped: a backslash becomes two; control characters, format characters, U+2028, U+2029 and bytes that are not UTF-8
 * become \xHH. It is cut at 4 KiB. Natively the caller's thread writes the line to standard error in one write, and the
 * number of lines is not limited. The call blocks, and its worker with it, while standard error is a full pipe. In a
 * guest the call never blocks: `mocket serve` takes 1000 lines and 128 KiB a second for each worker, and drops the
 * rest. */
enum mocket_log_level { MOCKET_LOG_ERROR, MOCKET_LOG_WARN, MOCKET_LOG_INFO, MOCKET_LOG_DEBUG };
void mocket_log(mocket_event *e, int level, const char *fmt, ...) MOCKET_PRINTF(3, 4);

/* Returns the time of a monotonic clock in nanoseconds. */
uint64_t mocket_now_ns(const mocket_event *e);

/* Return parts of the request, never NULL: the method as it was sent; the raw path; the query without its `?`,
 * "" if there is none; the authority (of an absolute target, else Host); the address of the client as text, "" if it is
 * unknown. */
const char *mocket_method(mocket_event *e);
const char *mocket_path(mocket_event *e);
const char *mocket_query_string(mocket_event *e);
const char *mocket_authority(mocket_event *e);
const char *mocket_peer(mocket_event *e);

/* Returns "https" if the client used TLS, as far as a trusted proxy (mocket_trust_proxy) or the host reports it, else
 * "http". */
const char *mocket_scheme(mocket_event *e);

/* Return one value by name, or NULL if it is absent. Parameters are raw; mocket_param_decoded percent-decodes them. Of
 * duplicates in the query and among cookies the last one counts. The name of a header may be in any case; repeated
 * headers are joined with ", " (Cookie: with "; ") (Q-01, Q-02, Q-10, C-01). */
const char *mocket_param(mocket_event *e, const char *name);
const char *mocket_param_decoded(mocket_event *e, const char *name);
const char *mocket_query(mocket_event *e, const char *name);
const char *mocket_header(mocket_event *e, const char *name);
const char *mocket_cookie(mocket_event *e, const char *name);

/* Returns all parameters, query pairs, headers or cookies in their order, duplicates included. Never NULL. */
enum mocket_part { MOCKET_PARAMS, MOCKET_QUERY, MOCKET_HEADERS, MOCKET_COOKIES };
const mocket_fields *mocket_fields_of(mocket_event *e, enum mocket_part part);
/* Returns the number of pairs. */
size_t mocket_fields_count(const mocket_fields *f);
/* Reads pair i, counted from 0. name and value may be NULL. Beyond the end both become absent (ptr NULL). */
void mocket_fields_at(const mocket_fields *f, size_t i, mocket_span *name, mocket_span *value);
/* Returns the last value with exactly this name, or NULL. */
const char *mocket_fields_get(const mocket_fields *f, const char *name);

/* Reads the whole body; it may contain any bytes. A request without a body has an empty one. Returns 0; 413 beyond the
 * limit (MOCKET_MAX_BODY); 400 if the body is malformed; 408 if it is too slow; or below zero. Return such a result as
 * it is. May wait. May be called again. */
int mocket_body(mocket_event *e, mocket_span *out);
/* The same for text. Also returns 400 if the body is not UTF-8. */
int mocket_body_text(mocket_event *e, mocket_span *out);
/* Reads the body as JSON (RFC 8259), at most 128 levels deep; of duplicate keys the last one counts. Also returns 400
 * if it cannot be parsed, and 415 if Content-Type is another type. A missing Content-Type is accepted. */
int mocket_body_json(mocket_event *e, const mocket_value **out);
/* Reads the body as application/x-www-form-urlencoded. Also returns 415 if Content-Type is another type. */
int mocket_body_form(mocket_event *e, const mocket_fields **out);

/* Returns the body as a stream, instead of the calls above. The limit holds here too. Returns the same source for each
 * call, never NULL. The event owns it. */
mocket_source *mocket_body_source(mocket_event *e);
/* Reads up to cap bytes. Returns their number, 0 at the end, or below zero (MOCKET_ETOOBIG beyond the limit of the
 * body). May wait. */
ptrdiff_t mocket_read(mocket_source *s, void *buf, size_t cap);

/* One part of multipart/form-data. The spans live until the next part. */
struct mocket_upload {
    mocket_span name;     /* "" if the part has none */
    mocket_span filename; /* ptr NULL: an ordinary field */
    mocket_span type;     /* its Content-Type; ptr NULL if it has none */
};
/* Reads the body as multipart/form-data (RFC 7578), part by part, as it arrives. Limits: 128 parts, 8 KiB of header
 * lines each, and the limit of the body. Returns 0; 400 without a usable boundary; 415 for another type. The event owns
 * the reader. */
int mocket_body_multipart(mocket_event *e, mocket_multipart **out);
/* Goes to the next part, and skips unread bytes of the present one. Returns 1, 0 after the last part, 400, 413, 408 or
 * below zero. May wait. */
int mocket_multipart_next(mocket_multipart *m, struct mocket_upload *out);
/* Reads up to cap bytes of the present part. Returns their number, 0 at its end, or below zero. May wait. */
ptrdiff_t mocket_multipart_read(mocket_multipart *m, void *buf, size_t cap);
/* Reads the rest of the present part. Returns 0, 400, 413, 408 or below zero. May wait. */
int mocket_multipart_data(mocket_multipart *m, mocket_span *out);

/* ---- The event: the answer ----------------------------------------------------------------------------------------
 * Functions that set something return nothing. A wrong value (a name that is not a token, a value with a control byte,
 * a status outside of 200 to 599) turns the answer into a 500 and a log line. Functions that answer return 0 or below
 * zero; return their result. The last answer counts. A Content-Type that was set before is kept. */

/* Answers with text/plain; charset=utf-8. text is not a format. */
int mocket_text(mocket_event *e, const char *text);
/* The same, formatted like printf. */
int mocket_textf(mocket_event *e, const char *fmt, ...) MOCKET_PRINTF(2, 3);
/* Answers with text/html; charset=utf-8. Escape text from clients with mocket_escape. */
int mocket_html(mocket_event *e, const char *html);
/* Answers with application/json; charset=utf-8, compact. */
int mocket_json(mocket_event *e, const mocket_value *value);
/* Answers with bytes of the given media type; NULL: application/octet-stream. The bytes are not copied: they must live
 * as long as the event. */
int mocket_bytes(mocket_event *e, mocket_span body, const char *type);
/* Redirects the client. status: 301, 302, 303, 307 or 308; 0 means 302. Bytes of location that a URL must not contain
 * are percent-encoded (RFC 9110, section 10.2.2). */
int mocket_redirect(mocket_event *e, int status, const char *location);
/* Answers without a body and without a Content-Type. status 0 means the status that was set before, else 204. */
int mocket_empty(mocket_event *e, int status);
/* Stores a message for the error handler, formatted like printf, and returns status (400 to 599):
 * `return mocket_error(e, 404, "no user %s", id);`. The default error handler sends the message as text. */
int mocket_error(mocket_event *e, int status, const char *fmt, ...) MOCKET_PRINTF(3, 4);
/* Returns the message of mocket_error, or NULL. */
const char *mocket_error_text(const mocket_event *e);

/* Sends a piece of a streamed answer. The first call sends the head; later header changes are MOCKET_ESTATE.
 * Waits for a slow client. Returns 0 or below zero. On a host that cannot wait, a guest collects the answer and sends
 * it whole when the handler has returned. */
int mocket_write(mocket_event *e, mocket_span chunk);
/* Answers with a stream, which is read and sent after the outermost middleware has returned. Ownership of take passes
 * to the event. Returns 0 or below zero. */
int mocket_stream(mocket_event *e, mocket_source *take);

/* Sets the status: 200 to 599. */
void mocket_status(mocket_event *e, int status);
/* Sets a header and replaces earlier ones of that name. value NULL removes it. */
void mocket_header_set(mocket_event *e, const char *name, const char *value);
/* Adds a header line of that name. */
void mocket_header_add(mocket_event *e, const char *name, const char *value);
/* Returns the status of the answer so far, for middlewares behind mocket_next; 0 before there is an answer. */
int mocket_response_status(const mocket_event *e);
/* Returns a header of the answer so far, or NULL. */
const char *mocket_response_header(const mocket_event *e, const char *name);

/* Options of a cookie (RFC 6265bis). same_site 0 sends no SameSite. */
enum mocket_same_site { MOCKET_SAME_SITE_LAX = 1, MOCKET_SAME_SITE_STRICT, MOCKET_SAME_SITE_NONE };
struct mocket_cookie_opts {
    uint32_t size;
    bool has_max_age;
    bool secure;
    bool http_only;
    bool partitioned;
    enum mocket_same_site same_site;
    int64_t max_age_s; /* in seconds, sent if has_max_age; 0 and below delete the cookie */
    const char *path;
    const char *domain;
};
/* Sets a cookie. The last cookie counts for each name, path and domain. The rules of the prefixes __Host- and __Secure-
 * are enforced, and SameSite=None implies Secure (C-10); a cookie that breaks a rule turns the answer into a 500. */
void mocket_cookie_set(mocket_event *e, const char *name, const char *value, const struct mocket_cookie_opts *opts);
/* Deletes a cookie: sends Max-Age=0 with the path, domain and flags of opts. */
void mocket_cookie_delete(mocket_event *e, const char *name, const struct mocket_cookie_opts *opts);

/* ---- Waiting ------------------------------------------------------------------------------------------------------
 * Reading a body, mocket_write, mocket_sleep, mocket_wait and mocket_ws_send may suspend the handler; its worker serves
 * other requests meanwhile. When the client has left, each of them returns MOCKET_ECLOSED at once, and so does every
 * later call: return, and deferred functions run (T-02). If a guest uses one of them, mocket_stream, mocket_body_source
 * or multipart, its host runs each request on a stack of its own, which costs some microseconds. A guest that reads
 * bodies as streams gets them as they arrive. */

/* Waits for at least ms milliseconds. Returns 0; MOCKET_ECLOSED; MOCKET_ETIMEDOUT if the request's time is up;
 * MOCKET_ENOTSUP if the host cannot wait. The test client blocks. */
int mocket_sleep(mocket_event *e, uint32_t ms);

/* ---- Outgoing HTTP ------------------------------------------------------------------------------------------------
 * Requests to other servers by http and https, in HTTP/1.1 and HTTP/2. Connections are kept and used again.
 * Certificates are verified against the system's authorities, or against the file that the environment variable
 * SSL_CERT_FILE names. A guest reaches only servers that its host grants (mocket serve --allow-net); all others are
 * MOCKET_EDENIED. The test client cannot fetch. The request does not ask for compression, and a compressed body is not
 * decoded. A request without a User-Agent gets "mocket/VERSION". Natively threads look up names, at most 16 of a worker
 * at a time (12 for one event). Further names wait: at most 1024 of a worker and 342 of an event. Addresses are
 * remembered for 60 seconds. */
struct mocket_fetch_opts {
    uint32_t size;
    const char *const *headers; /* lines, "Name: value"; ends with NULL */
    mocket_span body;           /* borrowed until the call has ended; ptr NULL: none */
    mocket_source *source;      /* the body as a stream instead of body; read while the handler waits for the call */
    int64_t source_len;         /* length of source in bytes. 0: unknown, sent in chunks */
    bool no_follow;             /* return redirects as answers; else up to 10 redirects are followed */
    bool retry;                 /* also send POST, PATCH and other non-idempotent methods again, see below */
    uint32_t timeout_ms;        /* time until the head of the answer, lookups included; with source it counts from the
                                   last byte of source. 0: 30000 */
    int64_t max_body;           /* limit of mocket_reply_body in bytes. 0: 1 MiB; MOCKET_UNLIMITED: none */
};
/* Sends a request, waits for the head of the answer, and returns 0 for every status (200 to 999; 1xx are skipped, 101
 * is MOCKET_EIO). The event owns *out. Errors: MOCKET_EINVAL (malformed URL, method or header; HEAD with a body),
 * MOCKET_EIO (unknown host, connection refused, TLS failure, connection broken), MOCKET_ETIMEDOUT, MOCKET_EDENIED,
 * MOCKET_ELIMIT (more than 10 redirects, more than 256 calls of one event, a head above 64 KiB or 200 fields, too many
 * names that wait for a lookup), MOCKET_ECLOSED (the client of this event left), MOCKET_ENOTSUP.
 *
 * Redirects: a redirect to another origin loses Authorization, Proxy-Authorization and Cookie. 303, and 301 or 302 to a
 * POST, become GET. With source, 307 and 308 are returned as answers.
 *
 * Sending again: when a kept connection breaks before any answer, the server may or may not have acted on the request.
 * Idempotent methods (GET, HEAD, OPTIONS, TRACE, PUT, DELETE), and with retry all methods, are sent once more. All
 * other requests, and requests with source, are MOCKET_EIO.
 *
 * Characters: visible bytes that a URL must not contain, such as '|' and '"', are percent-encoded. Blanks, control
 * bytes and bytes above 0x7E in a URL are MOCKET_EINVAL, and so are control bytes in headers.
 *
 * After the head, reading the body fails after 30 seconds without a byte. */
int mocket_fetch(mocket_event *e, const char *method, const char *url, const struct mocket_fetch_opts *opts,
                 mocket_reply **out);
/* Begins a request and does not wait, so that several requests can be in flight. Never NULL: mocket_wait returns
 * errors. The event owns the call, and ends it. */
mocket_call *mocket_fetch_start(mocket_event *e, const char *method, const char *url,
                                const struct mocket_fetch_opts *opts);
/* Waits for the head of the answer of a call. Results as for mocket_fetch. */
int mocket_wait(mocket_event *e, mocket_call *call, mocket_reply **out);
/* Waits until one of the calls is ready: mocket_wait would not wait for it. Returns its index, the lowest one if
 * several are ready. NULL calls are skipped. timeout_ms: the longest wait; -1 no limit, 0 do not wait. Returns
 * MOCKET_ETIMEDOUT after that time, MOCKET_ECLOSED, or MOCKET_EINVAL if all calls are NULL. */
int mocket_wait_any(mocket_event *e, mocket_call *const *calls, size_t count, int64_t timeout_ms);
/* Cancels a call and its reply: reading the reply's body returns MOCKET_ECLOSED. May be called again. */
void mocket_cancel(mocket_call *call);

/* Returns the status of a reply. */
int mocket_reply_status(const mocket_reply *r);
/* Returns a header of a reply, or NULL. Repeated headers are joined with ", ". */
const char *mocket_reply_header(const mocket_reply *r, const char *name);
/* Returns all headers of a reply. */
const mocket_fields *mocket_reply_headers(const mocket_reply *r);
/* Reads the whole body of a reply. Returns 0, MOCKET_ETOOBIG (max_body) or an error of mocket_read. May wait. May be
 * called again. */
int mocket_reply_body(mocket_reply *r, mocket_span *out);
/* Reads the whole body as JSON, whatever its Content-Type. Also returns MOCKET_EINVAL if it cannot be parsed. */
int mocket_reply_json(mocket_reply *r, const mocket_value **out);
/* Returns the body of a reply as a stream, to read it or to pass it to mocket_stream. Returns the same source for each
 * call, never NULL. The reply owns it. */
mocket_source *mocket_reply_source(mocket_reply *r);

/* ---- Server-Sent Events (the HTML standard, section 9.2) ----------------------------------------------------------
 * The first call of one of these functions sends the head of a stream with text/event-stream that must not be cached.
 * Each call waits for a slow client. Returns 0, MOCKET_ECLOSED when the client has left, or below zero. */

/* Sends an event. event (its name) and id may be NULL; data may have several lines. A line end in event or id is
 * MOCKET_EINVAL. */
int mocket_sse(mocket_event *e, const char *event, const char *id, const char *data);
/* Waits like mocket_sleep, and sends a comment every 15 seconds so that proxies keep the connection open. */
int mocket_sse_sleep(mocket_event *e, uint32_t ms);
/* Tells the client how many milliseconds to wait before it connects again. */
int mocket_sse_retry(mocket_event *e, uint32_t ms);
/* Returns the id of the last event that the client got before it connected again (Last-Event-ID), or NULL. */
const char *mocket_sse_last_id(mocket_event *e);

/* ---- WebSocket (RFC 6455) -----------------------------------------------------------------------------------------
 * A socket is a route for GET. Middlewares run before the handshake and can refuse it; groups may contain sockets. A
 * request to the route without an upgrade, or with another version than 13, is 426. A handshake with a bad key or a
 * body is 400. A cross-origin handshake is 403 unless the origin is allowed. The server answers pings. Messages arrive
 * whole. Text that is not UTF-8 closes the socket with 1007, a message above MOCKET_MAX_MESSAGE with 1009. */
enum mocket_ws_kind {
    MOCKET_WS_OPEN = 0,
    MOCKET_WS_TEXT = 1,
    MOCKET_WS_BINARY = 2,
    MOCKET_WS_PING = 3,   /* the server has answered it already */
    MOCKET_WS_CLOSED = 4, /* the last event, exactly once; data is the reason. See mocket_ws_code */
    MOCKET_WS_PONG = 5    /* only for sending */
};
/* Called for each event of a socket, one at a time. data, and memory of mocket_mem and similar functions, live until
 * the call returns; in the call for MOCKET_WS_OPEN memory lives as long as the socket. Functions deferred in a call run
 * when it returns; those deferred in MOCKET_WS_OPEN run when the socket has ended. */
typedef void mocket_ws_handler(mocket_socket *s, int kind, mocket_span data);
struct mocket_ws_opts {
    uint32_t size;
    void *data;                   /* returned by mocket_data(mocket_ws_event(s)) */
    const char *const *protocols; /* subprotocols; the first that the client offers is chosen. NULL: none */
    /* Origins that are allowed beside the request's own host and port, such as "https://a.example"
     * (mocket_same_origin); "*" is every origin. NULL: none. */
    const char *const *origins;
};
/* Registers a socket route. Lists in opts end with NULL. */
void mocket_ws(mocket_app *app, const char *path, mocket_ws_handler *fn, const struct mocket_ws_opts *opts);

/* Returns the event of the handshake: for parameters, headers, locals, mocket_sleep, mocket_fetch. It lives as long as
 * the socket, until MOCKET_WS_CLOSED was handled. Functions that answer must not be called with it. */
mocket_event *mocket_ws_event(mocket_socket *s);
/* Returns the chosen subprotocol, or NULL. */
const char *mocket_ws_protocol(const mocket_socket *s);
/* Returns the close code (RFC 6455, section 7.4): 1005 for a close frame without a code, 1006 if there was no close
 * frame. 0 while the socket is open. */
int mocket_ws_code(const mocket_socket *s);

/* Sends a message of a kind of enum mocket_ws_kind. Call it from the socket's handler. Waits for a slow client. Returns
 * 0; MOCKET_ESTATE after mocket_ws_close; MOCKET_ECLOSED after the client left; MOCKET_EINVAL (kind, text that is not
 * UTF-8, a control frame above 125 bytes); in a guest MOCKET_ETOOBIG above 1 MiB, or above MOCKET_MAX_MESSAGE if that
 * is larger. */
int mocket_ws_send(mocket_socket *s, int kind, mocket_span data);
/* Sends a text message, with the results of mocket_ws_send. */
int mocket_ws_text(mocket_socket *s, const char *text);
/* Closes the socket. code: 1000 to 1003, 1007 to 1014, 3000 to 4999; 0: no code. reason: up to 123 bytes
 * of UTF-8, or NULL. Returns 0, MOCKET_EINVAL, MOCKET_ESTATE if it was closed already, or MOCKET_ECLOSED. */
int mocket_ws_close(mocket_socket *s, int code, const char *reason);
/* Subscribe the socket to a topic, and end the subscription. A topic is a text of 1 to 255 bytes. A socket has at most
 * 1024 topics with 64 KiB of names together (else MOCKET_ELIMIT). Subscribing twice, or ending a subscription that does
 * not exist, returns 0. */
int mocket_ws_subscribe(mocket_socket *s, const char *topic);
int mocket_ws_unsubscribe(mocket_socket *s, const char *topic);
/* Sends a message (MOCKET_WS_TEXT or MOCKET_WS_BINARY) to every subscriber in every worker and instance, the sender
 * included. Messages of one sender keep their order. Never waits. Returns 0; MOCKET_EAGAIN if a worker is too far
 * behind; MOCKET_ETOOBIG above 32 MiB (in a guest as for mocket_ws_send); MOCKET_EINVAL. A subscriber that is too slow
 * is closed (MOCKET_MAX_BACKLOG). */
int mocket_publish(mocket_app *app, const char *topic, int kind, mocket_span data);
/* The same with the socket's app. */
int mocket_ws_publish(mocket_socket *s, const char *topic, int kind, mocket_span data);

/* ---- Text ---------------------------------------------------------------------------------------------------------
 * Results live as long as the event. Never NULL. */

/* Percent-encodes all bytes but A-Z a-z 0-9 - _ . ~ (RFC 3986, section 2.3). */
const char *mocket_url_encode(mocket_event *e, mocket_span text);
/* Decodes %HH. Malformed escapes stay. Returns "" if the result is not UTF-8. */
const char *mocket_url_decode(mocket_event *e, mocket_span text);
/* Escapes & < > " ' for HTML text and quoted attributes. */
const char *mocket_escape(mocket_event *e, const char *text);

/* ---- JSON ---------------------------------------------------------------------------------------------------------
 * Functions that read accept NULL and return NULL or the default, so that lookups can be chained. Functions that build
 * cannot fail; mocket_json returns the error. Keys keep their order. Setting a key again replaces its value. Values
 * live as long as the event. */

/* Returns a member of an object. NULL if it is absent or object is not an object. */
const mocket_value *mocket_value_get(const mocket_value *object, const char *key);
/* Returns an element of an array. NULL beyond the end or if array is not an array. */
const mocket_value *mocket_value_at(const mocket_value *array, size_t i);
/* Returns the number of members or elements; 0 for other values. */
size_t mocket_value_count(const mocket_value *v);
/* Return the value as a type; otherwise if v is absent or has another type. */
const char *mocket_value_text(const mocket_value *v, const char *otherwise);
int64_t mocket_value_int(const mocket_value *v, int64_t otherwise);
double mocket_value_number(const mocket_value *v, double otherwise);
bool mocket_value_bool(const mocket_value *v, bool otherwise);
/* Parses JSON text, for messages, event streams and files. Returns 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
int mocket_value_parse(mocket_event *e, mocket_span text, const mocket_value **out);
/* Writes a value as compact JSON text. Returns 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
int mocket_value_write(mocket_event *e, const mocket_value *value, mocket_span *out);
/* Make an empty object and an empty array. */
mocket_value *mocket_object(mocket_event *e);
mocket_value *mocket_array(mocket_event *e);
/* Set a member of an object. text NULL is null. value is copied. */
void mocket_value_set_text(mocket_value *object, const char *key, const char *text);
void mocket_value_set_int(mocket_value *object, const char *key, int64_t number);
void mocket_value_set_number(mocket_value *object, const char *key, double number);
void mocket_value_set_bool(mocket_value *object, const char *key, bool yes);
void mocket_value_set_value(mocket_value *object, const char *key, const mocket_value *value);
/* Append an element to an array. value is copied. */
void mocket_value_add_text(mocket_value *array, const char *text);
void mocket_value_add_int(mocket_value *array, int64_t number);
void mocket_value_add_number(mocket_value *array, double number);
void mocket_value_add_bool(mocket_value *array, bool yes);
void mocket_value_add_value(mocket_value *array, const mocket_value *value);

/* ---- For middlewares ----------------------------------------------------------------------------------------------
 * The bundled middlewares use these functions, and your own middlewares can use them too. */

/* Records a mistake at set-up, which mocket_listen reports if it is the first one. */
void mocket_mistake(mocket_app *app, const char *text);
/* Returns the base path of a group; "" for the app. */
const char *mocket_base(const mocket_app *app);
/* Return zeroed memory, and a copy of text (NULL for NULL), that live as long as the app. NULL when out of memory, or
 * when the app listens already; this is then recorded as a mistake, and the caller need not do anything. */
void *mocket_app_mem(mocket_app *app, size_t len);
char *mocket_app_text(mocket_app *app, const char *text);
/* Copies an options struct whose version may be older or newer than the caller's, by its first member `uint32_t size`.
 * Members that opts lacks become zero. If opts is NULL, all of out becomes zero. */
void mocket_opts_read(void *out, size_t out_size, const void *opts);

/* Returns the canonical path, to which scopes apply (M-04). Escapes of characters that a path may contain unescaped are
 * decoded; other escapes are in upper case; dot segments are resolved; empty segments are dropped. It begins with one
 * slash and does not end with one. NULL if the path has no canonical form: answer 400. */
const char *mocket_path_canonical(mocket_event *e);
/* Lowers the limit of this request's body to max_bytes; a lower limit stays. Returns 0, or 413 if Content-Length is
 * above it: return that. A body of unknown length is refused when it passes the limit. */
int mocket_limit_body(mocket_event *e, int64_t max_bytes);
/* Fills buf with len random bytes of cryptographic quality. Returns 0, MOCKET_ENOTSUP or MOCKET_EIO. */
int mocket_random(mocket_event *e, void *buf, size_t len);

/* Returns the credentials in Authorization behind scheme, which is compared without regard to case (RFC 9110, section
 * 11.1). NULL if the header is absent or has another scheme. */
const char *mocket_authorization(mocket_event *e, const char *scheme);
/* Returns whether two texts are equal. The time depends on the length of given only, not on secret. */
bool mocket_same_secret(const char *given, const char *secret);

/* Makes a source from functions of the app. read works like mocket_read and gets data. close is called once, at the end
 * of the stream or of the event; it may be NULL. Returns NULL when out of memory; close was called then. While a fetch
 * sends the source, a mocket_read inside read may return MOCKET_EAGAIN, because the answer has arrived meanwhile:
 * return it, and continue at the next call. */
typedef ptrdiff_t mocket_source_read(void *data, void *buf, size_t cap);
mocket_source *mocket_source_new(mocket_event *e, mocket_source_read *read, mocket_drop *close, void *data);
/* Closes a source that was not passed to mocket_stream. May be called again. */
void mocket_source_close(mocket_source *s);
/* mocket_stream with a length: the answer has Content-Length instead of chunks. If the source is shorter or longer, the
 * answer is cut. For HEAD the source is not read. */
int mocket_stream_len(mocket_event *e, mocket_source *take, int64_t len);

/* After mocket_next: reads the body of the answer. Returns false if there is no answer or it is a stream. */
bool mocket_response_body(const mocket_event *e, mocket_span *out);
/* Returns the length of the body of the answer; -1 if it is unknown. */
int64_t mocket_response_len(const mocket_event *e);
/* Takes the stream out of a streamed answer, which is unanswered then: wrap the stream and call mocket_stream. Returns
 * NULL if the answer is not a stream. */
mocket_source *mocket_response_take_stream(mocket_event *e);
/* Returns whether the head was sent (mocket_write). Status and headers cannot be changed then. */
bool mocket_response_committed(const mocket_event *e);

/* Returns how much the client prefers a content coding ("gzip", "identity") by Accept-Encoding: 0 (not acceptable) to
 * 1000. Without that header only identity is acceptable. If the header does not name identity, identity is 1 (RFC 9110,
 * section 12.5.3). */
int mocket_accepts_encoding(mocket_event *e, const char *coding);
/* Adds a name to Vary unless Vary contains it. */
void mocket_vary(mocket_event *e, const char *name);
/* Evaluates If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since for the answer that the handler is about
 * to give (RFC 9110, section 13.2.2). Returns 0: continue; 304 or 412: answer that. Always 0 for OPTIONS, TRACE and
 * CONNECT. etag: with its quotes, or NULL. modified_s: seconds since 1970, or -1. */
int mocket_precondition(mocket_event *e, const char *etag, int64_t modified_s);
/* Returns whether a range may be sent: true unless If-Range shows that the client has another version. Only strong
 * validators count: no tag with W/, and no date whose second is not over (RFC 9110, section 13.1.5). etag and
 * modified_s as for mocket_precondition. */
bool mocket_if_range(mocket_event *e, const char *etag, int64_t modified_s);
/* Returns whether two origins are the same, such as "https://a.example" and "HTTPS://a.example:443". Scheme, host and
 * port are compared without regard to case; an absent port is the scheme's default port. Any other text ("null") equals
 * only itself. */
bool mocket_same_origin(const char *a, const char *b);
/* Returns whether text may be the value of a header: it has no control byte except tabs. */
bool mocket_is_header_value(const char *text);
/* Formats a time for a header: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). unix_s: seconds since 1970.
 * The text lives as long as the event. */
const char *mocket_date(mocket_event *e, int64_t unix_s);
/* Returns the media type of a file by the extension of its name, with a charset for text; "application/octet-stream"
 * for unknown extensions. The text is static. */
const char *mocket_type_of(const char *file_name);

/* ---- Middlewares --------------------------------------------------------------------------------------------------
 * Register each middleware with one call, in the order in which they run. scope: a path as for mocket_use; NULL means
 * every path that the app or group covers. Texts and lists are copied; lists end with NULL. A configuration that cannot
 * work is a mistake of registration (mocket_problem). docs/middleware.md has an example of each. */

/* CORS (O-01 to O-03; the Fetch standard, section 3.3). Adds Access-Control-Allow-Origin and -Expose-Headers to every
 * answer. Answers a preflight (OPTIONS with Origin and Access-Control-Request-Method) itself: 200, empty. With a list
 * or a callback the answer repeats the one allowed origin, and every answer has `Vary: Origin`; other origins get no
 * CORS headers. */
struct mocket_cors_opts {
    uint32_t size;
    bool credentials;           /* send Access-Control-Allow-Credentials. Needs origins or allow */
    bool preflight_204;         /* answer preflights with 204 */
    const char *const *origins; /* such as "https://a.example:8443" (mocket_same_origin). NULL: "*", or allow decides */
    bool (*allow)(mocket_event *e, const char *origin, void *data); /* called for origins that are not in origins */
    void *data;                                                     /* passed to allow */
    const char *methods; /* "GET, PUT". NULL: "*"; with credentials the requested method */
    const char *headers; /* "X-Key". NULL: "*"; with credentials the requested headers */
    const char *expose;  /* "X-Total". NULL: "*"; with credentials none */
    int64_t max_age_s;   /* Access-Control-Max-Age in seconds. 0: 86400; -1: not sent */
};
void mocket_cors(mocket_app *app, const char *scope, const struct mocket_cors_opts *opts);

/* Serves the files of the folder dir below the path mount (F-01 to F-13), with GET and HEAD. For a folder it tries
 * index names; a folder without its slash is redirected (301). The type follows from the extension. NAME.br and NAME.gz
 * beside NAME are sent to clients that accept the coding. Supports ETag, Last-Modified, conditional requests and one
 * range; several ranges are answered with the whole file. Serves regular files below dir whose names do not begin with
 * a dot. Symbolic links are followed as long as they stay below dir, if the system can guarantee that. A missing file
 * is 404, another method 405. Memory does not grow with the file. dir is opened at each request, so that it may be
 * replaced; natively it must exist at set-up. In a guest the host must grant the folder. The base of the app or group
 * is put in front of mount. The path of the request is taken in canonical form (M-04). */
struct mocket_static_opts {
    uint32_t size;
    bool fall_through;         /* call mocket_next instead of answering 404 and 405 */
    bool no_precompressed;     /* do not look for NAME.br and NAME.gz */
    const char *const *index;  /* index names of a folder. NULL: index.html; an empty list: none */
    const char *cache_control; /* Cache-Control of files. NULL: none */
};
void mocket_static(mocket_app *app, const char *mount, const char *dir, const struct mocket_static_opts *opts);

/* Logs a line, level 2, for each request after its answer was sent: `GET /path 200 1.234 ms`, and `id=...` if there is
 * a mocket_request_id. The time counts from this middleware to the last byte that was given to the system. */
struct mocket_logger_opts {
    uint32_t size;
    bool query;      /* add the query to the path; it may contain secrets */
    bool peer;       /* begin with the client's address */
    bool user_agent; /* end with the User-Agent, in quotes */
};
void mocket_logger(mocket_app *app, const char *scope, const struct mocket_logger_opts *opts);

/* Adds an ETag to whole answers to GET and HEAD with status 200 (RFC 9110, section 8.8.3), from a hash of the body
 * (XXH64), unless the answer has one. Answers 304 to clients that have the same ETag, also if the handler set it. This
 * saves the transfer, not the work of the handler. */
struct mocket_etag_opts {
    uint32_t size;
    bool weak; /* make weak tags, W/"..." */
};
void mocket_etag(mocket_app *app, const char *scope, const struct mocket_etag_opts *opts);

/* Gives each request an id: the client's X-Request-Id if it has 1 to 255 of A-Z a-z 0-9 - _ . =, else a random UUID
 * (RFC 9562, version 4). Every answer has the id, errors too. */
struct mocket_request_ids_opts {
    uint32_t size;
    bool ignore_client; /* always make a new id */
    const char *header; /* name of the header. NULL: X-Request-Id */
};
void mocket_request_ids(mocket_app *app, const char *scope, const struct mocket_request_ids_opts *opts);
/* Returns the id of the request, or NULL without this middleware. */
const char *mocket_request_id(mocket_event *e);

/* HTTP Basic authentication (RFC 7617), for use behind TLS. Answers 401 with WWW-Authenticate unless name and password
 * are known. The time of a comparison does not depend on the secret. */
struct mocket_user {
    const char *name; /* not empty, no colon */
    const char *password;
};
struct mocket_basic_auth_opts {
    uint32_t size;
    const char *realm;               /* NULL: "Secure Area" */
    const struct mocket_user *users; /* ends with a NULL name. users or verify must be given */
    bool (*verify)(mocket_event *e, const char *user, const char *password, void *data); /* called for other users */
    void *data;                                                                          /* passed to verify */
};
void mocket_basic_auth(mocket_app *app, const char *scope, const struct mocket_basic_auth_opts *opts);
/* Returns the name of the user, or NULL without this middleware. */
const char *mocket_auth_user(mocket_event *e);

/* Bearer tokens (RFC 6750). Answers 401 without a token or with an unknown one, and 400 with a malformed one, each with
 * WWW-Authenticate. The time of a comparison does not depend on the secret. */
struct mocket_bearer_auth_opts {
    uint32_t size;
    const char *realm;         /* NULL: "" */
    const char *const *tokens; /* of A-Z a-z 0-9 - . _ ~ + / and = at the end. tokens or verify must be given */
    bool (*verify)(mocket_event *e, const char *token, void *data); /* called for other tokens */
    void *data;                                                     /* passed to verify */
};
void mocket_bearer_auth(mocket_app *app, const char *scope, const struct mocket_bearer_auth_opts *opts);

/* Limits request bodies to less than MOCKET_MAX_BODY. A larger body is 413: by Content-Length before the handler
 * runs, else when the body passes the limit. If several limits cover a request, the lowest one counts. To allow more
 * below one path, raise MOCKET_MAX_BODY and limit the other paths. */
struct mocket_body_limit_opts {
    uint32_t size;
    bool none;         /* allow no body at all */
    int64_t max_bytes; /* 0: 102400 */
};
void mocket_body_limit(mocket_app *app, const char *scope, const struct mocket_body_limit_opts *opts);

/* Sets headers that restrict what browsers do. The comment of each row is the default value. A text of NULL means the
 * default, "" means not sent. The headers are set before the handler runs, which may replace them. Error answers have
 * them too. */
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

/* Compresses answers with gzip or deflate (RFC 9110, section 8.4.1), as Accept-Encoding prefers, and adds `Vary:
 * Accept-Encoding`. Whole answers and streams are compressed if they have one of the types below and at least
 * min_bytes. Not compressed: answers without a body, with a Content-Encoding or with `Cache-Control: no-transform`, and
 * answers by mocket_write. A strong ETag becomes a weak one. HEAD and 304 have the fields that the 200 to the same
 * request would have; 206 has its Vary and its form of the ETag, and uncompressed bytes. A 304 is judged by its
 * Content-Type and Content-Length; without a type it has Vary, and the ETag in the form of the client's If-None-Match.
 * Each piece of a slow stream is sent at once. Takes up to 264 KiB of memory for each answer in flight. Natively only:
 * in a guest this does nothing, and the host or the proxy in front compresses. */
struct mocket_compress_opts {
    uint32_t size;
    int level;                /* 1 (fast) to 9 (small). 0: 6 */
    int64_t min_bytes;        /* 0: 1024. A stream of unknown length is always large enough */
    const char *const *types; /* "text/html" is one type, "text/" all text types, "+json" all types that end in +json.
                                 NULL: text (not text/event-stream), JSON, XML, JavaScript, wasm, SVG, and
                                 fonts that are not compressed */
};
void mocket_compress(mocket_app *app, const char *scope, const struct mocket_compress_opts *opts);

/* ---- Tests without a socket ---------------------------------------------------------------------------------------
 * A test client sends requests to an app in memory. It keeps no connection. Making a client freezes the app, as
 * mocket_listen does.
 *
 *     mocket_client *c = mocket_client_new(app);
 *     mocket_reply *r = mocket_client_send(c, "GET /hello/moon", (mocket_span){ 0 });
 *     assert(mocket_reply_status(r) == 200);
 *     mocket_client_free(c);
 */
/* Makes a client. The caller owns it. NULL when out of memory, or if mocket_problem(app) is not NULL. */
mocket_client *mocket_client_new(mocket_app *app);
/* Adds a header to the next request; may be called several times. Host is "localhost" unless it is set. */
void mocket_client_header(mocket_client *c, const char *name, const char *value);
/* Sends a request. line: "METHOD TARGET". NULL if line is malformed, or when out of memory. The reply lives until the
 * next call. */
mocket_reply *mocket_client_send(mocket_client *c, const char *line, mocket_span body);
/* Frees a client. The caller still owns the app. */
void mocket_client_free(mocket_client *c);
#ifdef __cplusplus
}
#endif
#endif
