/* An outgoing request, hop by hop. libcurl does one exchange. This file follows redirects, because each hop must be
 * permitted, and because the origin of a redirect decides which fields it may carry (D-42).
 *
 * libcurl never looks a name up (lookup.c says why). It first gets the hop without an address, because it may have a
 * kept connection (D-51). When it wants to look up the host, on_resolve refuses and the hop fails. The hop begins again
 * with addresses (CURLOPT_RESOLVE) when the lookup has ended. libcurl keeps those in a table until the next exchange
 * that opened a socket is over: the table stays small, and the 60 seconds of lookup.c are the only ones. An exchange
 * must not wait in libcurl meanwhile, so slot.c lets it begin only when there may be a connection for it.
 *
 * libcurl's callbacks only move bytes between its buffers and ours and record results: they call no functions of
 * libcurl except the URL functions, and call no owner. Backpressure uses libcurl's pausing: a callback without room, or
 * without bytes to send, pauses the transfer, and the code that makes room or adds bytes resumes it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "../../../base/buf.h"
#include "../../../base/container.h"
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "../../../http/method.h"
#include "../../../http/redirect.h"
#include "transfer.h"

#define DISCARD_MAX 65536 /* of a redirect's body; beyond it the connection is closed */
#define KEPT_IDLE_S 60L
#define RECEIVE_BYTES 32768L
#define LOOKUPS_MAX 16 /* of a hop: libcurl may want addresses again for each connection that it tries */

/* ---- callbacks of libcurl ---- */

static size_t on_head(char *bytes, size_t one, size_t len, void *arg)
{
    struct mocket_outgoing *out = arg;
    (void)one;
    return mocket__head_line(out, (mocket_span){ bytes, len }) ? len : 0;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
    struct mocket_outgoing *out = arg;
    bool no_memory = false;
    (void)one;
    if (out->location) {
        out->discarded += len;
        return out->discarded > DISCARD_MAX ? 0 : len;
    }
    out->moved_ms = uv_now(out->pool->loop);
    if (!mocket__held_put(&out->in, bytes, len, &no_memory)) {
        out->problem = no_memory ? MOCKET_ENOMEM : 0;
        out->in_paused = !no_memory;
        return no_memory ? 0 : CURL_WRITEFUNC_PAUSE;
    }
    if (out->left > 0)
        out->left -= (int64_t)len < out->left ? (int64_t)len : out->left;
    mocket__pool_tell(out);
    return len;
}

static size_t on_send(char *room, size_t one, size_t cap, void *arg)
{
    struct mocket_outgoing *out = arg;
    (void)one;
    size_t n = out->unwanted ? 0 : mocket__held_take(&out->out, room, cap);
    if (n == 0 && !out->unwanted && !out->finished) {
        out->out_paused = true;
        return CURL_READFUNC_PAUSE;
    }
    if (n == 0) {
        out->sent_all = true;
    } else {
        out->sent_some = true;
        out->moved_ms = uv_now(out->pool->loop);
        mocket__pool_tell(out);
    }
    return n;
}

/* libcurl sends a request again when a kept connection breaks before any answer: by whatever method, up to five times,
 * and on the next kept connection, which may be broken too. The client cannot know whether the server has acted on the
 * first request. So a second attempt is refused unless the method is idempotent or the owner allows it (D-46). It uses
 * a new connection, so it is the last attempt. */
static int on_request(void *arg, char *to_ip, char *from_ip, int to_port, int from_port)
{
    struct mocket_outgoing *out = arg;
    (void)to_ip, (void)from_ip, (void)to_port, (void)from_port;
    if (out->tries++ > 0 && !out->opts.retry && !mocket__method_is_idempotent(out->opts.method)) {
        out->problem = MOCKET_EIO;
        snprintf(out->reason, sizeof out->reason,
                 "a kept connection broke, and only idempotent requests are sent again");
        return CURL_PREREQFUNC_ABORT;
    }
    curl_easy_setopt(out->easy, CURLOPT_FRESH_CONNECT, 1L);
    return CURL_PREREQFUNC_OK;
}

/* The bytes that libcurl took for the first attempt are gone. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
    (void)arg, (void)offset, (void)origin;
    return CURL_SEEKFUNC_CANTSEEK;
}

/* ---- where to ---- */

static char *url_part(const struct mocket_outgoing *out, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(out->url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

/* Returns the host in the form that is used for the connection. Names with bytes beyond ASCII are not translated: rules
 * could mean another spelling than the one that is looked up. */
static mocket_span host_span(char *text)
{
    mocket_span host = mocket__span(text);
    for (size_t i = 0; i < host.len; i++) {
        text[i] = mocket__lower(text[i]);
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f)
            return (mocket_span){ NULL, 0 };
    }
    if (host.len > 2 && host.ptr[0] == '[')
        host = mocket__span_slice(host, 1, host.len - 1);
    return host;
}

static int ask(const struct mocket_outgoing *out, const struct sockaddr *address)
{
    char *host_text = url_part(out, CURLUPART_HOST, 0), *port = url_part(out, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    int rc = MOCKET_EINVAL;
    if (host_text && port) {
        mocket_span host = host_span(host_text);
        int64_t number = mocket__span_decimal(mocket__span(port), 65535);
        if (host.len > 0 && number > 0)
            rc = !out->opts.allow || out->opts.allow(out->opts.data, host, (uint16_t)number, address) ? 0
                                                                                                      : MOCKET_EDENIED;
    }
    curl_free(host_text);
    curl_free(port);
    return rc;
}

/* Returns whether libcurl knows the host's addresses without a thread: addresses in the URL, and localhost. */
static bool is_own_address(mocket_span host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    char text[MOCKET_LOOKUP_NAME_MAX + 1];
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    const char *local = strstr(text, "localhost");
    return (local && (local == text || local[-1] == '.') && strcmp(local, "localhost") == 0) ||
           inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* libcurl would start a thread now. */
static int on_resolve(void *resolver, void *reserved, void *arg)
{
    struct mocket_outgoing *out = arg;
    char *host = url_part(out, CURLUPART_HOST, 0);
    (void)resolver, (void)reserved;
    out->unresolved = !host || !is_own_address(host_span(host));
    curl_free(host);
    return out->unresolved;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct mocket_outgoing *out = arg;
    (void)purpose;
    curl_easy_setopt(out->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L); /* at its end libcurl forgets all addresses */
    if (ask(out, &address->addr) < 0) {
        out->denied = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = mocket__pool_open_socket(out->pool, address);
    out->connected = true;
    if (fd == CURL_SOCKET_BAD && errno == ENOMEM)
        out->problem = MOCKET_ENOMEM;
    return fd;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    return mocket__pool_close_socket(arg, fd);
}

int mocket__transfer_set_url(struct mocket_outgoing *out, const char *text, unsigned flags)
{
    CURLUcode rc = curl_url_set(out->url, CURLUPART_URL, text, CURLU_DISALLOW_USER | flags);
    if (rc != CURLUE_OK)
        return rc == CURLUE_OUT_OF_MEMORY ? MOCKET_ENOMEM : MOCKET_EINVAL;
    char *scheme = url_part(out, CURLUPART_SCHEME, 0);
    bool ok = scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    return ok ? 0 : MOCKET_EINVAL;
}

/* ---- what is sent ---- */

static bool is_private(mocket_span name)
{
    return mocket__redirect_is_secret(name) || mocket__span_ieq(name, MOCKET_SPAN("host"));
}

static bool append_line(struct mocket_outgoing *out, const char *line)
{
    struct curl_slist *lines = curl_slist_append(out->lines, line);
    if (lines)
        out->lines = lines;
    return lines;
}

/* libcurl's own way to write a field without a value is a semicolon. */
static bool append_field(struct mocket_outgoing *out, const struct mocket_field *row, struct mocket_buf *line)
{
    mocket__buf_reset(line);
    mocket__buf_span(line, row->name);
    mocket__buf_text(line, row->value.len > 0 ? ": " : ";");
    mocket__buf_span(line, row->value);
    mocket__buf_add(line, "", 1);
    return mocket__buf_status(line) == 0 && append_line(out, line->ptr);
}

/* An empty field turns off fields that libcurl would add to a body by itself. */
static int make_lines(struct mocket_outgoing *out)
{
    struct mocket_buf line = { 0 };
    bool ok = append_line(out, "Expect:"), typed = false, named = false;
    for (size_t i = 0; ok && i < out->sent.count; i++) {
        const struct mocket_field *row = &out->sent.rows[i];
        typed |= mocket__span_ieq(row->name, MOCKET_SPAN("content-type"));
        named |= mocket__span_ieq(row->name, MOCKET_SPAN("user-agent"));
        if (!out->strip || !is_private(row->name))
            ok = append_field(out, row, &line);
    }
    if (ok && !named)
        ok = append_line(out, "User-Agent: " MOCKET_USER_AGENT);
    if (ok && !typed)
        ok = append_line(out, "Content-Type:");
    mocket__buf_release(&line);
    return ok ? 0 : MOCKET_ENOMEM;
}

static bool is_method(const struct mocket_outgoing *out, const char *name)
{
    return mocket__span_eq(out->opts.method, mocket__span(name));
}

/* A method that has a body usually says so even when it is empty (RFC 9110, section 8.6). */
static void set_method(struct mocket_outgoing *out)
{
    CURL *easy = out->easy;
    bool empty = !out->has_body && (is_method(out, "POST") || is_method(out, "PUT") || is_method(out, "PATCH"));
    if (out->opts.streams) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)out->opts.body_len);
    } else if (out->has_body || empty) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)out->opts.body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, empty ? "" : out->opts.body.ptr);
    } else if (is_method(out, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, out->opts.method.ptr);
}

static void set_callbacks(struct mocket_outgoing *out)
{
    CURL *easy = out->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, out);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, out);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, out);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, out);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_resolve);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, out);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, out);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, out->pool);
}

/* Uses only the certificate authorities of the environment: no proxy, no .netrc, no signals. */
static void set_policy(struct mocket_outgoing *out)
{
    const struct mocket_pool *pool = out->pool;
    CURL *easy = out->easy;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, KEPT_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_SHARE, pool->share);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, out->reason);
    if (pool->ca_file || pool->ca_dir) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, pool->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, pool->ca_dir);
    }
}

/* To libcurl, with the addresses if they were looked up. */
static int hand_over(struct mocket_outgoing *out)
{
    struct mocket_pool *pool = out->pool;
    int rc = mocket__pool_ready(pool);
    if (rc == 0)
        rc = make_lines(out);
    if (rc < 0)
        return rc;
    out->easy = mocket__pool_take_easy(pool);
    if (!out->easy)
        return MOCKET_ENOMEM;
    set_callbacks(out);
    set_policy(out);
    set_method(out);
    curl_easy_setopt(out->easy, CURLOPT_CURLU, out->url);
    curl_easy_setopt(out->easy, CURLOPT_HTTPHEADER, out->lines);
    curl_easy_setopt(out->easy, CURLOPT_RESOLVE, out->resolve);
    curl_easy_setopt(out->easy, CURLOPT_FRESH_CONNECT, out->tries > 0 ? 1L : 0L);
    if (curl_multi_add_handle(pool->multi, out->easy) != CURLM_OK) {
        mocket__pool_give_easy(pool, out->easy);
        out->easy = NULL;
        return MOCKET_ENOMEM;
    }
    out->hop = MOCKET_HOP_CURL;
    pool->busy_count++;
    return 0;
}

static int take_slot(struct mocket_outgoing *out)
{
    char *host = url_part(out, CURLUPART_HOST, 0), *port = url_part(out, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    int rc = host && port ? mocket__slot_take(out, mocket__span(host), mocket__span(port)) : MOCKET_ENOMEM;
    curl_free(host);
    curl_free(port);
    return rc;
}

/* At once if it has a slot or gets one. */
static int go_on(struct mocket_outgoing *out)
{
    int rc = out->line ? 0 : take_slot(out);
    return rc == 0 ? hand_over(out) : rc == MOCKET_EAGAIN ? 0 : rc;
}

int mocket__transfer_begin(struct mocket_outgoing *out)
{
    out->sent_all = !out->opts.streams;
    out->sent_some = false;
    out->tries = out->lookups = 0;
    int rc = ask(out, NULL);
    return rc < 0 ? rc : go_on(out);
}

void mocket__transfer_go(struct mocket_outgoing *out)
{
    out->hop = MOCKET_HOP_IDLE;
    int rc = hand_over(out);
    if (rc < 0)
        mocket__transfer_fail(out, rc, NULL);
}

/* ---- the end of a hop ---- */

/* It keeps its slot. */
static void take_back(struct mocket_outgoing *out)
{
    struct mocket_pool *pool = out->pool;
    if (out->hop == MOCKET_HOP_CURL) {
        curl_multi_remove_handle(pool->multi, out->easy);
        mocket__pool_give_easy(pool, out->easy);
        pool->busy_count--;
        pool->used_ms = uv_now(pool->loop);
    }
    out->easy = NULL;
    out->unresolved = false;
    curl_slist_free_all(out->resolve);
    out->resolve = NULL;
    out->in_paused = out->out_paused = false;
    curl_slist_free_all(out->lines);
    out->lines = NULL;
}

void mocket__transfer_stop(struct mocket_outgoing *out)
{
    take_back(out);
    mocket__lookup_leave(&out->asker);
    mocket__slot_give(out);
    out->hop = MOCKET_HOP_IDLE;
}

void mocket__transfer_fail(struct mocket_outgoing *out, int code, const char *reason)
{
    mocket__transfer_stop(out);
    if (out->state == MOCKET_EAGAIN)
        out->state = code;
    if (out->end == MOCKET_EAGAIN)
        out->end = code;
    if (reason)
        snprintf(out->reason, sizeof out->reason, "%s", reason);
    uv_timer_stop(&out->timer);
    mocket__pool_tell(out);
}

/* ---- names ---- */

/* "+": libcurl may forget the addresses. 0 or MOCKET_ENOMEM. */
static int set_addresses(struct mocket_outgoing *out, mocket_span host, const char *addresses)
{
    struct mocket_buf line = { 0 };
    char *port = url_part(out, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    mocket__buf_text(&line, "+");
    mocket__buf_span(&line, host);
    mocket__buf_text(&line, ":");
    mocket__buf_text(&line, port ? port : "");
    mocket__buf_text(&line, ":");
    mocket__buf_text(&line, addresses);
    mocket__buf_add(&line, "", 1);
    if (port && mocket__buf_status(&line) == 0)
        out->resolve = curl_slist_append(NULL, line.ptr);
    mocket__buf_release(&line);
    curl_free(port);
    return out->resolve ? 0 : MOCKET_ENOMEM;
}

/* On with the hop, or not. */
static void use_result(struct mocket_outgoing *out, const struct mocket_lookup_result *result)
{
    char *host = url_part(out, CURLUPART_HOST, 0);
    int rc = !host ? MOCKET_ENOMEM : result->code;
    out->hop = MOCKET_HOP_IDLE;
    if (rc == 0)
        rc = set_addresses(out, host_span(host), result->addresses);
    if (rc == 0)
        rc = go_on(out);
    if (rc < 0 && result->code < 0)
        snprintf(out->reason, sizeof out->reason, "%s: %s", host ? host : "", result->reason);
    curl_free(host);
    if (rc < 0)
        mocket__transfer_fail(out, rc, NULL);
}

static void on_looked_up(struct mocket_asker *asker, const struct mocket_lookup_result *result)
{
    use_result(MOCKET_CONTAINER_OF(asker, struct mocket_outgoing, asker), result);
}

static int ask_for_addresses(struct mocket_outgoing *out, struct mocket_lookup_result *result)
{
    char *host = url_part(out, CURLUPART_HOST, 0);
    out->asker.owner = out->opts.owner;
    out->asker.done = on_looked_up;
    int rc = host ? mocket__lookup_ask(out->pool->lookups, host_span(host), &out->asker, result) : MOCKET_ENOMEM;
    curl_free(host);
    return rc;
}

/* libcurl has no kept connection and no addresses. A body that it has begun to send on a connection that broke cannot
 * be sent again. While the name is looked up, other exchanges may use the slot. */
static void look_up(struct mocket_outgoing *out)
{
    struct mocket_lookup_result result;
    take_back(out);
    out->hop = MOCKET_HOP_IDLE;
    if (out->sent_some || ++out->lookups > LOOKUPS_MAX) {
        mocket__transfer_fail(out, MOCKET_EIO,
                              out->sent_some ? "a kept connection broke" : "libcurl forgets the server's addresses");
        return;
    }
    int rc = ask_for_addresses(out, &result);
    if (rc == MOCKET_EAGAIN) {
        mocket__slot_give(out);
        out->hop = MOCKET_HOP_LOOKUP;
        return;
    }
    if (rc == 0)
        use_result(out, &result);
    else
        mocket__transfer_fail(out, rc, rc == MOCKET_ELIMIT ? "too many names wait for their lookup" : NULL);
}

static bool same_origin(char *const before[3], char *const after[3])
{
    for (int i = 0; i < 3; i++)
        if (!before[i] || !after[i] || strcasecmp(before[i], after[i]) != 0)
            return false;
    return true;
}

static void get_origin(const struct mocket_outgoing *out, char *origin[3])
{
    origin[0] = url_part(out, CURLUPART_SCHEME, 0);
    origin[1] = url_part(out, CURLUPART_HOST, 0);
    origin[2] = url_part(out, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

static int go_to(struct mocket_outgoing *out, const char *location)
{
    char *before[3], *after[3];
    get_origin(out, before);
    int rc = mocket__transfer_set_url(out, location, CURLU_URLENCODE);
    get_origin(out, after);
    out->strip |= !same_origin(before, after);
    for (int i = 0; i < 3; i++) {
        curl_free(before[i]);
        curl_free(after[i]);
    }
    return rc == MOCKET_EINVAL ? MOCKET_EIO : rc;
}

static void next_hop(struct mocket_outgoing *out)
{
    char *location = out->location;
    out->location = NULL;
    out->discarded = out->head_len = 0;
    out->denied = false;
    out->reason[0] = '\0';
    int rc = ++out->hops > MOCKET_REDIRECTS_MAX ? MOCKET_ELIMIT : go_to(out, location);
    mocket__free(location);
    if (rc == 0)
        rc = mocket__transfer_begin(out);
    if (rc < 0)
        mocket__transfer_fail(out, rc == MOCKET_EINVAL ? MOCKET_EIO : rc, "a redirect could not be followed");
}

/* libcurl reports a head line beyond its bounds as out of memory. */
static int code_of(const struct mocket_outgoing *out, CURLcode result)
{
    curl_off_t begun_us = 0;
    if (out->problem < 0)
        return out->problem;
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return MOCKET_ETIMEDOUT;
    case CURLE_COULDNT_CONNECT:
        return out->denied ? MOCKET_EDENIED : MOCKET_EIO;
    case CURLE_OUT_OF_MEMORY:
        curl_easy_getinfo(out->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun_us);
        return begun_us > 0 && out->state == MOCKET_EAGAIN ? MOCKET_ELIMIT : MOCKET_ENOMEM;
    default:
        return MOCKET_EIO;
    }
}

/* A server that has answered may close before it has read the whole request: the answer counts. */
static bool is_complete(const struct mocket_outgoing *out, CURLcode result)
{
    return out->state == 0 && out->problem == 0 && (result == CURLE_OK || (out->left == 0 && !out->sent_all));
}

void mocket__transfer_done(struct mocket_outgoing *out, CURLcode result)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (out->connected && result == CURLE_OK && curl_easy_getinfo(out->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK)
        mocket__pool_keep_socket(out->pool, fd);
    out->connected = false;
    if (out->unresolved) {
        look_up(out);
    } else if (out->location) {
        mocket__transfer_stop(out);
        next_hop(out);
    } else if (!is_complete(out, result)) {
        const char *why = result == CURLE_OK ? "the answer is incomplete" : curl_easy_strerror(result);
        mocket__transfer_fail(out, code_of(out, result), out->reason[0] ? NULL : why);
    } else {
        mocket__transfer_stop(out);
        out->end = 0;
        uv_timer_stop(&out->timer);
        mocket__pool_tell(out);
    }
}

/* ---- backpressure ---- */

void mocket__transfer_unpause(struct mocket_outgoing *out)
{
    int ways = (out->in_paused ? CURLPAUSE_RECV : 0) | (out->out_paused ? CURLPAUSE_SEND : 0);
    if (out->easy && curl_easy_pause(out->easy, ways) != CURLE_OK)
        mocket__transfer_fail(out, out->problem < 0 ? out->problem : MOCKET_EIO, NULL);
}
