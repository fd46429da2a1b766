/* The handles of one instance (docs/abi.md, section 3): positive numbers in one space, each with a generation, so that
 * a stale or invented number is noticed. */
#ifndef MOCKET_HOSTS_C_GUEST_HANDLE_H
#define MOCKET_HOSTS_C_GUEST_HANDLE_H

#include <stddef.h>
#include <stdint.h>

enum guest_handle_kind {
    GUEST_HANDLE_NONE,
    GUEST_HANDLE_REQUEST,
    GUEST_HANDLE_SOCKET,
    GUEST_HANDLE_OPERATION,
    GUEST_HANDLE_OUTGOING,
    GUEST_HANDLE_RESPONSE
};

struct guest_handle {
    enum guest_handle_kind kind;
    uint32_t generation;
    uint32_t next; /* free rows: the next free one */
    void *object;
};

#define GUEST_HANDLES_MAX 8192u
#define GUEST_HANDLES_INLINE 4u

/* A zeroed one is ready to use. It must stay where it is. */
struct guest_handles {
    struct guest_handle *rows; /* first, or on the heap */
    uint32_t count, cap;
    uint32_t free; /* index + 1 of a free row, 0: none */
    struct guest_handle first[GUEST_HANDLES_INLINE];
};

/* The number, or MOCKET_ELIMIT, MOCKET_ENOMEM. */
int32_t guest_handle_open(struct guest_handles *h, enum guest_handle_kind kind, void *object);
/* What a number from the guest means: its object, or NULL when it is not a live handle of that kind. */
void *guest_handle_get(const struct guest_handles *h, int32_t number, enum guest_handle_kind kind);
/* GUEST_HANDLE_NONE when there is no such handle. */
enum guest_handle_kind guest_handle_kind_of(const struct guest_handles *h, int32_t number);
/* A number that is none does nothing. */
void guest_handle_end(struct guest_handles *h, int32_t number);
void guest_handles_release(struct guest_handles *h);

#endif
