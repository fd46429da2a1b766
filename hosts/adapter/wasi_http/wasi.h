/* The functions of world.wit as the canonical ABI lowers them: handles are u32; what does not fit in one result is
 * written to `ret`. The layouts of such results:
 *
 *     result<list<u8>, stream-error>   u8 tag; list (u32, u32) at 4, or u8 case at 4 and handle of the error at 8
 *     result<u64, stream-error>        u8 tag; u64 at 8, or case at 8 and handle at 12
 *     result<handle>, option<string>   u8 tag; u32 at 4 (and at 8)
 *     result<handle, error-code>       u8 tag; u32 at 8, or u8 case at 8                                            */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_HTTP_WASI_H
#define MOCKET_HOSTS_ADAPTER_WASI_HTTP_WASI_H

#include <stddef.h>
#include <stdint.h>

#define WASI(module, name) __attribute__((import_module("wasi:" module "@0.2.0"), import_name(name)))
#define HTTP(name) WASI("http/types", name)
#define IO(name) WASI("io/streams", name)

/* Room for any result: 48 bytes, 8-aligned. */
union wasi_result {
    uint8_t bytes[48];
    uint32_t words[12];
    uint64_t longs[6];
};

/* A list or a string. */
struct wasi_list {
    const char *ptr;
    size_t len;
};

HTTP("[static]fields.from-list") void wasi_fields_from_list(const void *rows, size_t count, union wasi_result *ret);
HTTP("[constructor]fields") uint32_t wasi_fields_new(void);
HTTP("[method]fields.append")
void wasi_fields_append(uint32_t self, const char *name, size_t name_len, const char *value, size_t value_len,
                        union wasi_result *ret);
HTTP("[method]fields.get")
void wasi_fields_get(uint32_t self, const char *name, size_t len, struct wasi_list *ret);
HTTP("[method]fields.entries") void wasi_fields_entries(uint32_t self, struct wasi_list *ret);
HTTP("[resource-drop]fields") void wasi_fields_drop(uint32_t self);

HTTP("[method]incoming-request.method") void wasi_request_method(uint32_t self, union wasi_result *ret);
HTTP("[method]incoming-request.path-with-query") void wasi_request_path(uint32_t self, union wasi_result *ret);
HTTP("[method]incoming-request.scheme") void wasi_request_scheme(uint32_t self, union wasi_result *ret);
HTTP("[method]incoming-request.authority") void wasi_request_authority(uint32_t self, union wasi_result *ret);
HTTP("[method]incoming-request.headers") uint32_t wasi_request_headers(uint32_t self);
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
HTTP("[method]outgoing-request.set-method")
uint32_t wasi_call_method(uint32_t self, uint32_t which, const char *text, size_t len);
HTTP("[method]outgoing-request.set-path-with-query")
uint32_t wasi_call_path(uint32_t self, uint32_t is_there, const char *text, size_t len);
HTTP("[method]outgoing-request.set-scheme")
uint32_t wasi_call_scheme(uint32_t self, uint32_t is_there, uint32_t which, const char *text, size_t len);
HTTP("[method]outgoing-request.set-authority")
uint32_t wasi_call_authority(uint32_t self, uint32_t is_there, const char *text, size_t len);
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
WASI("clocks/monotonic-clock", "now") uint64_t wasi_monotonic_now(void);
WASI("clocks/monotonic-clock", "subscribe-instant") uint32_t wasi_subscribe_instant(uint64_t ns);
WASI("clocks/wall-clock", "now") void wasi_wall_now(union wasi_result *ret); /* u64 seconds, u32 nanoseconds */
WASI("random/random", "get-random-bytes") void wasi_random_bytes(uint64_t len, struct wasi_list *ret);
WASI("cli/stdout", "get-stdout") uint32_t wasi_stdout(void);
WASI("cli/stderr", "get-stderr") uint32_t wasi_stderr(void);
WASI("cli/environment", "get-environment") void wasi_environment(struct wasi_list *ret);
WASI("cli/environment", "get-arguments") void wasi_arguments(struct wasi_list *ret);

#endif
