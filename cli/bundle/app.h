/* The app of a bundle for a standard host, and what each of these targets asks of it. */
#ifndef MOCKET_CLI_BUNDLE_APP_H
#define MOCKET_CLI_BUNDLE_APP_H

#include "../../hosts/c/guest/app.h"
#include "files.h"
#include "manifest.h"

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

/* Does the app import this function, of whatever module? */
bool bundle_imports(const struct bundle_app *app, const char *name);
/* "mocket bundle: warning: ...": a feature of the app that the target cannot carry, and the targets that have it. */
void bundle_warn(const struct bundle_app *app, const char *feature, const char *instead);
/* A new file of the bundle, or NULL after the error was printed. */
struct bundle_file *bundle_new_file(const struct bundle_app *app, struct bundle_files *files, const char *name);

#endif
