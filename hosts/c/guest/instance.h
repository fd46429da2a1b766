/* One running guest: made, started, called, ended. It belongs to the worker that runs it. */
#ifndef MOCKET_HOSTS_C_GUEST_INSTANCE_H
#define MOCKET_HOSTS_C_GUEST_INSTANCE_H

#include "handle.h"
#include "log.h"
#include "module.h"
#include "ticker.h"

#define GUEST_ADDRESS_MAX 255

/* What a guest said of itself by `option` and `listen`. */
struct guest_declaration {
    bool listening;
    uint32_t reuse;   /* enum mocket_reuse */
    int64_t max_body; /* -1 no limit; GUEST_UNSAID */
    int64_t max_message;
    char address[GUEST_ADDRESS_MAX + 1]; /* a wish; "" when there is none */
};
#define GUEST_UNSAID INT64_MIN

/* What all instances of a program share; it does not change once the first one has started. */
struct guest_program {
    struct guest_module *module;
    uint64_t timeout_ms;   /* of a request and of a start; 0: none */
    uint64_t memory_bytes; /* the limit, of which an instance may keep three quarters between requests */
    uint64_t requests_max; /* after which an instance is replaced; 0: the default */
    bool known;            /* declared is what the first instance said */
    struct guest_declaration declared;
};

struct guest_request;

struct guest_instance {
    struct guest_program *program;
    struct guest_log *log;
    struct ticker_seat *seat;
    struct engine_instance *engine;
    enum guest_export running; /* the export that runs now */
    struct guest_declaration declared;
    struct guest_handles handles;
    struct guest_line out[3]; /* standard output, standard error, MoonBit's println */
    uint16_t high_surrogate;  /* of println: the first half of a pair, or 0 */
    uint64_t deadline_ns;     /* of the present request or start; UINT64_MAX: none */
    uint64_t served;
    uint64_t memory_at_start; /* bytes */
    bool exited;              /* it called proc_exit: the trap that follows is not one */
    uint32_t exit_code;
    bool broken; /* not to be entered again */
};

/* Makes an instance, runs _initialize and its start, and compares what it declares with program->declared when that is
 * known. 0; MOCKET_ENOMEM; MOCKET_ELIMIT when the engine has no room; MOCKET_EINVAL when the guest is at fault: *why
 * tells. */
int guest_instance_open(struct guest_program *program, struct guest_log *log, struct ticker_seat *seat,
                        struct guest_instance **out, struct mocket_buf *why);
void guest_instance_close(struct guest_instance *instance); /* NULL is fine */

/* Lets it run for at most ms from now; 0: for ever. */
void guest_instance_limit(struct guest_instance *instance, uint64_t ms);

/* Calls an export that the module has, on the present stack, which must be a thread's. Anything but ENGINE_RETURNED
 * leaves the instance broken. count as in engine_call. */
enum engine_outcome guest_instance_call(struct guest_instance *instance, enum guest_export export,
                                        union engine_slot *slots, size_t count, struct mocket_buf *why);

/* Whether it can serve another request. */
bool guest_instance_fit(const struct guest_instance *instance);

#endif
