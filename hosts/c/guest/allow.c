/* A guest names a host, a resolver somewhere answers with addresses, and either may be an enemy: the guest spells a
 * private address in an odd way, or a name that was granted points at the machine next door. So there are two
 * questions. The name is asked about before anything is looked up, since a lookup alone carries data away; a host that
 * is an address has no name, and is asked about as one. Then each address is asked about before it is connected to, and
 * must be public unless it is granted itself.
 *
 * Hosts are compared in one spelling: lower case, no dot at the end, nothing but letters, digits, hyphens, underscores
 * and dots. What ends in a number and is not a proper address ("0x7f.1", "2130706433") is no name either: resolvers
 * read such things as addresses. IPv4 within IPv6 counts as that IPv4 address. */
#include "allow.h"

#include <netinet/in.h>
#include <string.h>

#include "../../../src/base/span.h"

/* ---- Addresses ---- */

/* Not everybody's, of IANA's registries of special purpose addresses. */
static const struct {
    unsigned char bytes[4];
    unsigned char bits;
} special4[] = {
    { { 0 }, 8 },
    { { 10 }, 8 },
    { { 100, 64 }, 10 },
    { { 127 }, 8 },
    { { 169, 254 }, 16 },
    { { 172, 16 }, 12 },
    { { 192, 0, 0 }, 24 },
    { { 192, 0, 2 }, 24 },
    { { 192, 88, 99 }, 24 },
    { { 192, 168 }, 16 },
    { { 198, 18 }, 15 },
    { { 198, 51, 100 }, 24 },
    { { 203, 0, 113 }, 24 },
    { { 224 }, 4 },
    { { 240 }, 4 },
};
/* Of 2000::/3, beyond which nothing is public. 2001::/23 has Teredo, 2002::/16 is 6to4: both lead to IPv4 addresses
 * that nobody has looked at. */
static const struct {
    unsigned char bytes[4];
    unsigned char bits;
} special6[] = {
    { { 0x20, 0x01 }, 23 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, { { 0x20, 0x02 }, 16 }, { { 0x3f, 0xff }, 20 }
};

static bool begins(const unsigned char *a, const unsigned char *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, prefix, whole) == 0 && (rest == 0 || (a[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}

static bool is_public4(const unsigned char *a)
{
    for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
        if (begins(a, special4[i].bytes, special4[i].bits))
            return false;
    return true;
}

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
static const unsigned char translated[12] = { 0x00, 0x64, 0xff, 0x9b }; /* RFC 6052: IPv4 through a gateway */

static bool is_mapped(const struct mocket_address *a)
{
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

bool guest_address_is_public(const struct mocket_address *a)
{
    if (is_mapped(a) || memcmp(a->bytes, translated, sizeof translated) == 0)
        return is_public4(a->bytes + 12);
    if (a->bytes[0] >> 5 != 1)
        return false;
    for (size_t i = 0; i < sizeof special6 / sizeof *special6; i++)
        if (begins(a->bytes, special6[i].bytes, special6[i].bits))
            return false;
    return true;
}

static bool is_loopback(const struct mocket_address *a)
{
    static const unsigned char one[16] = { [15] = 1 };
    return memcmp(a->bytes, one, sizeof one) == 0 || (is_mapped(a) && a->bytes[12] == 127);
}

/* False for what is neither IPv4 nor IPv6. */
static bool address_of(struct mocket_address *out, const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6) {
        memcpy(out->bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
        return true;
    }
    if (address->sa_family != AF_INET)
        return false;
    memcpy(out->bytes, mapped, sizeof mapped);
    memcpy(out->bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    return true;
}

/* ---- Hosts ---- */

/* A host in its one spelling. */
struct host {
    char text[GUEST_NAME_MAX + 1];
    size_t len;
    bool is_address;
    struct mocket_address address;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* Labels of 1 to 63 characters, the last of which begins with no digit: "1.example" is a name, "example.1" none. */
static bool is_name(const char *text, size_t len)
{
    size_t label = 0, last = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '.' && (!is_name_char(text[i]) || i - label >= 63))
            return false;
        if (text[i] != '.')
            continue;
        if (i == label)
            return false;
        last = label = i + 1;
    }
    return label < len && !is_digit(text[last]);
}

/* Host as a URL has it, an IPv6 address with or without its brackets. */
static bool read_host(struct host *h, mocket_span text)
{
    bool bracketed = text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    if (bracketed)
        text = mocket__span_slice(text, 1, text.len - 1);
    h->is_address = mocket__address_parse(&h->address, text);
    if (h->is_address)
        return true;
    if (!bracketed && text.len > 0 && text.ptr[text.len - 1] == '.')
        text.len--;
    if (bracketed || text.len > GUEST_NAME_MAX)
        return false;
    h->len = text.len;
    for (size_t i = 0; i < text.len; i++)
        h->text[i] = mocket__lower(text.ptr[i]);
    h->text[text.len] = '\0';
    return is_name(h->text, h->len);
}

/* ---- Rules ---- */

/* The port behind the last colon that belongs to no IPv6 address: cuts it off. False: it is none. */
static bool take_port(mocket_span *rule, uint16_t *port)
{
    size_t colon = rule->len;
    for (size_t i = 0; i < rule->len; i++)
        if (rule->ptr[i] == ':')
            colon = i;
    bool bracketed = rule->len > 0 && rule->ptr[0] == '[';
    bool several = memchr(rule->ptr, ':', rule->len) && mocket__span_find(*rule, ':', 0) != colon;
    if (colon == rule->len || (bracketed ? rule->ptr[colon - 1] != ']' : several))
        return true;
    int64_t number = mocket__span_decimal(mocket__span_slice(*rule, colon + 1, rule->len), 65535);
    *port = (uint16_t)(number > 0 ? number : 0);
    rule->len = colon;
    return number > 0;
}

static bool parse_network(mocket_span text, struct mocket_network *out)
{
    struct mocket_networks list = { 0 };
    struct mocket_arena arena;
    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = mocket__span_slice(text, 1, text.len - 1);
    mocket__arena_init(&arena, 0);
    bool one = mocket__networks_add(&list, &arena, text) == 0 && list.count == 1 && !list.local;
    if (one)
        *out = list.rows[0];
    mocket__arena_release(&arena);
    return one;
}

static int parse_name(mocket_span text, struct guest_net *out)
{
    struct host h;
    bool below = text.len > 2 && text.ptr[0] == '*' && text.ptr[1] == '.';
    if (below)
        text = mocket__span_slice(text, 2, text.len);
    if (!read_host(&h, text) || h.is_address)
        return MOCKET_EINVAL;
    out->kind = below ? GUEST_NET_BELOW : GUEST_NET_NAME;
    memcpy(out->name, h.text, h.len + 1);
    return 0;
}

int guest_net_parse(const char *rule, struct guest_net *out, const char **why)
{
    mocket_span text = mocket__span(rule);
    *out = (struct guest_net){ 0 };
    *why = "a host, *.host, an address or network, localhost or all is needed, maybe with :PORT";
    if (strstr(rule, "://"))
        *why = "a host is needed, not a URL";
    if (text.len == 0 || strstr(rule, "://"))
        return MOCKET_EINVAL;
    if (!take_port(&text, &out->port)) {
        *why = "a port is a number from 1 to 65535";
        return MOCKET_EINVAL;
    }
    out->kind = mocket__span_ieq(text, MOCKET_SPAN("all")) ? GUEST_NET_ALL : GUEST_NET_ADDRESS;
    if (out->kind == GUEST_NET_ALL || parse_network(text, &out->network))
        return 0;
    if (memchr(text.ptr, '/', text.len))
        *why = "not a network; examples: 10.0.0.0/8, [fd00::/8]:443";
    return parse_name(text, out);
}

/* ---- Questions ---- */

static bool matches_name(const struct guest_net *rule, const struct host *h)
{
    if (rule->kind == GUEST_NET_NAME)
        return strcmp(rule->name, h->text) == 0;
    size_t len = strlen(rule->name);
    return rule->kind == GUEST_NET_BELOW && h->len > len + 1 && h->text[h->len - len - 1] == '.' &&
           memcmp(h->text + h->len - len, rule->name, len) == 0;
}

/* By all: by a rule for every name, else by one that names it. */
static bool names(const struct guest_nets *nets, const struct host *h, uint16_t port, bool by_all)
{
    for (size_t i = 0; i < nets->count; i++) {
        const struct guest_net *rule = &nets->rows[i];
        bool fits = rule->port == 0 || rule->port == port;
        if (fits && (by_all ? rule->kind == GUEST_NET_ALL : matches_name(rule, h)))
            return true;
    }
    return false;
}

/* By address or network, or (public) by all. */
static bool addresses(const struct guest_nets *nets, const struct mocket_address *a, uint16_t port)
{
    bool everybodys = guest_address_is_public(a);
    for (size_t i = 0; i < nets->count; i++) {
        const struct guest_net *rule = &nets->rows[i];
        if ((rule->port != 0 && rule->port != port) || rule->kind == GUEST_NET_NAME || rule->kind == GUEST_NET_BELOW)
            continue;
        if (rule->kind == GUEST_NET_ALL
                ? everybodys
                : mocket__networks_hold(&(struct mocket_networks){ .rows = &rule->network, .count = 1 }, a))
            return true;
    }
    return false;
}

bool guest_nets_allow_name(const struct guest_nets *nets, mocket_span host, uint16_t port)
{
    struct host h;
    if (!nets || port == 0 || !read_host(&h, host))
        return false;
    if (h.is_address)
        return addresses(nets, &h.address, port);
    return names(nets, &h, port, false) || names(nets, &h, port, true);
}

bool guest_nets_allow(const struct guest_nets *nets, mocket_span host, uint16_t port, const struct sockaddr *address)
{
    struct host h;
    struct mocket_address a;
    if (!guest_nets_allow_name(nets, host, port) || !read_host(&h, host) || !address_of(&a, address))
        return false;
    if (addresses(nets, &a, port))
        return true;
    if (h.is_address || !names(nets, &h, port, false))
        return false;
    return strcmp(h.text, "localhost") == 0 ? is_loopback(&a) : guest_address_is_public(&a);
}

void guest_net_missing(struct mocket_buf *out, mocket_span host, uint16_t port, const struct sockaddr *address)
{
    struct mocket_address a;
    char text[MOCKET_ADDRESS_TEXT];
    if (address && address_of(&a, address))
        host = mocket__address_text(&a, text);
    bool bare = host.len > 0 && host.ptr[0] != '[' && memchr(host.ptr, ':', host.len);
    mocket__buf_text(out, bare ? "[" : "");
    mocket__buf_span(out, host);
    mocket__buf_text(out, bare ? "]:" : ":");
    mocket__buf_decimal(out, port);
}
