/* The start of adapter and app. The pointer to the adapter is static, because imports of the app have no argument for
 * it. There is exactly one adapter in a module. */
#include "adapter.h"

#include "../../../src/base/memory.h"
#include "../../../src/base/span.h"
#include "app.h"
#include "log.h"
#include "operation.h"

#define MAX_BODY (INT64_C(1) << 20)

static struct adapter *here;

/* LOADING; NULL: no memory. */
static struct adapter *make(void)
{
    struct adapter *a = mocket__realloc(NULL, sizeof *a);
    if (!a)
        return NULL;
    memset(a, 0, offsetof(struct adapter, log_room)); /* the last member needs no zeroes */
    a->ended_end = &a->ended;
    a->declared.max_body = MAX_BODY;
    a->traits = app_traits();
    a->running = "the start section";
    return a;
}

struct adapter *adapter_here(void)
{
    if (!here && !(here = make()))
        __builtin_trap();
    return here;
}

struct adapter *adapter_open(void)
{
    struct adapter *a = here ? here : (here = make());
    if (!a || a->state != ADAPTER_LOADING)
        return a;
    app_start_section();
    a->state = ADAPTER_STARTING;
    a->running = "_initialize";
    app_initialize();
    a->running = "mocket_start";
    app_start();
    app_command();
    adapter_log_flush(a);
    adapter_owner_release(a, &a->owner);
    a->running = "";
    a->state = a->declared.listening ? ADAPTER_IDLE : ADAPTER_BROKEN;
    if (!a->declared.listening)
        adapter_log(MOCKET_LOG_ERROR, MOCKET_SPAN("the app's start returned without `listen`: main must end in "
                                                  "mocket_listen"));
    return a;
}
