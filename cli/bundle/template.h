/* The texts of hosts/js/bundles, with a few words replaced. Most are valid files of their language as they stand:
 *
 *     {{name}} {{hash}} {{version}}   the package's name, the SHA-256 of app.wasm, Mocket's version
 *     ... //? sockets                 the line is kept only if the app has sockets, and loses the mark; `!sockets`: has
 *     ... #? sockets                  none. Facts: sockets, waits, fetches
 *     ... <!--? sockets -->
 *     ... {{module}} ... #* modules   the line stands once for each ES module below mocket/ */
#ifndef MOCKET_CLI_BUNDLE_TEMPLATE_H
#define MOCKET_CLI_BUNDLE_TEMPLATE_H

#include "files.h"

struct bundle_words {
    const char *name, *hash;
    bool sockets, waits, fetches;
    const struct bundle_files *modules; /* NULL: none yet */
};

/* Appends the text to out. 0, or MOCKET_EINVAL when the template names a word or a fact that does not exist: *wrong. */
int bundle_expand(mocket_span template, const struct bundle_words *words, struct mocket_buf *out, mocket_span *wrong);

#endif
