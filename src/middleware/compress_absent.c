/* A guest has no zlib, and needs none: its bytes stay in the machine until the host, or the proxy in front of it, sends
 * them. */
#include "compress.h"

void mocket__compress_use(mocket_app *app, const char *scope, struct mocket_compress_opts *opts)
{
    (void)app, (void)scope, (void)opts;
}
