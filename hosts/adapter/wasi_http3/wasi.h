/* Imports of world.wit that WASI 0.2 does not have, and the canonical ABI's functions for streams, futures and tasks.
 * No handle is 0. Layouts of results, in addition to those in wasi/imports.h:
 *
 *     result<response, error-code>                 u8 tag; u32 at 8, or u8 case at 8
 *     result<option<trailers>, error-code>         u8 tag; option's u8 tag at 8 and u32 at 12, or u8 case at 8
 *     tuple of two handles                         u32 at 0, u32 at 4
 *
 * A function that makes a stream or a future returns its readable end in the low half, its writable end in the high
 * half. Reading and writing return WASI_BLOCKED while they are under way, and an event has the code later. The code of
 * a stream is a number of bytes << 4 | enum wasi_copy; that of a future is enum wasi_copy alone. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP3_WASI_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP3_WASI_H

#include "../wasi/imports.h"

#define ROOT(name) __attribute__((import_module("$root"), import_name(name)))

#define WASI_BLOCKED UINT32_MAX
enum wasi_copy { WASI_COMPLETED, WASI_DROPPED, WASI_CANCELLED, WASI_COPY_MASK = 15, WASI_COPY_SHIFT = 4 };
enum wasi_event {
    WASI_EVENT_SUBTASK = 1,
    WASI_EVENT_STREAM_READ,
    WASI_EVENT_STREAM_WRITE,
    WASI_EVENT_FUTURE_READ,
    WASI_EVENT_FUTURE_WRITE,
    WASI_EVENT_CANCELLED
};
/* States of a subtask. A call of an async function returns one, and the subtask << WASI_SUBTASK_SHIFT. Handles that it
 * passes stay the caller's until it has started. */
enum wasi_subtask {
    WASI_STARTING,
    WASI_STARTED,
    WASI_RETURNED,
    WASI_CANCELLED_BEFORE_STARTED,
    WASI_CANCELLED_BEFORE_RETURNED,
    WASI_SUBTASK_MASK = 15,
    WASI_SUBTASK_SHIFT = 4
};
/* What an async export and its callback return. */
enum wasi_callback { WASI_EXIT, WASI_YIELD, WASI_WAIT, WASI_SET_SHIFT = 4 };

/* ---- Tasks ---- */

ROOT("[waitable-set-new]") uint32_t wasi_set_new(void);
ROOT("[waitable-set-drop]") void wasi_set_drop(uint32_t set);
/* Blocks. Returns the event; payload: the waitable and the code. */
ROOT("[waitable-set-wait]") uint32_t wasi_set_wait(uint32_t set, uint32_t *payload);
/* set 0: in no set. */
ROOT("[waitable-join]") void wasi_join(uint32_t waitable, uint32_t set);
ROOT("[subtask-cancel]") uint32_t wasi_subtask_cancel(uint32_t subtask);
ROOT("[subtask-drop]") void wasi_subtask_drop(uint32_t subtask);
ROOT("[task-cancel]") void wasi_task_cancel(void);
ROOT("[context-get-0]") void *wasi_context_get(void);
ROOT("[context-set-0]") void wasi_context_set(void *context);
/* result<response, error-code>, flat: tag, handle or case, and the parts of an error code. */
__attribute__((import_module("[export]wasi:http/handler@0.3.0"), import_name("[task-return]handle"))) void
wasi_task_return(uint32_t tag, uint32_t response, uint32_t a, uint64_t b, uint32_t c, uint32_t d, uint32_t e,
                 uint32_t f);

/* A future without a value, by which one task wakes another one. */
ROOT("[future-new-unit]") uint64_t wasi_wake_new(void);
ROOT("[async-lower][future-read-unit]") uint32_t wasi_wake_read(uint32_t end, void *nothing);
ROOT("[async-lower][future-write-unit]") uint32_t wasi_wake_write(uint32_t end, const void *nothing);
ROOT("[future-drop-readable-unit]") void wasi_wake_drop_readable(uint32_t end);
ROOT("[future-drop-writable-unit]") void wasi_wake_drop_writable(uint32_t end);

/* ---- Streams of bytes ---- */

HTTP("[stream-new-0][static]response.new") uint64_t wasi_stream_new(void);
HTTP("[async-lower][stream-read-0][static]response.new")
uint32_t wasi_stream_read(uint32_t end, void *to, uint32_t len);
HTTP("[async-lower][stream-write-0][static]response.new")
uint32_t wasi_stream_write(uint32_t end, const void *from, uint32_t len);
HTTP("[stream-cancel-read-0][static]response.new") uint32_t wasi_stream_cancel_read(uint32_t end);
HTTP("[stream-cancel-write-0][static]response.new") uint32_t wasi_stream_cancel_write(uint32_t end);
HTTP("[stream-drop-readable-0][static]response.new") void wasi_stream_drop_readable(uint32_t end);
HTTP("[stream-drop-writable-0][static]response.new") void wasi_stream_drop_writable(uint32_t end);

/* ---- What is behind a body: its trailers or an error; and what its reader made of it ---- */

HTTP("[future-new-1][static]response.new") uint64_t wasi_trailers_new(void);
HTTP("[async-lower][future-read-1][static]response.new")
uint32_t wasi_trailers_read(uint32_t end, union wasi_result *to);
HTTP("[async-lower][future-write-1][static]response.new")
uint32_t wasi_trailers_write(uint32_t end, const union wasi_result *from);
HTTP("[future-cancel-read-1][static]response.new") uint32_t wasi_trailers_cancel_read(uint32_t end);
HTTP("[future-drop-readable-1][static]response.new") void wasi_trailers_drop_readable(uint32_t end);
HTTP("[future-drop-writable-1][static]response.new") void wasi_trailers_drop_writable(uint32_t end);
HTTP("[future-new-2][static]response.new") uint64_t wasi_outcome_new(void);
HTTP("[async-lower][future-write-2][static]response.new")
uint32_t wasi_outcome_write(uint32_t end, const union wasi_result *from);
HTTP("[future-drop-readable-2][static]response.new") void wasi_outcome_drop_readable(uint32_t end);
HTTP("[future-drop-writable-2][static]response.new") void wasi_outcome_drop_writable(uint32_t end);

/* ---- wasi:http/types ---- */

HTTP("[static]request.new")
void wasi_request_new(uint32_t headers, uint32_t has_body, uint32_t body, uint32_t trailers, uint32_t has_options,
                      uint32_t options, union wasi_result *ret);
/* The request is gone. ret: the stream, and the future of what is behind it. */
HTTP("[static]request.consume-body")
void wasi_request_consume(uint32_t self, uint32_t outcome, union wasi_result *ret);
HTTP("[resource-drop]request") void wasi_request_drop(uint32_t self);

HTTP("[static]response.new")
void wasi_response_new(uint32_t headers, uint32_t has_body, uint32_t body, uint32_t trailers, union wasi_result *ret);
HTTP("[method]response.set-status-code") uint32_t wasi_response_set_status(uint32_t self, uint32_t status);
HTTP("[method]response.get-status-code") uint32_t wasi_response_status(uint32_t self);
HTTP("[method]response.get-headers") uint32_t wasi_response_headers(uint32_t self);
HTTP("[static]response.consume-body")
void wasi_response_consume(uint32_t self, uint32_t outcome, union wasi_result *ret);
HTTP("[resource-drop]response") void wasi_response_drop(uint32_t self);
/* ret is written when the subtask has returned. */
WASI("http/client", "[async-lower]send") uint32_t wasi_send(uint32_t request, union wasi_result *ret);

/* ---- Surroundings ---- */

WASI("clocks/monotonic-clock", "[async-lower]wait-until") uint32_t wasi_wait_until(uint64_t ns);
WASI("cli/stdout", "write-via-stream") uint32_t wasi_stdout(uint32_t stream); /* a future, which is never read */
WASI("cli/stderr", "write-via-stream") uint32_t wasi_stderr(uint32_t stream);

#endif
