/* Targets of `mocket bundle` that standard hosts run: components, and modules merged with an adapter. A target is a row
 * of BUNDLE_STANDARD_TARGETS and a function in a file of its own, bundle_make_NAME, which makes the files of the
 * bundle. */
#ifndef MOCKET_CLI_BUNDLE_STANDARD_H
#define MOCKET_CLI_BUNDLE_STANDARD_H

#include "app.h"

/* X(name, function, title, what -o names: FILE or FOLDER) */
#define BUNDLE_STANDARD_TARGETS(X)                                                                                     \
    X("wasi-http", wasi_http, "wasi:http", FILE)                                                                       \
    X("wasi-http@0.3", wasi_http3, "wasi:http 0.3", FILE)                                                              \
    X("wasi-server", wasi_server, "`wasmtime run`, as its own server", FILE)                                           \
    X("cgi", cgi, "CGI servers", FILE)                                                                                 \
    X("wcgi", wcgi, "Wasmer, as WCGI", FOLDER)                                                                         \
    X("fastly", fastly, "Fastly Compute", FOLDER)

/* Appends the files of the bundle. If -o names a file, it is the first of them. Returns 0, or an exit code after the
 * error was printed. */
#define BUNDLE_STANDARD_FUNCTION(name, function, ...)                                                                  \
    int bundle_make_##function(const struct bundle_app *app, struct bundle_files *files);
BUNDLE_STANDARD_TARGETS(BUNDLE_STANDARD_FUNCTION)
#undef BUNDLE_STANDARD_FUNCTION

/* Makes the bundle of the target with this number, writes it, and prints what to do with it. 0 or an exit code. */
int bundle_standard(const struct bundle_app *app, size_t which);

#endif
