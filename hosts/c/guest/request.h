/* One request through a guest: its message into the guest's memory, the calls, the answer out of it.
 *
 * It has two sides. Its front is the handler of the native backend, which waits until there is news and passes it on to
 * the client. Its inside is an instance (or a place in a queue). Either may leave first; the memory goes with the
 * last. */
#ifndef MOCKET_HOSTS_C_GUEST_REQUEST_H
#define MOCKET_HOSTS_C_GUEST_REQUEST_H

#include "../../../src/base/deadline.h"
#include "../../../src/http/message.h"
#include "../../../src/backend/native/native.h"
#include "instance.h"
#include "pace.h"

#define GUEST_GRACE_NS MOCKET_SECOND_NS /* for who is told that it waits no longer */
#define GUEST_OUT_MAX 65536u            /* bytes of a streamed answer that wait for the front */

enum guest_answer_state {
    GUEST_ANSWER_NONE,
    GUEST_ANSWER_BEGUN, /* by respond_begin */
    GUEST_ANSWER_COMPLETE,
    GUEST_ANSWER_CUT /* begun, and will not be complete */
};

/* What a request's place counts against (place.c). */
enum guest_share {
    GUEST_SHARE_NONE,   /* it has no place, or one that is not counted */
    GUEST_SHARE_QUICK,  /* any place: its kind has proved quick */
    GUEST_SHARE_COMMON, /* all places but the reserve */
    GUEST_SHARE_TRIAL   /* a place of the reserve, to see whether its kind is quick */
};

struct guest_request {
    struct guest_job job, gone;
    struct guest_worker *worker;
    struct guest_request *next, *previous; /* of all that are inside, or of those that are unused */
    struct guest_request *next_queued, *next_news;
    struct guest_request *next_trial, *previous_trial; /* of those on trial */

    /* the front's: */
    bool front;                           /* it is there */
    const struct mocket_message *message; /* NULL: the front has left */
    mocket_span body;                     /* whole */
    struct mocket_buf kept;               /* the message, when the front has left and the guest may ask for it */
    struct mocket_arena *arena;           /* answers are copied to it */
    uv_loop_t *loop;
    bool body_comes;          /* the body is not here: the front reads it when the guest wants more */
    struct mocket_park *park; /* while it waits */
    mocket_event *reading;    /* while it waits for more of the body */
    bool news;                /* came while it did not wait */
    bool submitted;

    /* the inside's: */
    struct guest_instance *instance; /* NULL: it waits for one */
    bool inside;                     /* else the guest's side is done with it */
    bool queued, told;
    bool upgrade;                 /* it asks for a WebSocket, and the guest has such */
    bool entered;                 /* the guest has heard of it */
    bool is_long;                 /* it took long: its kind knows */
    guest_kind kind;              /* in the pace */
    enum guest_standing standing; /* of its kind, when that was looked at last */
    enum guest_share share;
    uint64_t arrival;  /* its number among those that waited */
    uint64_t began_ns; /* when the guest was first entered for it; 0: not yet */
    struct guest_owner owner;
    uint64_t deadline_ns; /* MOCKET_NEVER: none */
    uint64_t total_ns;    /* the end that the guest set, which no progress moves; MOCKET_NEVER: none */
    uint64_t grace_ns;    /* once it died */
    bool returned;        /* mocket_handle has */

    /* a body that comes: */
    struct mocket_buf in; /* what the guest has not taken yet */
    bool in_wanted;       /* the front shall read on */
    bool in_end;
    int in_error; /* what reading ended with */

    /* the answer: */
    bool starved;   /* respond had no memory for it */
    unsigned tries; /* of respond: what it refused has used memory too */
    enum guest_answer_state answer;
    bool streamed;
    int failure; /* the status that the host answers instead; 0: none */
    int status;
    struct mocket_fields fields; /* without hop-by-hop fields */
    mocket_span whole;           /* when not streamed */
    struct guest_socket *socket; /* instead: it becomes this one, for the front to take */
    struct mocket_buf out;       /* of a streamed answer, for the front to take */
    int64_t left;                /* of the length that was announced, -1: none was */
    bool discard;                /* the body goes nowhere */
};

/* ---- For instances ---- */

/* The size of the message; 0: it does not fit. */
uint32_t guest_request_size(const struct guest_request *request);
/* Writes the message to where mocket_alloc said. 0 or a status; faulty ranges break the instance. */
int guest_request_pass_in(struct guest_instance *instance, struct guest_request *request, uint32_t at, uint32_t len);
/* An export ended badly: tells the log. Returns the status for the client. */
int guest_request_complain(struct guest_instance *instance, const struct guest_request *request,
                           enum guest_export export, bool expired, const struct mocket_buf *trap);
/* "GET /path: text" to the log. */
void guest_request_log(struct guest_instance *instance, const struct guest_request *request, int level,
                       mocket_span text);
/* The host answers with this status, unless the guest has answered or the client has left; an answer that was begun is
 * cut. */
void guest_request_fail(struct guest_request *request, int status);
/* The client left, or time is up: what the request waits for ends, and imports answer so. */
void guest_request_die(struct guest_request *request, int code);
/* After each event: has it come to its end? */
void guest_request_settle(struct guest_request *request);
/* The inside is done with it, whatever state it is in. */
void guest_request_end(struct guest_request *request);
/* There is news for the front, at the guest's next return or suspension. */
void guest_request_tell(struct guest_request *request);

/* ---- Imports ---- */

struct guest_answer {
    uint32_t head, head_len, body, body_len;
    bool upgrade; /* it is that of ws_accept */
};
/* The head of ws_accept, checked: its fields. 0 or a code for the guest; so are the others. */
int guest_request_take_head(struct guest_instance *instance, struct guest_request *request,
                            const struct guest_answer *answer, struct mocket_fields *fields);
/* It is answered by becoming a socket. */
void guest_request_upgrade(struct guest_request *request, const struct mocket_fields *fields,
                           struct guest_socket *socket);
/* `fields`: writes the message without its body, if it fits. The size needed, or a code for the guest. */
int guest_request_fields(struct guest_instance *instance, struct guest_request *request, uint32_t at, uint32_t cap);
/* Error for an import called on a request that can no longer be answered; 0 if it can. request NULL: MOCKET_EHANDLE. */
int guest_request_state(const struct guest_request *request);
/* `respond`: keeps a copy of the answer. 0 or a code for the guest; so are the others. */
int guest_request_respond(struct guest_instance *instance, struct guest_request *request,
                          const struct guest_answer *answer);
int guest_request_begin(struct guest_instance *instance, struct guest_request *request,
                        const struct guest_answer *answer);
/* Bytes taken, MOCKET_EAGAIN or another code. */
int guest_request_write(struct guest_instance *instance, struct guest_request *request, uint32_t at, uint32_t len);
int guest_request_finish(struct guest_request *request);
/* Bytes, 0 at the end of the body, MOCKET_EAGAIN or another code. */
int guest_request_read(struct guest_instance *instance, struct guest_request *request, uint32_t at, uint32_t cap);
/* Would read answer anything but MOCKET_EAGAIN? If not the front is asked for more. */
bool guest_request_can_read(struct guest_request *request);

/* ---- For the front ---- */

/* The front takes what is there of a streamed answer, by exchanging buffers. */
void guest_request_take(struct guest_request *request, struct mocket_buf *into);
/* Room for more of the body, which is the front's until it feeds; NULL: no memory. */
char *guest_request_room(struct guest_request *request, size_t len);
/* What a read of the body into that room gave: bytes, 0 at its end, or below zero. */
void guest_request_feed(struct guest_request *request, ptrdiff_t n);
/* Does the guest want more of the body? */
static inline bool guest_request_wants(const struct guest_request *r)
{
    return r->in_wanted && r->inside && !r->in_end && r->in_error == 0;
}
/* The front leaves: the request goes if its inside is done with it; else it is told when gone that nobody listens. */
void guest_request_leave(struct guest_request *request, bool gone);

#endif
