/* How long requests take, learned by kind, so that the quick ones are called directly and the others in slices. One per
 * worker; zeroed is ready to use. */
#ifndef MOCKET_HOSTS_C_GUEST_PACE_H
#define MOCKET_HOSTS_C_GUEST_PACE_H

#include "../../../src/http/message.h"

#define GUEST_PACE_SLOTS 256u

struct guest_pace {
    struct guest_pace_slot {
        uint32_t proofs;   /* quick calls in slices so far */
        uint8_t surprises; /* how often a direct call was slow */
        bool slow;         /* the last calls took long or waited */
    } slots[GUEST_PACE_SLOTS];
    uint32_t surprises; /* of late, in all slots */
    uint64_t forgive_tick, barred_until_tick;
};

/* The slot of a request: by its method and the first segment of its path. */
uint32_t guest_pace_slot(const struct mocket_message *message);
#define GUEST_PACE_START 0u /* the slot of a start */
#define GUEST_PACE_EVENT 1u /* of an event without a request */

/* The slot of the messages to a socket, from that of the request that became it. */
uint32_t guest_pace_slot_of_socket(uint32_t slot);

/* May it be called directly? */
bool guest_pace_trusts(const struct guest_pace *p, uint32_t slot, uint64_t tick);
/* Is it known to take long? */
bool guest_pace_is_slow(const struct guest_pace *p, uint32_t slot);
/* It takes long, as can be seen before it has ended. */
void guest_pace_is_long(struct guest_pace *p, uint32_t slot);
/* What came of it. */
struct guest_pace_result {
    bool direct, slow;
};
void guest_pace_note(struct guest_pace *p, uint32_t slot, uint64_t tick, struct guest_pace_result result);

#endif
