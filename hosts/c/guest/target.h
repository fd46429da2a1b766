/* The targets of `mocket bundle` that other hosts run, and the command that runs a file of each. */
#ifndef MOCKET_HOSTS_C_GUEST_TARGET_H
#define MOCKET_HOSTS_C_GUEST_TARGET_H

#include <mocket.h>

/* X(name, how to run a file of this target). */
#define GUEST_TARGETS(X)                                                                                               \
    X("wasi-http", "wasmtime serve FILE")                                                                              \
    X("wasi-http@0.3", "wasmtime serve FILE (Wasmtime 48 or later)")                                                   \
    X("wasi-server", "wasmtime run -S inherit-network,http FILE --listen 127.0.0.1:8080")                              \
    X("cgi", "a CGI server that starts `wasmtime run -S inherit-env FILE`")                                            \
    X("wcgi", "wasmer run . --net, in its folder")                                                                     \
    X("fastly", "viceroy -C fastly.toml bin/main.wasm, or fastly compute serve, in its folder")

/* How to run a file of the target; NULL for an unknown target. */
const char *guest_target_runs(mocket_span name);

#endif
