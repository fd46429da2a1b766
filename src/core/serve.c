/* Upstream's name for listening on every address; the same for every backend. */
#include "../base/span.h"

int mocket_serve(mocket_app *app, int port)
{
    char address[24] = ":-"; /* a port that is none is for mocket_listen to refuse, in words */
    char *digits = address + (port < 0 ? 2 : 1);
    *mocket__decimal(digits, port < 0 ? -(uint64_t)port : (uint64_t)port) = '\0';
    return mocket_listen(app, address);
}
