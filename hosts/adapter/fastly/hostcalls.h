/* Hostcalls of Fastly Compute for core modules, as far as the adapter makes them. Each returns a status; results go to
 * pointers. Names and types are those of Fastly's witx files (the crate viceroy-lib has them). */
#ifndef MOCKET_HOSTS_ADAPTER_FASTLY_HOSTCALLS_H
#define MOCKET_HOSTS_ADAPTER_FASTLY_HOSTCALLS_H

#include <stddef.h>
#include <stdint.h>

enum fastly_status { FASTLY_OK = 0, FASTLY_BUFLEN = 4, FASTLY_UNSUPPORTED = 5, FASTLY_NONE = 10, FASTLY_LIMIT = 13 };

#define FASTLY_INVALID UINT32_MAX /* no handle; no index */
#define FASTLY_ABI 1              /* for init */

enum { FASTLY_BACK = 0 };           /* end of a body to write at */
enum { FASTLY_MANUAL_FRAMING = 1 }; /* Content-Length is that of the fields */
enum { FASTLY_PASS = 1 };           /* cache override: do not cache */
enum { FASTLY_HTTP10 = 1, FASTLY_HTTP11, FASTLY_H2, FASTLY_H3 };

/* Options of a dynamic backend, as bits of the mask. */
enum {
    FASTLY_HOST_OVERRIDE = 1 << 1,
    FASTLY_CONNECT_TIMEOUT = 1 << 2,
    FASTLY_FIRST_BYTE_TIMEOUT = 1 << 3,
    FASTLY_BETWEEN_BYTES_TIMEOUT = 1 << 4,
    FASTLY_USE_SSL = 1 << 5,
    FASTLY_CERT_HOSTNAME = 1 << 8,
    FASTLY_SNI_HOSTNAME = 1 << 11
};
struct fastly_text {
    const char *ptr;
    uint32_t len;
};
struct fastly_backend {
    struct fastly_text host;
    uint32_t connect_ms, first_byte_ms, between_bytes_ms;
    uint32_t tls_min, tls_max;
    struct fastly_text cert_host, ca, ciphers, sni_host, client_cert;
    uint32_t client_key, keepalive_ms, tcp_keepalive, tcp_interval, tcp_probes, tcp_time;
    uint32_t max_connections, max_use, max_lifetime_ms;
    const void *health;
};
struct fastly_next_request {
    uint64_t timeout_ms;
};

#define HOSTCALL(module, name) __attribute__((import_module("fastly_" #module), import_name(#name))) int

HOSTCALL(abi, init) fastly_init(uint64_t version);

HOSTCALL(http_body, new) fastly_body_new(uint32_t *body);
HOSTCALL(http_body, read) fastly_body_read(uint32_t body, void *to, size_t cap, size_t *done);
HOSTCALL(http_body, write) fastly_body_write(uint32_t body, const void *from, size_t len, int end, size_t *done);
HOSTCALL(http_body, close) fastly_body_close(uint32_t body);
HOSTCALL(http_body, abandon) fastly_body_abandon(uint32_t body);
HOSTCALL(http_body, known_length) fastly_body_len(uint32_t body, uint64_t *len);

HOSTCALL(async_io, is_ready) fastly_is_ready(uint32_t item, uint32_t *ready);
HOSTCALL(async_io, select) fastly_select(const uint32_t *items, size_t count, uint32_t timeout_ms, uint32_t *index);

HOSTCALL(http_req, body_downstream_get) fastly_downstream_get(uint32_t *request, uint32_t *body);
HOSTCALL(http_req, method_get) fastly_method_get(uint32_t request, char *to, size_t cap, size_t *done);
HOSTCALL(http_req, uri_get) fastly_uri_get(uint32_t request, char *to, size_t cap, size_t *done);
HOSTCALL(http_req, version_get) fastly_version_get(uint32_t request, uint32_t *version);
HOSTCALL(http_req, header_names_get)
fastly_request_names(uint32_t request, char *to, size_t cap, uint32_t cursor, int64_t *next, size_t *done);
HOSTCALL(http_req, header_values_get)
fastly_request_values(uint32_t request, const char *name, size_t name_len, char *to, size_t cap, uint32_t cursor,
                      int64_t *next, size_t *done);
HOSTCALL(http_downstream, downstream_client_ip_addr)
fastly_client_address(uint32_t request, unsigned char *octets, size_t *done);
HOSTCALL(http_downstream, next_request)
fastly_next(uint32_t mask, const struct fastly_next_request *options, uint32_t *promise);
HOSTCALL(http_downstream, next_request_wait) fastly_next_wait(uint32_t promise, uint32_t *request, uint32_t *body);

HOSTCALL(http_resp, new) fastly_response_new(uint32_t *response);
HOSTCALL(http_resp, status_set) fastly_status_set(uint32_t response, uint32_t status);
HOSTCALL(http_resp, header_append)
fastly_response_append(uint32_t response, const char *name, size_t name_len, const char *value, size_t value_len);
HOSTCALL(http_resp, framing_headers_mode_set) fastly_response_framing(uint32_t response, int mode);
HOSTCALL(http_resp, send_downstream) fastly_send(uint32_t response, uint32_t body, uint32_t streaming);
HOSTCALL(http_resp, status_get) fastly_status_get(uint32_t response, uint16_t *status);
HOSTCALL(http_resp, header_names_get)
fastly_response_names(uint32_t response, char *to, size_t cap, uint32_t cursor, int64_t *next, size_t *done);
HOSTCALL(http_resp, header_values_get)
fastly_response_values(uint32_t response, const char *name, size_t name_len, char *to, size_t cap, uint32_t cursor,
                       int64_t *next, size_t *done);
HOSTCALL(http_resp, close) fastly_response_close(uint32_t response);

HOSTCALL(http_req, new) fastly_request_new(uint32_t *request);
HOSTCALL(http_req, method_set) fastly_method_set(uint32_t request, const char *text, size_t len);
HOSTCALL(http_req, uri_set) fastly_uri_set(uint32_t request, const char *text, size_t len);
HOSTCALL(http_req, header_append)
fastly_request_append(uint32_t request, const char *name, size_t name_len, const char *value, size_t value_len);
HOSTCALL(http_req, framing_headers_mode_set) fastly_request_framing(uint32_t request, int mode);
HOSTCALL(http_req, cache_override_set) fastly_cache_set(uint32_t request, uint32_t tag, uint32_t ttl, uint32_t stale);
HOSTCALL(http_req, register_dynamic_backend)
fastly_backend_add(const char *name, size_t name_len, const char *target, size_t target_len, uint32_t mask,
                   const struct fastly_backend *options);
HOSTCALL(http_req, send_async)
fastly_send_async(uint32_t request, uint32_t body, const char *backend, size_t backend_len, uint32_t *pending);
HOSTCALL(http_req, send_async_streaming)
fastly_send_streaming(uint32_t request, uint32_t body, const char *backend, size_t backend_len, uint32_t *pending);
HOSTCALL(http_req, pending_req_poll)
fastly_pending_poll(uint32_t pending, uint32_t *done, uint32_t *response, uint32_t *body);
HOSTCALL(http_req, close) fastly_request_close(uint32_t request);

#endif
