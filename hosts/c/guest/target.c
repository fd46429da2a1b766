/* A table, and the search in it. */
#include "target.h"

#include "../../../src/base/span.h"

static const struct {
    const char *name, *runs;
} targets[] = {
#define GUEST_TARGET_ROW(name, runs) { name, runs },
    GUEST_TARGETS(GUEST_TARGET_ROW)
#undef GUEST_TARGET_ROW
};

const char *guest_target_runs(mocket_span name)
{
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (mocket__span_eq(name, mocket__span(targets[i].name)))
            return targets[i].runs;
    return NULL;
}
