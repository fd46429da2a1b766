/* The call runs in slices, so that modules that wait and modules that compute without end are treated alike. */
#include "describe.h"

#include <stdio.h>

#include "../../../src/base/deadline.h"
#include "../../../src/base/word.h"
#include "span.h"

#define TIME_MS 1000u /* of the call: it copies texts */

static int failed(struct mocket_buf *why, const char *text, int rc)
{
    mocket__buf_text(why, text);
    return rc;
}

/* The range: its length as a word, then so many bytes. */
static int read_text(const struct guest_instance *i, uint32_t at, struct mocket_buf *text, struct mocket_buf *why)
{
    struct guest_bytes word, bytes;
    int rc = at == 0 ? MOCKET_ENOMEM : guest_span_aligned(i, at, 4, &word);
    if (rc < 0)
        return failed(why, "mocket_routes returned no address", rc);
    uint32_t len = mocket__load_u32(word.ptr);
    if (len > GUEST_DESCRIPTION_MAX)
        return failed(why, "mocket_routes returned more than 4 MiB", MOCKET_ELIMIT);
    rc = guest_span(i, at + 4, len, &bytes);
    if (rc < 0)
        return failed(why, "mocket_routes returned a range outside of the memory", rc);
    mocket__buf_span(text, (mocket_span){ (const char *)bytes.ptr, bytes.len });
    return mocket__buf_status(text);
}

int guest_describe(struct guest_instance *i, struct mocket_buf *text, struct mocket_buf *why)
{
    const union engine_slot none = { .i32 = 0 };
    if (!i->program->module->has[GUEST_ROUTES])
        return MOCKET_ENOTSUP;
    if (!engine_call_begin(i->engine, GUEST_ROUTES, &none))
        return failed(why, "mocket_routes could not be called", MOCKET_ENOMEM);
    uint64_t end_ns = mocket__deadline_after(guest_now_ns(), TIME_MS * MOCKET_MS_NS);
    enum engine_outcome outcome;
    i->running = GUEST_ROUTES;
    do
        outcome = engine_resume(i->engine, why);
    while (outcome == ENGINE_SLICED && !mocket__deadline_is_over(end_ns, guest_now_ns()));
    i->running = GUEST_OUTSIDE;
    if (outcome == ENGINE_RETURNED)
        return read_text(i, (uint32_t)engine_result(i->engine), text, why);
    i->broken = true;
    return failed(why, outcome == ENGINE_TRAPPED ? "" : "mocket_routes did not return within a second", MOCKET_EINVAL);
}
