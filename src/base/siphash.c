/* SipHash with one round for each word and three at the end: the variant that hash tables of Rust, Python and Ruby use.
 * Words are read as little-endian, so that a test can compare with published results on any machine. */
#include "siphash.h"

#include "word.h"

struct state {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void mix(struct state *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static inline void add(struct state *s, uint64_t word)
{
    s->d ^= word;
    mix(s);
    s->a ^= word;
}

/* len < 8 */
static inline uint64_t last_word(const char *bytes, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return word;
}

uint64_t mocket__siphash(const struct mocket_siphash_key *key, mocket_span bytes)
{
    struct state s = { key->words[0] ^ 0x736f6d6570736575, key->words[1] ^ 0x646f72616e646f6d,
                       key->words[0] ^ 0x6c7967656e657261, key->words[1] ^ 0x7465646279746573 };
    size_t rest = bytes.len % 8;
    for (size_t i = 0; i + 8 <= bytes.len; i += 8)
        add(&s, mocket__load_u64(bytes.ptr + i));
    add(&s, last_word(bytes.ptr + bytes.len - rest, rest) | (uint64_t)bytes.len << 56);
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
