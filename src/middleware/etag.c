/* Entity tags for whole answers: a client that has the same bytes already gets 304 and no body.
 *
 * * The tag is XXH64 of the body: it is fast and the same on every machine, and with 64 bits two versions of a page do
 *   not collide by chance. It is not a defence against an author who chooses colliding bytes; this would only affect
 *   the author's own page in caches. */
#include <mocket.h>

#include <string.h>

/* ---- XXH64, seed 0 (the specification is public: xxHash, "XXH64 algorithm description") ---- */

static const uint64_t prime_1 = 0x9E3779B185EBCA87u, prime_2 = 0xC2B2AE3D27D4EB4Fu, prime_3 = 0x165667B19E3779F9u,
                      prime_4 = 0x85EBCA77C2B2AE63u, prime_5 = 0x27D4EB2F165667C5u;

static uint64_t rotate(uint64_t n, int bits)
{
    return n << bits | n >> (64 - bits);
}

/* Little endian, whatever the machine. */
static uint64_t load(const unsigned char *p, size_t len)
{
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++)
        n |= (uint64_t)p[i] << (8 * i);
    return n;
}

static uint64_t round_of(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * prime_2, 31) * prime_1;
}

/* Whole blocks of 32 bytes; advances *p. */
static uint64_t hash_blocks(const unsigned char **p, const unsigned char *end)
{
    uint64_t lane[4] = { prime_1 + prime_2, prime_2, 0, 0 - prime_1 }, hash = 0;
    static const int turn[4] = { 1, 7, 12, 18 };
    for (; end - *p >= 32; *p += 32)
        for (int i = 0; i < 4; i++)
            lane[i] = round_of(lane[i], load(*p + 8 * i, 8));
    for (int i = 0; i < 4; i++)
        hash += rotate(lane[i], turn[i]);
    for (int i = 0; i < 4; i++)
        hash = (hash ^ round_of(0, lane[i])) * prime_1 + prime_4;
    return hash;
}

static uint64_t hash_of(mocket_span body)
{
    const unsigned char *p = (const unsigned char *)body.ptr, *end = p + body.len;
    uint64_t hash = body.len >= 32 ? hash_blocks(&p, end) : prime_5;
    hash += body.len;
    for (; end - p >= 8; p += 8)
        hash = rotate(hash ^ round_of(0, load(p, 8)), 27) * prime_1 + prime_4;
    for (; end - p >= 4; p += 4)
        hash = rotate(hash ^ load(p, 4) * prime_1, 23) * prime_2 + prime_3;
    for (; p < end; p++)
        hash = rotate(hash ^ *p * prime_5, 11) * prime_1;
    hash = (hash ^ hash >> 33) * prime_2;
    hash = (hash ^ hash >> 29) * prime_3;
    return hash ^ hash >> 32;
}

/* ---- The middleware ---- */

/* W/"16 hexadecimal digits" */
static void write_tag(char tag[24], mocket_span body, bool weak)
{
    uint64_t hash = hash_of(body);
    char *at = tag;
    if (weak) {
        *at++ = 'W';
        *at++ = '/';
    }
    *at++ = '"';
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[hash >> shift & 15];
    *at++ = '"';
    *at = '\0';
}

static int etag(mocket_event *e)
{
    const struct mocket_etag_opts *opts = mocket_data(e);
    int rc = mocket_next(e);
    bool reads = strcmp(mocket_method(e), "GET") == 0 || strcmp(mocket_method(e), "HEAD") == 0;
    if (rc != 0 || !reads || mocket_response_status(e) != 200 || mocket_response_committed(e))
        return rc;
    mocket_span body;
    bool announced = mocket_response_header(e, "Content-Length"); /* HEAD of a stream: its bytes are not here */
    if (!announced && !mocket_response_header(e, "ETag") && mocket_response_body(e, &body)) {
        char tag[24];
        write_tag(tag, body, opts->weak);
        mocket_header_set(e, "ETag", tag);
    }
    const char *tag = mocket_response_header(e, "ETag");
    return tag && mocket_precondition(e, tag, -1) == 304 ? mocket_empty(e, 304) : 0;
}

void mocket_etag(mocket_app *app, const char *scope, const struct mocket_etag_opts *opts)
{
    struct mocket_etag_opts *own = mocket_app_mem(app, sizeof *own);
    if (!own)
        return;
    mocket_opts_read(own, sizeof *own, opts);
    mocket_use(app, scope, etag, own);
}
