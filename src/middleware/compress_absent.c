/* A guest has no zlib and does not need it: the host, or the proxy in front of the host, compresses. */
#include "compress.h"

void mocket__compress_use(mocket_app *app, const char *scope, struct mocket_compress_opts *opts)
{
    (void)app, (void)scope, (void)opts;
}
