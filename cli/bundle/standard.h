/* Targets of `mocket bundle` that standard hosts run: components, and modules merged with an adapter. A target is a row
 * of BUNDLE_STANDARD_TARGETS and a function in a file of its own, bundle_make_NAME, which makes the files of the
 * bundle. */
#ifndef MOCKET_CLI_BUNDLE_STANDARD_H
#define MOCKET_CLI_BUNDLE_STANDARD_H

#include "../../hosts/c/guest/app.h"
#include "files.h"
#include "manifest.h"

/* X(name, function, title, what -o names: FILE or FOLDER) */
#define BUNDLE_STANDARD_TARGETS(X)                                                                                     \
    X("wasi-http", wasi_http, "wasi:http", FILE)                                                                       \
    X("cgi", cgi, "CGI servers", FILE)                                                                                 \
    X("wcgi", wcgi, "Wasmer, as WCGI", FOLDER)                                                                         \
    X("fastly", fastly, "Fastly Compute", FOLDER)

/* An app that was read and is to be bundled. */
struct bundle_app {
    const char *verb;
    const char *path; /* of app.wasm, for messages */
    mocket_span bytes;
    const char *hash;
    struct guest_app facts;
    const char *target; /* name of the target */
    const char *name;   /* of the package */
    const char *out;
    bool force;
    /* Options of component targets: */
    bool environment;
    int64_t manifest; /* a row of BUNDLE_MANIFESTS; below 0: none */
    struct bundle_metadata metadata;
};

/* Appends the files of the bundle. The first one is the one that -o names, if that is a file. Returns 0, or an exit
 * code after the error was printed. */
#define BUNDLE_STANDARD_FUNCTION(name, function, ...)                                                                  \
    int bundle_make_##function(const struct bundle_app *app, struct bundle_files *files);
BUNDLE_STANDARD_TARGETS(BUNDLE_STANDARD_FUNCTION)
#undef BUNDLE_STANDARD_FUNCTION

/* Makes the bundle of the target with this number, writes it, and prints what to do with it. 0 or an exit code. */
int bundle_standard(const struct bundle_app *app, size_t which);

/* Does the app import this function, of whatever module? */
bool bundle_imports(const struct bundle_app *app, const char *name);
/* "mocket bundle: warning: ...": a feature of the app that the target cannot carry, and the targets that have it. */
void bundle_warn(const struct bundle_app *app, const char *feature, const char *instead);
/* A new file of the bundle, or NULL after the error was printed. */
struct bundle_file *bundle_new_file(const struct bundle_app *app, struct bundle_files *files, const char *name);

#endif
