/* What the host provides (docs/abi.md, section 2), as C functions: only those that the guest library uses. */
#ifndef MOCKET_GUEST_IMPORTS_H
#define MOCKET_GUEST_IMPORTS_H

#include <stdint.h>

#define MOCKET_IMPORT(name) __attribute__((import_module("mocket"), import_name(#name)))

MOCKET_IMPORT(option) int32_t mocket__import_option(int32_t key, int64_t value);
MOCKET_IMPORT(listen)
int32_t mocket__import_listen(uint32_t version, uint32_t flags, const char *address, uint32_t address_len);
MOCKET_IMPORT(respond)
int32_t mocket__import_respond(int32_t req, const void *head, uint32_t head_len, const void *body, uint32_t body_len);
MOCKET_IMPORT(respond_begin) int32_t mocket__import_respond_begin(int32_t req, const void *head, uint32_t head_len);
MOCKET_IMPORT(body_read) int32_t mocket__import_body_read(int32_t source, void *ptr, uint32_t cap);
MOCKET_IMPORT(body_write) int32_t mocket__import_body_write(int32_t sink, const void *ptr, uint32_t len);
MOCKET_IMPORT(body_end) int32_t mocket__import_body_end(int32_t sink);
MOCKET_IMPORT(ready) int32_t mocket__import_ready(int32_t handle, int32_t dir);
MOCKET_IMPORT(sleep) int32_t mocket__import_sleep(int32_t owner, uint32_t ms);
MOCKET_IMPORT(await) int32_t mocket__import_await(int32_t op);
MOCKET_IMPORT(await_any) int32_t mocket__import_await_any(const int32_t *ops, uint32_t count);
MOCKET_IMPORT(drop) void mocket__import_drop(int32_t handle);
MOCKET_IMPORT(fetch)
int32_t mocket__import_fetch(int32_t owner, const void *head, uint32_t head_len, const void *body, uint32_t body_len);
MOCKET_IMPORT(fetch_wait) int32_t mocket__import_fetch_wait(int32_t out);
MOCKET_IMPORT(fetch_head) int32_t mocket__import_fetch_head(int32_t res, void *ptr, uint32_t cap);
MOCKET_IMPORT(ws_accept) int32_t mocket__import_ws_accept(int32_t req, const void *head, uint32_t head_len);
MOCKET_IMPORT(ws_send) int32_t mocket__import_ws_send(int32_t ws, int32_t kind, const void *ptr, uint32_t len);
MOCKET_IMPORT(ws_close)
int32_t mocket__import_ws_close(int32_t ws, int32_t code, const void *reason, uint32_t reason_len);
MOCKET_IMPORT(ws_subscribe) int32_t mocket__import_ws_subscribe(int32_t ws, const char *topic, uint32_t topic_len);
MOCKET_IMPORT(ws_unsubscribe) int32_t mocket__import_ws_unsubscribe(int32_t ws, const char *topic, uint32_t topic_len);
MOCKET_IMPORT(publish)
int32_t mocket__import_publish(const char *topic, uint32_t topic_len, int32_t kind, const void *ptr, uint32_t len);
MOCKET_IMPORT(log) void mocket__import_log(int32_t level, const char *text, uint32_t text_len);
MOCKET_IMPORT(now) int64_t mocket__import_now(int32_t clock);
MOCKET_IMPORT(random) void mocket__import_random(void *buf, uint32_t len);

#endif
