/* Where to listen: --listen, else MOCKET_LISTEN, else HOST and PORT, as in the bundles for JavaScript platforms. */
#include "options.h"

#include "../../../src/base/buf.h"
#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "../wasi/texts.h"
#include "server.h"

#define BODY_NS (30 * MOCKET_SECOND_NS)

static bool fail(mocket_span name, mocket_span value, const char *what)
{
    struct mocket_buf text = { 0 };
    mocket__buf_span(&text, name);
    if (value.len > 0) {
        mocket__buf_text(&text, " ");
        mocket__buf_span(&text, value);
    }
    mocket__buf_text(&text, ": ");
    mocket__buf_text(&text, what);
    server_log(MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return false;
}

/* ---- Addresses ---- */

static int64_t parse_port(mocket_span text)
{
    return text.len <= 5 ? mocket__span_decimal(text, UINT16_MAX) : -1;
}

/* A host: an address, with or without brackets, or localhost. Names need a lookup, which this server does not do. */
static bool set_host(struct server_options *o, mocket_span host)
{
    bool bracketed = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    o->every_address = host.len == 0;
    if (o->every_address)
        return true;
    if (mocket__span_eq(host, MOCKET_SPAN("localhost")))
        host = MOCKET_SPAN("127.0.0.1");
    if (bracketed)
        host = mocket__span_slice(host, 1, host.len - 1);
    return server_address_parse(&o->address, host) && (!bracketed || o->address.ipv6);
}

static bool set_address(struct server_options *o, mocket_span name, mocket_span text)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    mocket_span host = mocket__span_slice(text, 0, colon > 0 ? colon - 1 : 0);
    int64_t port = colon > 0 ? parse_port(mocket__span_slice(text, colon, text.len)) : -1;
    bool bare_ipv6 = host.len > 0 && host.ptr[0] != '[' && mocket__span_find(host, ':', 0) < host.len;
    if (port < 0 || bare_ipv6 || !set_host(o, host))
        return fail(name, text, "use address:port, :port or [v6]:port; names other than localhost are not looked up");
    o->address.port = (uint16_t)port;
    o->has_port = true;
    return true;
}

uint16_t server_port_of(const char *address)
{
    mocket_span text = mocket__span(address);
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    int64_t port = colon > 0 ? parse_port(mocket__span_slice(text, colon, text.len)) : -1;
    return port > 0 ? (uint16_t)port : 0;
}

/* The value of a variable, with its NUL behind it; ptr NULL: it is not set. */
static mocket_span variable(mocket_span all, mocket_span name)
{
    for (size_t at = 0; at < all.len;) {
        size_t end = mocket__span_find(all, '\0', at);
        mocket_span row = mocket__span_slice(all, at, end);
        if (row.len > name.len && row.ptr[name.len] == '=' &&
            mocket__span_eq(mocket__span_slice(row, 0, name.len), name))
            return mocket__span_slice(row, name.len + 1, row.len);
        at = end + 1;
    }
    return (mocket_span){ NULL, 0 };
}

static bool read_environment(struct server_options *o)
{
    size_t count;
    mocket_span all = port_texts(PORT_ENVIRONMENT, &count), listen = variable(all, MOCKET_SPAN("MOCKET_LISTEN"));
    mocket_span host = variable(all, MOCKET_SPAN("HOST")), port = variable(all, MOCKET_SPAN("PORT"));
    if (listen.len > 0)
        return set_address(o, MOCKET_SPAN("MOCKET_LISTEN"), listen);
    if (!set_host(o, host) && !(server_address_parse(&o->address, host)))
        return fail(MOCKET_SPAN("HOST"), host, "it is not an IP address; names other than localhost are not looked up");
    int64_t number = parse_port(port);
    if (port.len > 0 && number < 0)
        return fail(MOCKET_SPAN("PORT"), port, "it is not a port from 0 to 65535");
    o->has_port = port.len > 0;
    o->address.port = o->has_port ? (uint16_t)number : 0;
    return true;
}

/* ---- Options ---- */

enum kind { TIME, SIZE, COUNT };

static const struct row {
    const char *name;
    enum kind kind;
} rows[] = {
#define SERVER_OPTION_ROW(member, name, initial, kind) { name, kind },
    SERVER_OPTIONS(SERVER_OPTION_ROW)
#undef SERVER_OPTION_ROW
};

static const struct unit {
    const char *name;
    enum kind kind;
    uint64_t factor;
} units[] = {
    { "ms", TIME, MOCKET_MS_NS },
    { "s", TIME, MOCKET_SECOND_NS },
    { "m", TIME, 60 * MOCKET_SECOND_NS },
    { "h", TIME, 3600 * MOCKET_SECOND_NS },
    { "", SIZE, 1 },
    { "K", SIZE, 1 << 10 },
    { "M", SIZE, 1 << 20 },
    { "G", SIZE, 1 << 30 },
    { "", COUNT, 1 },
};

static bool parse_value(enum kind kind, mocket_span text, uint64_t *value)
{
    size_t digits = 0;
    if (kind == TIME && mocket__span_eq(text, MOCKET_SPAN("off"))) {
        *value = MOCKET_NEVER;
        return true;
    }
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    int64_t n = digits <= 9 ? mocket__span_decimal(mocket__span_slice(text, 0, digits), INT32_MAX) : -1;
    mocket_span rest = mocket__span_slice(text, digits, text.len);
    for (size_t i = 0; i < sizeof units / sizeof *units && n >= 0; i++)
        if (units[i].kind == kind && mocket__span_eq(rest, mocket__span(units[i].name))) {
            *value = (uint64_t)n * units[i].factor;
            return kind != TIME || n > 0;
        }
    return false;
}

static bool set_option(struct server_options *o, mocket_span name, mocket_span value)
{
    static const char *const wanted[] = { "use a time above 0 with ms, s, m or h, or off: 500ms, 30s",
                                          "use a number of bytes, or of K, M, G", "use a number" };
    mocket_span word = mocket__span_slice(name, 2, name.len);
    uint64_t *const values[] = {
#define SERVER_OPTION_PLACE(member, ...) &o->member,
        SERVER_OPTIONS(SERVER_OPTION_PLACE)
#undef SERVER_OPTION_PLACE
    };
    if (mocket__span_eq(word, MOCKET_SPAN("listen")))
        return set_address(o, name, value);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (mocket__span_eq(word, mocket__span(rows[i].name)))
            return parse_value(rows[i].kind, value, values[i]) || fail(name, value, wanted[rows[i].kind]);
    return fail(
        name, (mocket_span){ 0 },
        "unknown option. Options: --listen, --timeout, --head-timeout, --body-timeout, --write-timeout, "
        "--idle-timeout, --max-head, --max-body, --max-memory-total, --max-connections, --until-eof; `--` ends them");
}

/* Takes an option and its value, `--name value` or `--name=value`, from *at on. */
static bool take_option(struct server_options *o, mocket_span all, size_t *at, size_t *taken)
{
    size_t end = mocket__span_find(all, '\0', *at);
    mocket_span name = mocket__span_slice(all, *at, end), value = { 0 };
    size_t equals = mocket__span_find(name, '=', 0);
    *at = end + 1;
    ++*taken;
    if (mocket__span_eq(name, MOCKET_SPAN("--until-eof"))) {
        o->until_eof = true;
        return true;
    }
    if (name.len < 2 || memcmp(name.ptr, "--", 2) != 0)
        return fail(name, (mocket_span){ 0 }, "arguments of the app follow `--`");
    if (equals < name.len) {
        value = mocket__span_slice(name, equals + 1, name.len);
        name = mocket__span_slice(name, 0, equals);
    } else {
        end = mocket__span_find(all, '\0', *at);
        value = mocket__span_slice(all, *at, end);
        *taken += *at < all.len;
        *at = end + 1;
    }
    return set_option(o, name, value);
}

bool server_options_read(struct server_options *o)
{
    size_t count, taken = 0;
    mocket_span all = port_texts(PORT_ARGUMENTS, &count);
    size_t at = mocket__span_find(all, '\0', 0) + 1; /* behind the program's name */
    *o = (struct server_options){
#define SERVER_OPTION_INITIAL(member, name, initial, kind) .member = initial,
        SERVER_OPTIONS(SERVER_OPTION_INITIAL)
#undef SERVER_OPTION_INITIAL
    };
    if (!read_environment(o))
        return false;
    while (at < all.len) {
        mocket_span word = mocket__span_slice(all, at, mocket__span_find(all, '\0', at));
        if (mocket__span_eq(word, MOCKET_SPAN("--"))) {
            taken++;
            break;
        }
        if (!take_option(o, all, &at, &taken))
            return false;
    }
    if (o->max_memory < SERVER_MEMORY_LEAST)
        return fail(MOCKET_SPAN("--max-memory-total"), (mocket_span){ 0 }, "use 64K or more");
    wasi_arguments_drop(taken);
    if (o->body_ns == 0)
        o->body_ns = mocket__deadline_first(o->answer_ns, BODY_NS);
    return true;
}
