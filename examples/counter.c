/* What becomes of a static: each answer tells how many requests this variable has seen. docs/state.md runs it. */
#include <mocket.h>
#include <stdlib.h>

static int requests; /* natively: of the process. In wasm: of an instance */

/* One for each worker, or instance: handlers of others never touch it. */
struct worker {
    int requests;
};

static void *worker_new(void *data)
{
    (void)data;
    return calloc(1, sizeof(struct worker));
}

static int tell(mocket_event *e)
{
    struct worker *worker = mocket_worker(e);
    if (!worker)
        return MOCKET_ENOMEM;
    worker->requests++;
    int all = __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED); /* natively workers are threads */
    return mocket_textf(e, "static %d, worker %d\n", all, worker->requests);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_set(app, MOCKET_REUSE, MOCKET_REUSE_CONCURRENT); /* it never waits; the operator may want less */
    mocket_on_worker(app, worker_new, free, NULL);
    mocket_get(app, "/", tell);
    return mocket_listen(app, ":4000");
}
