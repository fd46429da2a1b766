/* The app beside the adapter: its exports and its memory. An adapter for components has a memory of its own, and its
 * copies are calls (own_memory.S). An adapter that is merged into the app's module shares the app's memory
 * (shared_memory.c). The tool that joins the two resolves the imports of the module `app`: an optional export that
 * the app lacks becomes a function that does nothing. */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_APP_H
#define MOCKET_HOSTS_ADAPTER_CORE_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APP_EXPORT(name) __attribute__((import_module("app"), import_name(#name)))

/* The function of the app's start section (src/wasm/start.h). It does nothing in a merged module, whose
 * section the engine has run. */
__attribute__((import_module("app"), import_name("mocket:start-section"))) void app_start_section(void);
APP_EXPORT(_initialize) void app_initialize(void);
APP_EXPORT(mocket_start) void app_start(void);
APP_EXPORT(_start) void app_command(void); /* only in an app without mocket_start; else does nothing */
APP_EXPORT(mocket_alloc) uint32_t app_alloc(uint32_t len);
APP_EXPORT(mocket_handle) void app_handle(int32_t req, uint32_t message, uint32_t len);
APP_EXPORT(mocket_done) void app_done(int32_t op, int32_t result);
APP_EXPORT(mocket_gone) void app_left(int32_t req);
/* Not an export of the app: facts about it, which the tool that joins the two knows. enum app_trait. */
APP_EXPORT(traits) uint32_t app_traits(void);

enum app_trait {
    APP_DIRECT = 1 << 0, /* imports await or await_any */
    APP_FIELDS = 1 << 1, /* imports fields */
    APP_DONE = 1 << 2,   /* exports mocket_done */
    APP_GONE = 1 << 3    /* exports mocket_gone */
};

/* Is the range inside the app's memory? A range of length 0 always is. */
bool app_fits(uint32_t at, size_t len);
/* Copy between the two memories. The range was checked. */
void app_load(void *to, uint32_t at, size_t len);
void app_store(uint32_t at, const void *from, size_t len);

#endif
