/* Runs the chain. Each running handler has a frame on its caller's stack, which stores whether the handler has called
 * mocket_next. This is the only state, and lets a second call be refused (M-07). */
#include "chain.h"

#include "../base/check.h"
#include "../base/span.h"

static int run_handler(mocket_event *e, const struct mocket_chain *chain)
{
    int rc = chain->handler(e);
    if (rc != 0 || e->res->kind != MOCKET_BODY_NONE)
        return rc;
    const char *method = mocket_method(e), *path = mocket_path(e);
    mocket__event_log(e, MOCKET_LOG_ERROR, "the handler of ", e->route_text, " answered nothing: ", method, " ", path,
                      NULL);
    return 500;
}

static int run_step(mocket_event *e, size_t step)
{
    const struct mocket_chain *chain = e->chain;
    bool innermost = step == chain->middlewares.count;
    struct mocket_frame frame = { .step = step, .data = innermost ? chain->data : chain->middlewares.rows[step]->data };
    struct mocket_frame *caller = e->frame;
    e->frame = &frame;
    MOCKET_CHECK(step <= chain->middlewares.count);
    int rc = innermost ? run_handler(e, chain) : chain->middlewares.rows[step]->fn(e);
    MOCKET_CHECK(e->frame == &frame && e->chain == chain); /* inner ones have taken theirs away */
    e->frame = caller;
    return rc;
}

int mocket__execute_middlewares(mocket_event *e, struct mocket_chain *chain)
{
    MOCKET_CHECK(!e->chain && !e->frame);
    e->chain = chain;
    return run_step(e, 0);
}

int mocket_next(mocket_event *e)
{
    struct mocket_frame *frame = e->frame;
    if (!frame || frame->next_called || frame->step >= e->chain->middlewares.count)
        return MOCKET_ESTATE;
    frame->next_called = true;
    return run_step(e, frame->step + 1);
}

void *mocket_data(const mocket_event *e)
{
    return e->frame ? e->frame->data : NULL;
}
