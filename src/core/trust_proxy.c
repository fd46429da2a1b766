/* Proxies that the app trusts. A file of its own: it brings the grammar of addresses, and with it stdio, which a guest
 * without proxies does not link. */
#include "../base/span.h"
#include "app.h"

void mocket_trust_proxy(mocket_app *app, const char *networks)
{
    if (!mocket__app_open_for(app, "mocket_trust_proxy"))
        return;
    struct mocket_root *root = app->root;
    int rc = networks ? mocket__networks_add(&root->trusted, &root->arena, mocket__span(networks)) : MOCKET_EINVAL;
    if (rc == MOCKET_ENOMEM)
        mocket__app_problem(app, "out of memory", "");
    else if (rc < 0)
        mocket__app_problem(app, "mocket_trust_proxy: not a list of networks: ", networks ? networks : "NULL");
}
