/* The hot path. A request is encoded once, straight into the guest's memory; the answer is copied once, out of it.
 * Between the two the guest is hostile: where mocket_alloc points is checked like any other range, an answer counts
 * from the moment it was checked and copied, and nothing of the guest's memory is kept beyond an import. */
#include "request.h"

#include <mocket_abi.h>
#include <string.h>

#include "../../../src/abi/codec.h"
#include "../../../src/base/span.h"
#include "span.h"

#define TRIES_MAX 16u
#define TARGET_SHOWN 256u /* bytes of a target in the log */

/* "GET /path: text" to the log: what went wrong with this request. */
static void complain(struct guest_instance *i, const struct guest_request *r, int level, mocket_span text)
{
    struct mocket_buf line = { 0 };
    mocket__buf_span(&line, r->message->method_text);
    mocket__buf_text(&line, " ");
    mocket__buf_span(&line, mocket__span_slice(r->message->target, 0, TARGET_SHOWN));
    mocket__buf_text(&line, ": ");
    mocket__buf_span(&line, text);
    guest_log_text(i->log, level, mocket__buf_view(&line));
    mocket__buf_release(&line);
}

/* Says what happened to the guest and returns the status for the client. */
static int failed(struct guest_instance *i, const struct guest_request *r, enum guest_export export, bool expired,
                  const struct mocket_buf *trap)
{
    struct mocket_buf text = { 0 };
    mocket__buf_text(&text, guest_export_name(export));
    if (i->exited) {
        mocket__buf_text(&text, " called exit with code ");
        mocket__buf_decimal(&text, i->exit_code);
    } else {
        mocket__buf_text(&text, expired ? " did not return in time: " : " failed: ");
        mocket__buf_span(&text, mocket__buf_view(trap));
    }
    complain(i, r, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return expired ? 504 : 500;
}

struct call {
    enum guest_export export;
    union engine_slot slots[3];
    size_t count;
};

/* 0 or the status to answer. */
static int call(struct guest_instance *i, const struct guest_request *r, struct call *c)
{
    struct mocket_buf trap = { 0 };
    enum engine_outcome outcome = guest_instance_call(i, c->export, c->slots, c->count, &trap);
    bool expired = outcome == ENGINE_EXPIRED || (outcome == ENGINE_TRAPPED && guest_now_ns() > i->deadline_ns);
    int status = outcome == ENGINE_RETURNED ? 0 : failed(i, r, c->export, expired, &trap);
    mocket__buf_release(&trap);
    return status;
}

static int faulty(struct guest_instance *i, const struct guest_request *r, mocket_span text)
{
    i->broken = true;
    complain(i, r, MOCKET_LOG_ERROR, text);
    return 500;
}

/* Room in the guest for len bytes. 0 or a status. */
static int allocate(struct guest_instance *i, const struct guest_request *r, uint32_t len, uint32_t *at)
{
    struct call c = { GUEST_ALLOC, { { .u32 = len } }, 1 };
    int status = call(i, r, &c);
    if (status)
        return status;
    struct guest_bytes room;
    *at = c.slots[0].u32;
    if (*at == 0) {
        complain(i, r, MOCKET_LOG_WARN, MOCKET_SPAN("mocket_alloc has no memory for it"));
        return 503;
    }
    if (*at % 8 != 0)
        return faulty(i, r, MOCKET_SPAN("mocket_alloc answered an address that is not 8-aligned"));
    if (guest_span(i, *at, len, &room) < 0)
        return faulty(i, r, MOCKET_SPAN("mocket_alloc answered a range outside the memory"));
    return 0;
}

static int pass_in(struct guest_instance *i, const struct guest_request *r, uint32_t *at, uint32_t *len)
{
    size_t size = mocket__abi_request_size(r->message, r->body);
    if (size == 0 || size > INT32_MAX)
        return 413;
    *len = (uint32_t)size;
    int status = allocate(i, r, *len, at);
    if (status)
        return status;
    struct guest_bytes room;
    guest_span(i, *at, *len, &room); /* allocate has checked it, nothing ran since */
    mocket__abi_request_encode(r->message, r->body, true, 0, room.ptr);
    return 0;
}

int guest_request_run(struct guest_instance *i, struct guest_request *r)
{
    uint32_t at, len;
    guest_instance_limit(i, i->program->timeout_ms);
    i->served++;
    int status = pass_in(i, r, &at, &len);
    if (status)
        return status;
    int32_t number = guest_handle_open(&i->handles, GUEST_HANDLE_REQUEST, 0, r);
    if (number < 0)
        return 503;
    struct call c = { GUEST_HANDLE, { { .i32 = number }, { .u32 = at }, { .u32 = len } }, 3 };
    status = call(i, r, &c);
    guest_handle_close(&i->handles, number);
    if (r->answered) /* what happened after the answer does not change it */
        return 0;
    return status ? status : faulty(i, r, MOCKET_SPAN("mocket_handle returned without an answer"));
}

/* Fields of the connection are the host's. */
static void drop_hop_by_hop(struct mocket_fields *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++)
        if (!mocket__is_hop_by_hop(f->rows[i].name))
            f->rows[kept++] = f->rows[i];
    f->count = kept;
}

static int copy_in(const struct guest_instance *i, struct mocket_arena *a, uint32_t offset, uint32_t len,
                   mocket_span *out)
{
    struct guest_bytes from;
    int rc = guest_span(i, offset, len, &from);
    if (rc < 0)
        return rc;
    *out = mocket__arena_copy(a, (mocket_span){ (const char *)from.ptr, from.len });
    return out->ptr ? 0 : MOCKET_ENOMEM;
}

int guest_request_answer(struct guest_instance *i, struct guest_request *r, const struct guest_answer *answer)
{
    if (r->answered)
        return MOCKET_ESTATE;
    if (r->tries++ >= TRIES_MAX)
        return MOCKET_ELIMIT;
    if (answer->head_len > MOCKET_ABI_HEAD_MAX)
        return MOCKET_EINVAL;
    mocket_span head, body;
    int rc = copy_in(i, r->arena, answer->head, answer->head_len, &head);
    if (rc < 0)
        return rc;
    struct mocket_fields fields = { 0 };
    int status;
    rc = mocket__abi_head_decode(head, false, r->arena, &status, &fields);
    if (rc == 0)
        rc = copy_in(i, r->arena, answer->body, answer->body_len, &body);
    if (rc < 0)
        return rc;
    drop_hop_by_hop(&fields);
    r->status = status;
    r->fields = fields;
    r->answer = body;
    r->answered = true;
    return 0;
}
