/* The messages of tests/abi/golden: each is encoded from its description and decoded from its bytes. The codecs of
 * other languages do the same (bindings/moonbit/test/golden.test.mjs). */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>

#include "src/abi/codec.h"
#include "src/base/span.h"

#define FIELDS_MAX 16
#define BYTES_MAX 4096

enum kind { REQUEST, FIELDS, FETCH, HEAD, FETCHED, CLOSED, KINDS };
static const char *const kinds[KINDS] = { "request", "fields", "fetch", "head", "fetched", "closed" };

struct golden {
    char name[300];
    struct mocket_arena arena;
    enum kind kind;
    bool refused;
    int status;
    struct mocket_message message; /* fields too of heads */
    uint32_t left;                 /* word 14 */
    mocket_span body;
    _Alignas(8) char bytes[BYTES_MAX];
    size_t len;
};

/* ---- Reading a file ---- */

/* Text in which \xHH stands for a byte. */
static mocket_span unescaped(struct golden *g, const char *text)
{
    char *out = mocket__arena_alloc(&g->arena, strlen(text) + 1);
    size_t len = 0;
    for (; *text; text++) {
        unsigned byte = (unsigned char)*text;
        if (*text == '\\' && sscanf(text, "\\x%2x", &byte) == 1)
            text += 3;
        out[len++] = (char)byte;
    }
    return (mocket_span){ out, len };
}

static void read_field(struct golden *g, const char *text)
{
    const char *colon = strchr(text, ':');
    assert_non_null(colon);
    mocket_span name = mocket__arena_copy(&g->arena, (mocket_span){ text, (size_t)(colon - text) });
    const char *value = colon[1] == ' ' ? colon + 2 : colon + 1;
    assert_int_equal(mocket__fields_add(&g->message.fields, &g->arena, name, unescaped(g, value)), 0);
}

static unsigned flag_of(const char *word, size_t len)
{
    static const struct {
        const char *name;
        unsigned flag;
    } flags[] = {
        { "BODY_HERE", MOCKET_ABI_BODY_HERE },
        { "UPGRADE", MOCKET_ABI_UPGRADE },
        { "TLS", MOCKET_ABI_TLS },
        { "HTTP10", MOCKET_ABI_HTTP10 },
        { "HTTP2", MOCKET_ABI_HTTP2 },
        { "NORMALISED", MOCKET_ABI_NORMALISED },
        { "ON_DEMAND", MOCKET_ABI_ON_DEMAND },
        { "VOUCHED", MOCKET_ABI_VOUCHED },
        { "FOLLOW", MOCKET_ABI_FOLLOW },
        { "RETRY", MOCKET_ABI_RETRY },
    };
    for (size_t i = 0; i < UNIT_COUNT(flags); i++)
        if (strlen(flags[i].name) == len && strncmp(flags[i].name, word, len) == 0)
            return flags[i].flag;
    fail_msg("no such flag: %s", word);
    return 0;
}

static int error_of(const char *name)
{
#define IS(code, number, text)                                                                                         \
    if (strcmp(name, #code) == 0)                                                                                      \
        return number;
    MOCKET_ERRORS(IS)
#undef IS
    fail_msg("no such error: %s", name);
    return 0;
}

static void read_line(struct golden *g, const char *key, const char *text)
{
    if (strcmp(key, "kind") == 0) {
        while (g->kind < KINDS && strcmp(kinds[g->kind], text) != 0)
            g->kind++;
        assert_true(g->kind < KINDS);
    } else if (strcmp(key, "refused") == 0) {
        g->refused = true;
    } else if (strcmp(key, "method") == 0) {
        g->message.method_text = unescaped(g, text);
        g->message.method = mocket__method_of(g->message.method_text);
    } else if (strcmp(key, "flags") == 0) {
        for (size_t at = 0, len; (len = strcspn(text + at, " ")) > 0; at += len + (text[at + len] == ' '))
            g->message.flags |= flag_of(text + at, len);
    } else if (strcmp(key, "target") == 0) {
        g->message.target = unescaped(g, text);
    } else if (strcmp(key, "authority") == 0) {
        g->message.authority = unescaped(g, text);
    } else if (strcmp(key, "peer") == 0) {
        g->message.peer = unescaped(g, text);
    } else if (strcmp(key, "field") == 0) {
        read_field(g, text);
    } else if (strcmp(key, "left") == 0) {
        g->left = strcmp(text, "unknown") == 0 ? MOCKET_ABI_UNKNOWN_LENGTH : (uint32_t)atoi(text);
    } else if (strcmp(key, "error") == 0) {
        g->message.body_error = error_of(text);
    } else if (strcmp(key, "status") == 0) {
        g->status = atoi(text);
    } else if (strcmp(key, "body") == 0) {
        g->body = unescaped(g, text);
    } else
        fail_msg("%s: what is `%s`?", g->name, key);
}

static void read_bytes(struct golden *g, char *line)
{
    unsigned byte;
    int used;
    line[strcspn(line, "#")] = '\0';
    for (char *p = line; sscanf(p, "%2x%n", &byte, &used) == 1; p += used) {
        assert_true(g->len < BYTES_MAX);
        g->bytes[g->len++] = (char)byte;
    }
}

static void read_file(struct golden *g, const char *name)
{
    char path[800], line[1000];
    bool bytes = false;
    memset(g, 0, sizeof *g);
    mocket__arena_init(&g->arena, 0);
    snprintf(g->name, sizeof g->name, "%s", name);
    snprintf(path, sizeof path, "%s/tests/abi/golden/%s", MOCKET_SOURCE_DIR, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        if (bytes)
            read_bytes(g, line);
        else if (!(bytes = strcmp(line, "bytes") == 0)) {
            size_t key = strcspn(line, " ");
            bool more = line[key] == ' ';
            line[key] = '\0';
            read_line(g, line, line + key + more);
        }
    }
    fclose(f);
}

/* ---- Comparing ---- */

static void same_span(const struct golden *g, const char *what, mocket_span got, mocket_span want)
{
    if (!mocket__span_eq(got, want))
        fail_msg("%s: %s is \"%.*s\", not \"%.*s\"", g->name, what, (int)got.len, got.ptr, (int)want.len, want.ptr);
}

static void same_fields(const struct golden *g, const struct mocket_fields *got)
{
    const struct mocket_fields *want = &g->message.fields;
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < want->count; i++) {
        mocket_span name = got->rows[i].name;
        if (g->kind == HEAD)
            same_span(g, "a name", name, want->rows[i].name);
        else
            assert_true(mocket__span_ieq(name, want->rows[i].name));
        same_span(g, "a value", got->rows[i].value, want->rows[i].value);
    }
}

static void same_bytes(const struct golden *g, const char *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && at < g->len && bytes[at] == g->bytes[at])
        at++;
    if (len == g->len && at == len)
        return;
    for (size_t i = 0; i < len; i++)
        printf("%02x%s", (unsigned char)bytes[i], i % 16 == 15 || i + 1 == len ? "\n" : " ");
    fail_msg("%s: %zu bytes, not %zu; they differ at %zu", g->name, len, g->len, at);
}

/* ---- Both ways ---- */

static void encode_closed(const struct golden *g)
{
    char bytes[200];
    assert_true(MOCKET_ABI_CLOSED_LEN(g->body.len) <= sizeof bytes);
    same_bytes(g, bytes, mocket__abi_closed_encode(g->status, g->body, bytes));
}

static int decode_closed(const struct golden *g)
{
    mocket_span reason;
    assert_int_equal(mocket__abi_closed_decode((mocket_span){ g->bytes, g->len }, &reason), g->status);
    same_span(g, "the reason", reason, g->body);
    return 0;
}

static void encode(const struct golden *g)
{
    static _Alignas(8) char bytes[BYTES_MAX];
    bool head = g->kind == HEAD || g->kind == FETCHED;
    size_t len = head ? mocket__abi_head_size(&g->message.fields) : mocket__abi_request_size(&g->message, g->body);
    assert_true(len > 0 && len <= sizeof bytes);
    memset(bytes, '?', sizeof bytes);
    if (head)
        mocket__abi_head_encode(g->status, &g->message.fields, g->kind == FETCHED, bytes);
    else
        mocket__abi_request_encode(&g->message, g->body, g->message.flags & MOCKET_ABI_BODY_HERE, g->left, bytes);
    same_bytes(g, bytes, len);
}

static int decode_request(struct golden *g)
{
    struct mocket_message got;
    mocket_span body;
    int rc = mocket__abi_request_decode((mocket_span){ g->bytes, g->len }, &g->arena, &got, &body);
    if (rc < 0)
        return rc;
    bool here = g->message.flags & MOCKET_ABI_BODY_HERE;
    assert_int_equal(got.method, g->message.method);
    assert_int_equal(got.body_error, g->message.body_error);
    assert_int_equal(got.flags, g->message.flags & ~(unsigned)MOCKET_ABI_BODY_HERE);
    same_span(g, "the method", got.method_text, g->message.method_text);
    same_span(g, "the target", got.target, g->message.target);
    same_span(g, "the authority", got.authority, g->message.authority);
    same_span(g, "the peer", got.peer, g->message.peer);
    assert_int_equal(body.ptr != NULL, here);
    if (here)
        same_span(g, "the body", body, g->body);
    assert_int_equal(got.body_len, here                                   ? (int64_t)g->body.len
                                   : g->left == MOCKET_ABI_UNKNOWN_LENGTH ? -1
                                                                          : (int64_t)g->left);
    same_fields(g, &got.fields);
    return 0;
}

static int decode_fetch(struct golden *g)
{
    struct mocket_abi_fetch got;
    int rc = mocket__abi_fetch_decode((mocket_span){ g->bytes, g->len }, &g->arena, &got);
    if (rc < 0)
        return rc;
    same_span(g, "the method", got.method, g->message.method_text);
    same_span(g, "the URL", got.url, g->message.target);
    assert_int_equal(got.follow, (g->message.flags & MOCKET_ABI_FOLLOW) != 0);
    assert_int_equal(got.retry, (g->message.flags & MOCKET_ABI_RETRY) != 0);
    assert_int_equal(got.timeout_ms, g->left);
    same_fields(g, &got.fields);
    return 0;
}

static int decode_head(struct golden *g)
{
    struct mocket_fields got;
    int status;
    enum mocket_abi_head_kind kind = g->kind == FETCHED ? MOCKET_ABI_FETCHED
                                     : g->status == 101 ? MOCKET_ABI_HANDSHAKE
                                                        : MOCKET_ABI_ANSWER;
    int rc = mocket__abi_head_decode((mocket_span){ g->bytes, g->len }, kind, &g->arena, &status, &got);
    if (rc < 0)
        return rc;
    assert_int_equal(status, g->status);
    same_fields(g, &got);
    return 0;
}

static void check(struct golden *g)
{
    int rc = g->kind == FETCH                        ? decode_fetch(g)
             : g->kind == CLOSED                     ? decode_closed(g)
             : g->kind == HEAD || g->kind == FETCHED ? decode_head(g)
                                                     : decode_request(g);
    if (rc != (g->refused ? MOCKET_EINVAL : 0))
        fail_msg("%s: decoding it answers %d", g->name, rc);
    if (!g->refused && g->kind == CLOSED)
        encode_closed(g);
    else if (!g->refused)
        encode(g);
}

static void test_golden(void **state)
{
    (void)state;
    static struct golden g;
    unsigned seen[KINDS] = { 0 }, refused = 0;
    DIR *folder = opendir(MOCKET_SOURCE_DIR "/tests/abi/golden");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".txt"))
            continue;
        read_file(&g, entry->d_name);
        check(&g);
        seen[g.kind]++;
        refused += g.refused;
        mocket__arena_release(&g.arena);
    }
    closedir(folder);
    for (size_t i = 0; i < KINDS; i++)
        assert_true(seen[i] > 0);
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_golden) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
