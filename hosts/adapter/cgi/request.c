/* Environment -> message (RFC 3875, section 4.1).
 *
 * The target is what the client asked for below the script's own path: an app behind /cgi-bin/app sees `/hello` for
 * /cgi-bin/app/hello, as an app that has a server of its own does. REQUEST_URI, which RFC 3875 does not know and all
 * servers set, has the target as it was sent. Without it the target is made of PATH_INFO, which the server has decoded,
 * and QUERY_STRING.
 *
 * What must stay true: texts of the environment are hostile, except for those that only the server sets. */
#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "../merged/preview1.h"
#include "cgi.h"

/* Variables with a meaning of their own: X(member, name). */
#define VARIABLES(X)                                                                                                   \
    X(method, "REQUEST_METHOD")                                                                                        \
    X(uri, "REQUEST_URI")                                                                                              \
    X(script, "SCRIPT_NAME")                                                                                           \
    X(path, "PATH_INFO")                                                                                               \
    X(query, "QUERY_STRING")                                                                                           \
    X(protocol, "SERVER_PROTOCOL")                                                                                     \
    X(server, "SERVER_NAME")                                                                                           \
    X(port, "SERVER_PORT")                                                                                             \
    X(peer, "REMOTE_ADDR")                                                                                             \
    X(https, "HTTPS")                                                                                                  \
    X(scheme, "REQUEST_SCHEME")                                                                                        \
    X(host, "HTTP_HOST")                                                                                               \
    X(connection, "HTTP_CONNECTION")                                                                                   \
    X(coding, "HTTP_TRANSFER_ENCODING")                                                                                \
    X(len, "CONTENT_LENGTH")                                                                                           \
    X(type, "CONTENT_TYPE")

struct variables {
#define MEMBER(member, name) mocket_span member;
    VARIABLES(MEMBER)
#undef MEMBER
};

static bool begins(mocket_span s, mocket_span with)
{
    return mocket__span_eq(mocket__span_slice(s, 0, with.len), with);
}

/* ---- The environment ---- */

/* "HTTP_ACCEPT_LANGUAGE" -> "accept-language", in place. */
static mocket_span field_name(mocket_span name)
{
    char *at = (char *)(uintptr_t)name.ptr;
    for (size_t i = 0; i < name.len; i++)
        at[i] = at[i] == '_' ? '-' : mocket__lower(at[i]);
    return name;
}

static void take_variable(struct adapter_exchange *x, struct variables *v, mocket_span row)
{
    static const struct {
        mocket_span name;
        size_t at;
    } known[] = {
#define ROW(member, name) { { name, sizeof(name) - 1 }, offsetof(struct variables, member) },
        VARIABLES(ROW)
#undef ROW
    };
    mocket_span prefix = MOCKET_SPAN("HTTP_");
    size_t equals = mocket__span_find(row, '=', 0);
    mocket_span name = mocket__span_slice(row, 0, equals);
    mocket_span value = mocket__span_trim(mocket__span_slice(row, equals + 1, row.len));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (mocket__span_eq(name, known[i].name)) {
            *(mocket_span *)(void *)((char *)v + known[i].at) = value;
            return;
        }
    if (!begins(name, prefix) || mocket__span_eq(name, MOCKET_SPAN("HTTP_CONTENT_LENGTH")) ||
        mocket__span_eq(name, MOCKET_SPAN("HTTP_CONTENT_TYPE")))
        return;
    name = mocket__span_slice(name, prefix.len, name.len);
    if (mocket__is_token(name) && mocket__is_field_value(value))
        mocket__fields_add(&x->message.fields, &x->arena, field_name(name), value);
}

static bool read_environment(struct adapter_exchange *x, struct variables *v)
{
    size_t count = 0, len = 0;
    if (p1_environ_sizes_get(&count, &len) != 0 || count == 0)
        return false;
    char **rows = mocket__arena_alloc(&x->arena, count * sizeof *rows);
    char *texts = mocket__arena_alloc(&x->arena, len + 1);
    if (!rows || !texts || p1_environ_get(rows, texts) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        take_variable(x, v, mocket__span(rows[i]));
    return true;
}

/* ---- The target ---- */

/* http://host/path -> /path */
static mocket_span origin_form(mocket_span uri)
{
    size_t colon = mocket__span_find(uri, ':', 0);
    if ((uri.len > 0 && uri.ptr[0] == '/') || !begins(mocket__span_slice(uri, colon, uri.len), MOCKET_SPAN("://")))
        return uri;
    size_t slash = mocket__span_find(uri, '/', colon + 3), mark = mocket__span_find(uri, '?', colon + 3);
    return mocket__span_slice(uri, slash < mark ? slash : mark, uri.len);
}

/* /cgi-bin/app/hello -> /hello; other targets, which a server has mapped to the script, stay. */
static mocket_span below_script(mocket_span target, mocket_span script)
{
    while (script.len > 0 && script.ptr[script.len - 1] == '/')
        script.len--;
    char next = target.len > script.len ? target.ptr[script.len] : '/';
    if (script.len == 0 || !begins(target, script) || (next != '/' && next != '?'))
        return target;
    return mocket__span_slice(target, script.len, target.len);
}

static void add_encoded(struct mocket_buf *out, mocket_span path)
{
    static const char digits[] = "0123456789ABCDEF", plain[] = "-._~!$&'()*+,;=:@/";
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i], small = c | 0x20;
        char coded[3] = { '%', digits[c >> 4], digits[c & 15] };
        bool as_is = (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || memchr(plain, c, sizeof plain - 1);
        mocket__buf_add(out, as_is ? path.ptr + i : coded, as_is ? 1 : sizeof coded);
    }
}

static mocket_span make_target(struct adapter_exchange *x, const struct variables *v)
{
    mocket_span target = below_script(origin_form(v->uri), v->script);
    struct mocket_buf made = { 0 };
    if (v->uri.len == 0) {
        add_encoded(&made, v->path);
        mocket__buf_text(&made, v->query.len > 0 ? "?" : "");
        mocket__buf_span(&made, v->query);
        target = mocket__buf_view(&made);
    }
    struct mocket_buf whole = { 0 };
    if (target.len == 0 || (target.ptr[0] != '/' && target.ptr[0] != '*'))
        mocket__buf_text(&whole, "/");
    mocket__buf_span(&whole, target);
    target = mocket__arena_copy(&x->arena, mocket__buf_view(&whole));
    mocket__buf_release(&made);
    mocket__buf_release(&whole);
    return target.ptr ? target : MOCKET_SPAN("/");
}

/* ---- The rest of the message ---- */

/* Without Host, in HTTP/1.0, lighttpd has no name either: SERVER_NAME is empty, and so is the authority. */
static mocket_span make_authority(struct adapter_exchange *x, const struct variables *v)
{
    struct mocket_buf text = { 0 };
    if (v->host.ptr || v->server.len == 0)
        return v->host.ptr ? v->host : MOCKET_SPAN("");
    mocket__buf_span(&text, v->server);
    if (v->port.len > 0 && !mocket__span_eq(v->port, MOCKET_SPAN("80")) &&
        !mocket__span_eq(v->port, MOCKET_SPAN("443"))) {
        mocket__buf_text(&text, ":");
        mocket__buf_span(&text, v->port);
    }
    mocket_span authority = mocket__arena_copy(&x->arena, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return authority;
}

static unsigned make_flags(const struct variables *v)
{
    unsigned flags = MOCKET_MESSAGE_NORMALISED; /* repeated fields are joined */
    if ((v->https.len > 0 && !mocket__span_ieq(v->https, MOCKET_SPAN("off"))) ||
        mocket__span_ieq(v->scheme, MOCKET_SPAN("https")))
        flags |= MOCKET_MESSAGE_TLS;
    if (mocket__span_eq(v->protocol, MOCKET_SPAN("HTTP/1.0")))
        flags |= MOCKET_MESSAGE_HTTP10;
    else if (begins(v->protocol, MOCKET_SPAN("HTTP/2")) || begins(v->protocol, MOCKET_SPAN("HTTP/3")))
        flags |= MOCKET_MESSAGE_HTTP2;
    return flags;
}

/* A body without a length ends with standard input; only a server that says so passes one. */
static void describe_body(struct adapter_exchange *x, struct cgi *c, const struct variables *v)
{
    int64_t len = v->len.len > 0 ? mocket__span_decimal(v->len, INT64_MAX) : 0;
    c->malformed = len < 0;
    if (v->len.len == 0 && v->coding.len > 0)
        len = -1;
    c->left = x->message.body_len = len;
    if (v->type.len > 0)
        mocket__fields_add(&x->message.fields, &x->arena, MOCKET_SPAN("content-type"), v->type);
    if (v->len.len > 0 && len >= 0)
        mocket__fields_add(&x->message.fields, &x->arena, MOCKET_SPAN("content-length"), v->len);
}

/* Fields that Connection names are for the server alone. */
static void drop_named(struct mocket_fields *fields, mocket_span connection)
{
    mocket_span name;
    for (size_t at = 0; (name = mocket__span_list_next(connection, &at)).ptr;)
        mocket__fields_remove(fields, name);
}

bool cgi_request_read(struct adapter_exchange *x, struct cgi *c)
{
    struct variables v = { .method = { NULL, 0 } };
    if (!read_environment(x, &v) || v.method.len == 0)
        return false;
    struct mocket_message *msg = &x->message;
    msg->flags = make_flags(&v);
    msg->method_text = v.method;
    msg->target = make_target(x, &v);
    msg->authority = make_authority(x, &v);
    msg->peer = v.peer;
    drop_named(&msg->fields, v.connection);
    if (v.host.len > 0)
        mocket__fields_add(&msg->fields, &x->arena, MOCKET_SPAN("host"), v.host);
    describe_body(x, c, &v);
    return !x->arena.failed;
}
