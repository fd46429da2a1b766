/* mocket_fetch for backends without a network: it is not supported. In a program that has the test client and another
 * backend, the other backend defines these functions, and recognises an event of the test client by its struct
 * mocket_env. */
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

/* No call can be waiting. */
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
