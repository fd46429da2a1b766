/* What a registry shows of a component: custom sections of the component, where wasm-tools and `wkg oci push` look for
 * them and make annotations org.opencontainers.image.* of them. */
#ifndef MOCKET_CLI_BUNDLE_METADATA_H
#define MOCKET_CLI_BUNDLE_METADATA_H

#include "../../src/base/buf.h"

/* X(member, option, section, value, help): all are texts in UTF-8; NULL: not given. */
#define BUNDLE_METADATA(X)                                                                                             \
    X(version, "app-version", "version", "VERSION", "version of the app, as in 1.2.0")                                 \
    X(description, "description", "description", "TEXT", "one sentence about the app")                                 \
    X(licenses, "licenses", "licenses", "SPDX", "licence of the app as an SPDX expression, as in MIT")                 \
    X(source, "source", "source", "URL", "where the app's source is")                                                  \
    X(homepage, "homepage", "homepage", "URL", "page of the app")

struct bundle_metadata {
    const char *title; /* of the component; never NULL */
#define BUNDLE_METADATA_MEMBER(member, ...) const char *member;
    BUNDLE_METADATA(BUNDLE_METADATA_MEMBER)
#undef BUNDLE_METADATA_MEMBER
};

/* Appends the sections. */
void bundle_metadata_write(const struct bundle_metadata *metadata, struct mocket_buf *out);

#endif
