/* Between mocket_compress, which checks its options everywhere, and the file that compresses: compress_zlib.c natively,
 * compress_absent.c in a guest. */
#ifndef MOCKET_MIDDLEWARE_COMPRESS_H
#define MOCKET_MIDDLEWARE_COMPRESS_H

#include <mocket.h>

/* Adds the middleware. The options are complete, and live as long as the app. */
void mocket__compress_use(mocket_app *app, const char *scope, struct mocket_compress_opts *opts);

#endif
