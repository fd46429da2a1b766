/* Outgoing requests without a network: there are none. In a program that has another backend too that one defines
 * these, and tells an event of the test client by its surroundings (struct mocket_env). */
#include "../core/backend.h"

struct mocket_call {
    char unused;
};

mocket_call *mocket_fetch_start(mocket_event *e, const char *method, const char *url,
                                const struct mocket_fetch_opts *opts)
{
    static const struct mocket_call none = { 0 };
    (void)e, (void)method, (void)url, (void)opts;
    return (mocket_call *)&none;
}

int mocket_wait(mocket_event *e, mocket_call *call, mocket_reply **out)
{
    (void)e, (void)call;
    *out = NULL;
    return MOCKET_ENOTSUP;
}

/* None of them would be waited for. */
int mocket_wait_any(mocket_event *e, mocket_call *const *calls, size_t count, int64_t timeout_ms)
{
    (void)e, (void)timeout_ms;
    for (size_t i = 0; i < count; i++)
        if (calls[i])
            return (int)i;
    return MOCKET_EINVAL;
}

void mocket_cancel(mocket_call *call)
{
    (void)call;
}
