/* Waitables of the canonical ABI: ends of streams and futures, and subtasks. A waitable belongs to a task, and is in
 * the task's set, so that the platform calls that task when something of it has come to its end. Waitables of the
 * instance itself are in the set of the oldest task. While a task blocks in the middle of a handler, all waitables are
 * in its set, because the platform calls no other task then.
 *
 *     NONE --begin--> UNDER_WAY --event--> IDLE (in the set still, for the next begin)
 *       ^-----------------forget, leave------|                                                                      */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP3_WAITABLE_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP3_WAITABLE_H

#include "../../../src/base/list.h"
#include "../core/port.h"

struct http3_task;

/* The type of the object that a waitable is part of, and what the event means to it. */
enum http3_waitable_kind {
    HTTP3_INPUT,   /* struct http3_input: bytes, or what is behind them */
    HTTP3_OUTPUT,  /* struct http3_output: the same */
    HTTP3_SEND,    /* struct http3_call: the response */
    HTTP3_TIMER,   /* struct http3_task */
    HTTP3_WAKE,    /* struct http3_task */
    HTTP3_LEFTOVER /* struct http3_leftover */
};
enum http3_waitable_state { HTTP3_NONE, HTTP3_IDLE, HTTP3_UNDER_WAY };

struct http3_waitable {
    struct mocket_link link; /* of all, unless NONE */
    enum http3_waitable_kind kind;
    enum http3_waitable_state state;
    uint32_t handle, set;
    struct http3_task *task; /* NULL: of the instance */
};

/* Something of the handle is under way. kind and task are set. */
void http3_waitable_begin(struct http3_waitable *w, uint32_t handle);
/* Before its handle is dropped. */
void http3_waitable_forget(struct http3_waitable *w);
/* Before what is under way is cancelled, or the handle gets another owner: the handle leaves its set. */
void http3_waitable_leave(struct http3_waitable *w);
/* The event of a subtask with that state. False: it has only started, and is under way still. True: it has returned; it
 * is forgotten, and its handle dropped. */
bool http3_subtask_returned(struct http3_waitable *w, uint32_t state);
static inline bool http3_is_under_way(const struct http3_waitable *w)
{
    return w->state == HTTP3_UNDER_WAY;
}

/* Something has come to its end. */
void http3_event(uint32_t event, uint32_t handle, uint32_t code);
/* Puts each waitable into the set where it belongs now. */
void http3_waitables_settle(void);

/* ---- Ends of futures that nobody has read yet, and that may not be dropped before they were ---- */

enum http3_leftover_kind { HTTP3_TRAILERS, HTTP3_OUTCOME };
/* Takes the writable end of a future that was written: drops it now, or when it was read. code: of the write. */
void http3_leave(enum http3_leftover_kind kind, uint32_t end, uint32_t code);

#endif
