/* Manifests of platforms that run components, written beside the component (--manifest). */
#ifndef MOCKET_CLI_BUNDLE_MANIFEST_H
#define MOCKET_CLI_BUNDLE_MANIFEST_H

#include "../../src/base/buf.h"
#include "metadata.h"

/* X(name, file, how to use it) */
#define BUNDLE_MANIFESTS(X)                                                                                            \
    X("spin", "spin.toml", "spin up")                                                                                  \
    X("wasmcloud", "wasmcloud.yaml", "kubectl apply -f wasmcloud.yaml, when the component is at its `image`")

extern const char *const bundle_manifest_names[];

struct bundle_manifest {
    const char *name;      /* of the app */
    const char *component; /* file name, in the manifest's folder */
    const struct bundle_metadata *metadata;
    bool fetches; /* the app sends requests */
};

/* The file and the command of a manifest, by its number. */
const char *bundle_manifest_file(int64_t which);
const char *bundle_manifest_use(int64_t which);
/* Appends the text. */
void bundle_manifest_write(int64_t which, const struct bundle_manifest *manifest, struct mocket_buf *out);

#endif
