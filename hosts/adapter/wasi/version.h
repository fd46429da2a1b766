/* Functions that WASI 0.2 and 0.3 both have, with the same layouts, and with different names. The build of an adapter
 * chooses the version: WASI_MINOR. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_VERSION_H
#define MOCKET_HOSTS_ADAPTER_WASI_VERSION_H

#if WASI_MINOR == 2
#define WASI_VERSION "0.2.0"
#define WASI_WALL_CLOCK "clocks/wall-clock"
#define WASI_FIELDS_ALL "entries"
#define WASI_INCOMING(part) "[method]incoming-request." part
#define WASI_OUTGOING "outgoing-request"
#elif WASI_MINOR == 3
#define WASI_VERSION "0.3.0"
#define WASI_WALL_CLOCK "clocks/system-clock"
#define WASI_FIELDS_ALL "copy-all"
#define WASI_INCOMING(part) "[method]request.get-" part
#define WASI_OUTGOING "request"
#else
#error "WASI_MINOR must be 2 or 3"
#endif

#define WASI(module, name) __attribute__((import_module("wasi:" module "@" WASI_VERSION), import_name(name)))
#define HTTP(name) WASI("http/types", name)

#endif
