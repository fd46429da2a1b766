/* Imports of wasi_http/world.wit that WASI 0.3 does not have. Layouts of results, in addition to those in
 * wasi/imports.h:
 *
 *     result<list<u8>, stream-error>   u8 tag; list (u32, u32) at 4, or u8 case at 4 and handle of the error at 8
 *     result<u64, stream-error>        u8 tag; u64 at 8, or case at 8 and handle at 12
 *     result<handle>                   u8 tag; u32 at 4
 *     result<handle, error-code>       u8 tag; u32 at 8, or u8 case at 8                                            */
#ifndef MOCKET_HOSTS_ADAPTER_WASI2_WASI_H
#define MOCKET_HOSTS_ADAPTER_WASI2_WASI_H

#include "../wasi/imports.h"

#define IO(name) WASI("io/streams", name)

HTTP("[method]incoming-request.consume") void wasi_request_consume(uint32_t self, union wasi_result *ret);
HTTP("[resource-drop]incoming-request") void wasi_request_drop(uint32_t self);
HTTP("[method]incoming-body.stream") void wasi_body_stream(uint32_t self, union wasi_result *ret);
HTTP("[resource-drop]incoming-body") void wasi_body_drop(uint32_t self);

HTTP("[constructor]outgoing-response") uint32_t wasi_response_new(uint32_t headers);
HTTP("[method]outgoing-response.set-status-code") uint32_t wasi_response_status(uint32_t self, uint32_t status);
HTTP("[method]outgoing-response.body") void wasi_response_body(uint32_t self, union wasi_result *ret);
/* result<outgoing-response, error-code>, flat: tag, handle or case, and the parts of an error code. */
HTTP("[static]response-outparam.set")
void wasi_outparam_set(uint32_t self, uint32_t tag, uint32_t response, uint32_t a, uint64_t b, uint32_t c, uint32_t d,
                       uint32_t e, uint32_t f);
HTTP("[method]outgoing-body.write") void wasi_out_stream(uint32_t self, union wasi_result *ret);
HTTP("[static]outgoing-body.finish")
void wasi_out_finish(uint32_t self, uint32_t has_trailers, uint32_t trailers, union wasi_result *ret);
HTTP("[resource-drop]outgoing-body") void wasi_out_drop(uint32_t self);

HTTP("[constructor]outgoing-request") uint32_t wasi_call_new(uint32_t headers);
HTTP("[method]outgoing-request.body") void wasi_call_body(uint32_t self, union wasi_result *ret);
HTTP("[resource-drop]outgoing-request") void wasi_call_drop(uint32_t self);
WASI("http/outgoing-handler", "handle")
void wasi_call_send(uint32_t request, uint32_t has_options, uint32_t options, union wasi_result *ret);
HTTP("[method]future-incoming-response.subscribe") uint32_t wasi_future_subscribe(uint32_t self);
/* option<result<result<handle, error-code>>>: u8 at 0, 8 and 16; u32 or u8 at 24. */
HTTP("[method]future-incoming-response.get") void wasi_future_get(uint32_t self, union wasi_result *ret);
HTTP("[resource-drop]future-incoming-response") void wasi_future_drop(uint32_t self);
HTTP("[method]incoming-response.status") uint32_t wasi_reply_status(uint32_t self);
HTTP("[method]incoming-response.headers") uint32_t wasi_reply_headers(uint32_t self);
HTTP("[method]incoming-response.consume") void wasi_reply_consume(uint32_t self, union wasi_result *ret);
HTTP("[resource-drop]incoming-response") void wasi_reply_drop(uint32_t self);

IO("[method]input-stream.read") void wasi_in_read(uint32_t self, uint64_t len, union wasi_result *ret);
IO("[method]input-stream.subscribe") uint32_t wasi_in_subscribe(uint32_t self);
IO("[resource-drop]input-stream") void wasi_in_drop(uint32_t self);
IO("[method]output-stream.check-write") void wasi_write_room(uint32_t self, union wasi_result *ret);
IO("[method]output-stream.write")
void wasi_write(uint32_t self, const void *bytes, size_t len, union wasi_result *ret);
IO("[method]output-stream.blocking-write-and-flush")
void wasi_write_now(uint32_t self, const void *bytes, size_t len, union wasi_result *ret);
IO("[method]output-stream.subscribe") uint32_t wasi_write_subscribe(uint32_t self);
IO("[resource-drop]output-stream") void wasi_write_drop(uint32_t self);
WASI("io/error", "[resource-drop]error") void wasi_error_drop(uint32_t self);

WASI("io/poll", "poll") void wasi_poll(const uint32_t *pollables, size_t count, struct wasi_list *ret);
WASI("io/poll", "[method]pollable.block") void wasi_pollable_block(uint32_t self);
WASI("io/poll", "[resource-drop]pollable") void wasi_pollable_drop(uint32_t self);
WASI("clocks/monotonic-clock", "subscribe-instant") uint32_t wasi_subscribe_instant(uint64_t ns);
WASI("cli/stdout", "get-stdout") uint32_t wasi_stdout(void);
WASI("cli/stderr", "get-stderr") uint32_t wasi_stderr(void);

#endif
