/* Functions of WASI that 0.2 and 0.3 have in common, as the canonical ABI lowers them: handles are u32; what does not
 * fit in one result is written to `ret`. The layouts of such results:
 *
 *     result<fields, header-error>                 u8 tag; u32 at 4
 *     option<string>, variant with a string        u8 tag; (u32, u32) at 4
 *     the time of the wall clock                   u64 seconds; u32 nanoseconds at 8                                 */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_IMPORTS_H
#define MOCKET_HOSTS_ADAPTER_WASI_IMPORTS_H

#include "result.h"
#include "version.h"

HTTP("[static]fields.from-list") void wasi_fields_from_list(const void *rows, size_t count, union wasi_result *ret);
HTTP("[constructor]fields") uint32_t wasi_fields_new(void);
HTTP("[method]fields.append")
void wasi_fields_append(uint32_t self, const char *name, size_t name_len, const char *value, size_t value_len,
                        union wasi_result *ret);
HTTP("[method]fields.get")
void wasi_fields_get(uint32_t self, const char *name, size_t len, struct wasi_list *ret);
HTTP("[method]fields." WASI_FIELDS_ALL) void wasi_fields_all(uint32_t self, struct wasi_list *ret);
HTTP("[resource-drop]fields") void wasi_fields_drop(uint32_t self);

HTTP(WASI_INCOMING("method")) void wasi_request_method(uint32_t self, union wasi_result *ret);
HTTP(WASI_INCOMING("path-with-query")) void wasi_request_path(uint32_t self, union wasi_result *ret);
HTTP(WASI_INCOMING("scheme")) void wasi_request_scheme(uint32_t self, union wasi_result *ret);
HTTP(WASI_INCOMING("authority")) void wasi_request_authority(uint32_t self, union wasi_result *ret);
HTTP(WASI_INCOMING("headers")) uint32_t wasi_request_headers(uint32_t self);

HTTP("[method]" WASI_OUTGOING ".set-method")
uint32_t wasi_outgoing_method(uint32_t self, uint32_t which, const char *text, size_t len);
HTTP("[method]" WASI_OUTGOING ".set-path-with-query")
uint32_t wasi_outgoing_path(uint32_t self, uint32_t is_there, const char *text, size_t len);
HTTP("[method]" WASI_OUTGOING ".set-scheme")
uint32_t wasi_outgoing_scheme(uint32_t self, uint32_t is_there, uint32_t which, const char *text, size_t len);
HTTP("[method]" WASI_OUTGOING ".set-authority")
uint32_t wasi_outgoing_authority(uint32_t self, uint32_t is_there, const char *text, size_t len);

WASI("clocks/monotonic-clock", "now") uint64_t wasi_monotonic_now(void);
WASI(WASI_WALL_CLOCK, "now") void wasi_wall_now(union wasi_result *ret);
WASI("random/random", "get-random-bytes") void wasi_random_bytes(uint64_t len, struct wasi_list *ret);
WASI("cli/environment", "get-environment") void wasi_environment(struct wasi_list *ret);
WASI("cli/environment", "get-arguments") void wasi_arguments(struct wasi_list *ret);

#endif
