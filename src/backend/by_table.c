/* The functions of src/core/backend.h for backends whose workers can always wait, stream and publish. They call the
 * tables of the backend, so nothing depends on the linker. */
#include "../core/backend.h"

void mocket_stop(mocket_app *app)
{
    struct mocket_backend *backend = app && app->root ? __atomic_load_n(&app->root->backend, __ATOMIC_ACQUIRE) : NULL;
    if (backend)
        backend->stop(backend);
}

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

void mocket__request_complete(struct mocket_request *req)
{
    req->message.flags &= ~(unsigned)MOCKET_MESSAGE_ON_DEMAND; /* never set: these backends leave nothing out */
}

void mocket__ws_prepare(void)
{
}

int mocket__publish(mocket_app *app, mocket_span topic, int kind, mocket_span data)
{
    struct mocket_backend *backend = __atomic_load_n(&app->root->backend, __ATOMIC_ACQUIRE);
    return backend && backend->publish ? backend->publish(backend, topic, kind, data) : MOCKET_ENOTSUP;
}
