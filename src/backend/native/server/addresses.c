/* A hash table with chains and one lock: it is asked once when a connection comes and once when it goes, and only if
 * there is a limit. Rows exist for addresses that have connections, so their number is bounded by those. The hash is
 * seeded, so that nobody can choose addresses that meet in one chain. */
#include "addresses.h"

#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "../../../base/memory.h"

#define BUCKETS 4096

struct row {
    struct row *next;
    struct mocket_address address;
    size_t count;
};

struct mocket_addresses {
    uv_mutex_t lock;
    size_t most;
    uint64_t seed[2];
    struct row *buckets[BUCKETS];
};

void mocket__address_of(struct mocket_address *a, const struct sockaddr *sa)
{
    *a = (struct mocket_address){ { [10] = 0xff, [11] = 0xff } };
    if (sa->sa_family == AF_INET6)
        memcpy(a->bytes, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
    else
        memcpy(a->bytes + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
}

struct mocket_addresses *mocket__addresses_new(size_t most)
{
    struct mocket_addresses *t = mocket__new(sizeof(*t));
    if (t == NULL)
        return NULL;
    t->most = most;
    if (uv_mutex_init(&t->lock) < 0 || getrandom(t->seed, sizeof(t->seed), 0) != sizeof(t->seed)) {
        mocket__free(t);
        return NULL;
    }
    return t;
}

void mocket__addresses_free(struct mocket_addresses *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct row *r = t->buckets[i], *next; r != NULL; r = next) {
            next = r->next;
            mocket__free(r);
        }
    uv_mutex_destroy(&t->lock);
    mocket__free(t);
}

static struct mocket_address counted_as(const struct mocket_address *a)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct mocket_address key = *a;
    if (memcmp(a->bytes, mapped, sizeof(mapped)) != 0)
        memset(key.bytes + 8, 0, 8);
    return key;
}

static struct row **bucket_of(struct mocket_addresses *t, const struct mocket_address *key)
{
    uint64_t halves[2];
    memcpy(halves, key->bytes, sizeof(halves));
    uint64_t hash = t->seed[0];
    for (int i = 0; i < 2; i++) {
        hash = (hash ^ halves[i]) * (t->seed[1] | 1);
        hash ^= hash >> 32;
    }
    return &t->buckets[hash % BUCKETS];
}

/* Where the row of an address hangs, or where a new one would. */
static struct row **find(struct mocket_addresses *t, const struct mocket_address *key)
{
    struct row **at = bucket_of(t, key);
    while (*at != NULL && memcmp(&(*at)->address, key, sizeof(*key)) != 0)
        at = &(*at)->next;
    return at;
}

static bool enter(struct mocket_addresses *t, const struct mocket_address *key)
{
    struct row **at = find(t, key);
    if (*at == NULL) {
        struct row *fresh = mocket__new(sizeof(*fresh));
        if (fresh == NULL)
            return false;
        fresh->address = *key;
        *at = fresh;
    }
    if ((*at)->count >= t->most)
        return false;
    (*at)->count++;
    return true;
}

bool mocket__addresses_enter(struct mocket_addresses *t, const struct mocket_address *a)
{
    struct mocket_address key = counted_as(a);
    uv_mutex_lock(&t->lock);
    bool entered = enter(t, &key);
    uv_mutex_unlock(&t->lock);
    return entered;
}

void mocket__addresses_leave(struct mocket_addresses *t, const struct mocket_address *a)
{
    struct mocket_address key = counted_as(a);
    uv_mutex_lock(&t->lock);
    struct row **at = find(t, &key), *row = *at;
    if (row != NULL && --row->count == 0) {
        *at = row->next;
        mocket__free(row);
    }
    uv_mutex_unlock(&t->lock);
}
