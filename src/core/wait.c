/* Waiting, for backends whose worker can always wait. A guest defines these itself: there a call that waits is an
 * import that changes how the host calls the module (docs/abi.md, section 2), so only apps that wait may link it. */
#include "event.h"

int mocket_sleep(mocket_event *e, uint32_t ms)
{
    struct mocket_env *env = e->req->env;
    return env->sleep ? env->sleep(env, e, ms) : MOCKET_ENOTSUP;
}

void mocket__stream_prepare(struct mocket_response *res)
{
    (void)res;
}

void mocket__body_prepare(struct mocket_request *req)
{
    (void)req;
}
