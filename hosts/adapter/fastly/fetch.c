/* Outgoing requests, by dynamic backends: the platform sends to named servers only, and an instance names each server
 * when it first sends there. Nothing is cached on the way. The core limits times; the backend's own limits are long. */
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "fastly.h"

enum { CONNECT_MS = 30000, SILENCE_MS = 600000, NAME_MOST = 255 };

/* ---- Backends: one for each scheme and authority ---- */

struct backend {
    struct backend *next;
    mocket_span name;
};

static struct backend *backends; /* that this instance has registered */

/* "https://example.com:8443" -> "mocket-s-example.com_3a8443". Two servers never have one name: a request would go to
 * the wrong one. */
static void write_name(struct mocket_buf *out, const struct adapter_outgoing *o)
{
    static const char digits[] = "0123456789abcdef";
    mocket__buf_text(out, o->https ? "mocket-s-" : "mocket-p-");
    for (size_t i = 0; i < o->authority.len; i++) {
        char c = mocket__lower(o->authority.ptr[i]);
        char coded[3] = { '_', digits[(unsigned char)c >> 4], digits[c & 15] };
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        mocket__buf_add(out, plain ? &c : coded, plain ? 1 : sizeof coded);
    }
}

static struct backend *find_backend(mocket_span name)
{
    struct backend *b = backends;
    while (b && !mocket__span_eq(b->name, name))
        b = b->next;
    return b;
}

/* The host without a port and without the brackets of an address. */
static mocket_span host_of(mocket_span authority)
{
    if (authority.len > 0 && authority.ptr[0] == '[')
        return mocket__span_slice(authority, 1, mocket__span_find(authority, ']', 0));
    return mocket__span_slice(authority, 0, mocket__span_find(authority, ':', 0));
}

static int refused(int status)
{
    if (status == FASTLY_UNSUPPORTED) {
        port_log(
            MOCKET_LOG_ERROR,
            MOCKET_SPAN("fetch: this service may not use dynamic backends. They are a setting of the Fastly account "
                        "(Dynamic Backends for Compute): ask Fastly's support to turn them on"));
        return MOCKET_EDENIED;
    }
    if (status == FASTLY_LIMIT) {
        port_log(MOCKET_LOG_ERROR, MOCKET_SPAN("fetch: this instance has named as many servers as Fastly lets it"));
        return MOCKET_ELIMIT;
    }
    port_log(MOCKET_LOG_ERROR, MOCKET_SPAN("fetch: Fastly refused a dynamic backend for the server of the URL"));
    return MOCKET_EINVAL;
}

static int add_backend(const struct adapter_outgoing *o, mocket_span name)
{
    mocket_span host = host_of(o->authority), to = o->authority;
    struct fastly_backend options = { .host = { to.ptr, (uint32_t)to.len },
                                      .connect_ms = CONNECT_MS,
                                      .first_byte_ms = SILENCE_MS,
                                      .between_bytes_ms = SILENCE_MS };
    uint32_t mask =
        FASTLY_HOST_OVERRIDE | FASTLY_CONNECT_TIMEOUT | FASTLY_FIRST_BYTE_TIMEOUT | FASTLY_BETWEEN_BYTES_TIMEOUT;
    if (o->https) {
        options.cert_host = options.sni_host = (struct fastly_text){ host.ptr, (uint32_t)host.len };
        mask |= FASTLY_USE_SSL | FASTLY_CERT_HOSTNAME | FASTLY_SNI_HOSTNAME;
    }
    struct backend *b = mocket__new(sizeof *b + name.len);
    if (!b)
        return MOCKET_ENOMEM;
    memcpy(b + 1, name.ptr, name.len);
    b->name = (mocket_span){ (const char *)(b + 1), name.len };
    int status = fastly_backend_add(name.ptr, name.len, to.ptr, to.len, mask, &options);
    if (status != FASTLY_OK) {
        mocket__free(b);
        return refused(status);
    }
    b->next = backends;
    backends = b;
    return 0;
}

/* The name of the backend for the request's server; ptr NULL with a code in *rc. */
static mocket_span backend_for(struct adapter_outgoing *o, int *rc)
{
    struct mocket_buf text = { 0 };
    write_name(&text, o);
    mocket_span name = mocket__arena_copy(&o->arena, mocket__buf_view(&text));
    mocket__buf_release(&text);
    *rc = !name.ptr ? MOCKET_ENOMEM : name.len > NAME_MOST ? MOCKET_EINVAL : 0;
    if (*rc == 0 && !find_backend(name))
        *rc = add_backend(o, name);
    return *rc == 0 ? name : (mocket_span){ NULL, 0 };
}

/* ---- The request ---- */

/* A redirect may have dropped the body that streams. */
static bool sends_stream(const struct adapter_outgoing *o)
{
    return o->streams && o->sends_body;
}

static void add_fields(uint32_t request, const struct adapter_outgoing *o)
{
    static const char length[] = "content-length";
    char digits[20];
    for (size_t i = 0; i < o->request.fields.count; i++) {
        const struct mocket_field *row = &o->request.fields.rows[i];
        fastly_request_append(request, row->name.ptr, row->name.len, row->value.ptr, row->value.len);
    }
    if (!sends_stream(o) || o->request.body_len < 0)
        return; /* the platform knows the length, or sends chunks */
    size_t len = (size_t)(mocket__decimal(digits, (uint64_t)o->request.body_len) - digits);
    fastly_request_append(request, length, sizeof length - 1, digits, len);
    fastly_request_framing(request, FASTLY_MANUAL_FRAMING);
}

static int make_request(struct adapter_outgoing *o, uint32_t *request)
{
    struct mocket_buf uri = { 0 };
    if (fastly_request_new(request) != FASTLY_OK)
        return MOCKET_ELIMIT;
    mocket__buf_text(&uri, o->https ? "https://" : "http://");
    mocket__buf_span(&uri, o->authority);
    mocket__buf_span(&uri, o->target);
    bool bad = fastly_method_set(*request, o->request.method.ptr, o->request.method.len) != FASTLY_OK ||
               fastly_uri_set(*request, uri.ptr, uri.len) != FASTLY_OK;
    int rc = uri.status;
    mocket__buf_release(&uri);
    fastly_cache_set(*request, FASTLY_PASS, 0, 0);
    add_fields(*request, o);
    if (bad || rc < 0)
        fastly_request_close(*request);
    return bad ? MOCKET_EINVAL : rc;
}

static int send(struct adapter_outgoing *o, struct fastly_call *c, uint32_t request, mocket_span backend)
{
    uint32_t body = FASTLY_INVALID;
    size_t done = 0;
    if (fastly_body_new(&body) != FASTLY_OK)
        return MOCKET_ELIMIT;
    if (o->body.len > 0 && fastly_body_write(body, o->body.ptr, o->body.len, FASTLY_BACK, &done) != FASTLY_OK)
        return MOCKET_ELIMIT;
    bool streams = sends_stream(o);
    int status = streams ? fastly_send_streaming(request, body, backend.ptr, backend.len, &c->pending)
                         : fastly_send_async(request, body, backend.ptr, backend.len, &c->pending);
    if (status != FASTLY_OK)
        return MOCKET_EIO;
    c->sent = streams ? body : FASTLY_INVALID;
    return 0;
}

int port_fetch(struct adapter_outgoing *o)
{
    struct fastly_call *c = o->port = mocket__new(sizeof *c);
    uint32_t request = FASTLY_INVALID;
    int rc = c ? 0 : MOCKET_ENOMEM;
    if (rc < 0)
        return rc;
    *c = (struct fastly_call){ FASTLY_INVALID, FASTLY_INVALID, FASTLY_INVALID, FASTLY_INVALID };
    mocket_span backend = backend_for(o, &rc);
    if (rc == 0)
        rc = make_request(o, &request);
    return rc == 0 ? send(o, c, request, backend) : rc;
}

ptrdiff_t port_fetch_room(struct adapter_outgoing *o)
{
    const struct fastly_call *c = o->port;
    return c->sent == FASTLY_INVALID ? MOCKET_ECLOSED : fastly_ready(c->sent) ? 1 : 0;
}

ptrdiff_t port_fetch_write(struct adapter_outgoing *o, struct adapter_bytes bytes)
{
    const struct fastly_call *c = o->port;
    return fastly_write(c->sent, bytes);
}

int port_fetch_end(struct adapter_outgoing *o)
{
    struct fastly_call *c = o->port;
    int status = c->sent == FASTLY_INVALID ? FASTLY_OK : fastly_body_close(c->sent);
    c->sent = FASTLY_INVALID;
    return status == FASTLY_OK ? 0 : MOCKET_ECLOSED;
}

/* ---- The response ---- */

int port_fetch_head(struct adapter_outgoing *o)
{
    struct fastly_call *c = o->port;
    uint32_t done = 0;
    uint16_t status = 0;
    if (c->pending == FASTLY_INVALID)
        return MOCKET_EIO;
    if (fastly_pending_poll(c->pending, &done, &c->response, &c->body) != FASTLY_OK) {
        c->pending = FASTLY_INVALID;
        c->response = c->body = FASTLY_INVALID;
        return MOCKET_EIO;
    }
    if (!done)
        return MOCKET_EAGAIN;
    c->pending = FASTLY_INVALID;
    if (fastly_status_get(c->response, &status) != FASTLY_OK)
        return MOCKET_EIO;
    o->status = status;
    return fastly_fields_read(FASTLY_RESPONSE, c->response, &o->fields, &o->arena);
}

ptrdiff_t port_fetch_read(struct adapter_outgoing *o, void *to, size_t cap)
{
    const struct fastly_call *c = o->port;
    ptrdiff_t n = c->body == FASTLY_INVALID ? MOCKET_EIO : fastly_read(c->body, to, cap);
    return n == MOCKET_EINVAL ? MOCKET_EIO : n;
}

/* The platform has no call that ends a request whose response has not come: it goes on until the instance ends. */
void port_fetch_drop(struct adapter_outgoing *o)
{
    struct fastly_call *c = o->port;
    if (!c)
        return;
    if (c->sent != FASTLY_INVALID)
        fastly_body_abandon(c->sent);
    if (c->body != FASTLY_INVALID)
        fastly_body_close(c->body);
    if (c->response != FASTLY_INVALID)
        fastly_response_close(c->response);
    mocket__free(c);
    o->port = NULL;
}
