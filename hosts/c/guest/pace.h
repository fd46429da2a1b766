/* How long requests take, learned by kind: which kinds are called directly, and which have proved quick and may use the
 * places that are kept for such. One per worker; zeroed is ready to use, with a hash that clients could predict.
 *
 * A kind is a method and the first segment of a path; the messages of the WebSockets that such requests became are
 * another kind. */
#ifndef MOCKET_HOSTS_C_GUEST_PACE_H
#define MOCKET_HOSTS_C_GUEST_PACE_H

#include "../../../src/base/siphash.h"
#include "../../../src/http/message.h"

#define GUEST_PACE_SETS 128u
#define GUEST_PACE_WAYS 8u

/* A keyed hash, so two kinds are never taken for each other; 0: none. */
typedef uint64_t guest_kind;
#define GUEST_KIND_START UINT64_C(2) /* a start */
#define GUEST_KIND_EVENT UINT64_C(4) /* an event without a request */

struct guest_pace_row {
    uint64_t fibers_until_ns; /* it is not called directly before this time */
    uint32_t proofs;          /* quick calls in slices, one after the other */
    uint32_t used;            /* the table's clock when it was used last */
    uint8_t score;            /* what its quick requests are worth */
    uint8_t surprises;        /* direct calls that took long */
    bool is_long;             /* the last one took long */
};

struct guest_pace {
    struct mocket_siphash_key key;
    uint32_t clock;
    bool surprised;                         /* at some time: */
    uint64_t surprised_ns, fibers_until_ns; /* when a kind was a surprise for the first time; nothing is called
                                                directly before this time */
    struct guest_pace_row start, event;
    struct guest_pace_set {
        guest_kind kinds[GUEST_PACE_WAYS];
        struct guest_pace_row rows[GUEST_PACE_WAYS];
    } sets[GUEST_PACE_SETS];
};

/* Chooses the key of the hash. 0 or MOCKET_EIO. */
int guest_pace_seed(struct guest_pace *p);

guest_kind guest_pace_kind(const struct guest_pace *p, const struct mocket_message *message);
/* The kind of the messages to a socket, from that of the request that became it. */
guest_kind guest_pace_kind_of_socket(guest_kind request);

/* ---- Calls ---- */

/* May it be called directly? */
bool guest_pace_trusts(struct guest_pace *p, guest_kind kind, uint64_t now_ns);
struct guest_pace_result {
    bool direct, slow;
};
/* What came of a call. */
void guest_pace_note_call(struct guest_pace *p, guest_kind kind, struct guest_pace_result result, uint64_t now_ns);

/* ---- Requests ---- */

enum guest_standing {
    GUEST_UNKNOWN,
    GUEST_QUICK, /* it has proved quick */
    GUEST_LONG   /* the last one took long */
};
enum guest_standing guest_pace_standing(struct guest_pace *p, guest_kind kind);
/* A request of this kind was quick, or takes long. */
void guest_pace_note_request(struct guest_pace *p, guest_kind kind, bool is_long);

#endif
