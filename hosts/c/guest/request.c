/* The way of a request is hot: it is encoded once, straight into the guest's memory; the answer is copied once, out of
 * it. Between the two the guest is hostile: where mocket_alloc points is checked like any other range, an answer counts
 * from the moment it was checked and copied, and nothing of the guest's memory is kept beyond an import.
 *
 * A request comes to its end on the inside when mocket_handle has returned and its operations are delivered; in a
 * direct-style guest, when mocket_handle has returned. If there is no complete answer by then, the host gives one. */
#include "request.h"

#include <mocket_abi.h>
#include <string.h>

#include "../../../src/abi/codec.h"
#include "../../../src/base/span.h"
#include "operation.h"
#include "place.h"
#include "socket.h"
#include "span.h"
#include "worker.h"

#define TRIES_MAX 16u
#define TARGET_SHOWN 256u /* bytes of a target in the log */
#define GRACE_RUN_NS (10 * MOCKET_MS_NS)

void guest_request_log(struct guest_instance *i, const struct guest_request *r, int level, mocket_span text)
{
    struct mocket_buf line = { 0 };
    if (r && r->message) {
        mocket__buf_span(&line, r->message->method_text);
        mocket__buf_text(&line, " ");
        mocket__buf_span(&line, mocket__span_slice(r->message->target, 0, TARGET_SHOWN));
        mocket__buf_text(&line, ": ");
    }
    mocket__buf_span(&line, text);
    guest_log_text(i->log, level, mocket__buf_view(&line));
    mocket__buf_release(&line);
}

int guest_request_complain(struct guest_instance *i, const struct guest_request *r, enum guest_export export,
                           bool expired, const struct mocket_buf *trap)
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
    guest_request_log(i, r, MOCKET_LOG_ERROR, mocket__buf_view(&text));
    mocket__buf_release(&text);
    return expired ? 504 : 500;
}

static int faulty(struct guest_instance *i, const struct guest_request *r, mocket_span text)
{
    i->broken = true;
    guest_request_log(i, r, MOCKET_LOG_ERROR, text);
    return 500;
}

/* ---- In ---- */

/* The message as the guest gets it. */
static const struct mocket_message *shown(const struct guest_request *r, struct mocket_message *without)
{
    const struct guest_program *p = r->instance->program;
    if (!p->leave_out || !p->declared.on_demand)
        return r->message;
    *without = *r->message;
    without->fields.count = 0;
    without->peer = (mocket_span){ NULL, 0 };
    without->flags |= MOCKET_MESSAGE_ON_DEMAND;
    return without;
}

uint32_t guest_request_size(const struct guest_request *r)
{
    struct mocket_message without;
    size_t size = mocket__abi_request_size(shown(r, &without), r->body);
    return size > INT32_MAX ? 0 : (uint32_t)size;
}

/* Word 14: the length of a body that is still to be read, or cannot be had. */
static uint32_t body_left(const struct guest_request *r)
{
    int64_t len = r->message->body_len;
    if (!r->body_comes && r->message->body_error == 0)
        return 0;
    return len >= 0 && len < MOCKET_ABI_UNKNOWN_LENGTH ? (uint32_t)len : MOCKET_ABI_UNKNOWN_LENGTH;
}

int guest_request_pass_in(struct guest_instance *i, struct guest_request *r, uint32_t at, uint32_t len)
{
    struct mocket_message without;
    struct guest_bytes room;
    if (at == 0) {
        guest_request_log(i, r, MOCKET_LOG_WARN, MOCKET_SPAN("mocket_alloc returned 0: the guest is out of memory"));
        return 503;
    }
    if (at % 8 != 0)
        return faulty(i, r, MOCKET_SPAN("mocket_alloc returned an address that is not 8-aligned"));
    if (guest_span(i, at, len, &room) < 0)
        return faulty(i, r, MOCKET_SPAN("mocket_alloc returned a range outside of the memory"));
    bool here = !r->body_comes && r->message->body_error == 0;
    mocket__abi_request_encode(shown(r, &without), r->body, here, body_left(r), room.ptr);
    return 0;
}

/* Fields outlive the answer: a copy is kept for a guest that may still ask. Without memory it gets MOCKET_ENOMEM. */
static void keep_message(struct guest_request *r)
{
    size_t size = mocket__abi_request_size(r->message, (mocket_span){ NULL, 0 });
    r->kept.till = r->instance->log->till;
    r->kept.part = MOCKET_CHARGE_REQUESTS;
    char *room = mocket__buf_room(&r->kept, size);
    if (!room)
        return;
    mocket__abi_request_encode(r->message, (mocket_span){ NULL, 0 }, false, 0, room);
    r->kept.len = size;
}

int guest_request_fields(struct guest_instance *i, struct guest_request *r, uint32_t at, uint32_t cap)
{
    static const mocket_span no_body;
    struct guest_bytes room;
    int rc = guest_span_aligned(i, at, cap, &room);
    if (rc < 0)
        return rc;
    size_t size = r->message ? mocket__abi_request_size(r->message, no_body) : r->kept.len;
    if (size == 0 || size > INT32_MAX)
        return size == 0 ? MOCKET_ENOMEM : MOCKET_ETOOBIG;
    if (size <= cap && r->message)
        mocket__abi_request_encode(r->message, no_body, false, 0, room.ptr);
    else if (size <= cap)
        memcpy(room.ptr, r->kept.ptr, size);
    return (int)size;
}

/* ---- The end ---- */

void guest_request_tell(struct guest_request *r)
{
    if (!r->told && r->message)
        guest_inbox_note_news(&r->worker->inbox, r);
}

void guest_request_fail(struct guest_request *r, int status)
{
    if (r->answer == GUEST_ANSWER_BEGUN)
        r->answer = GUEST_ANSWER_CUT;
    else if (r->answer == GUEST_ANSWER_NONE && r->failure == 0 && r->owner.death != MOCKET_ECLOSED)
        r->failure = status;
    guest_request_tell(r);
}

static bool is_answered(const struct guest_request *r)
{
    return r->answer >= GUEST_ANSWER_COMPLETE || r->failure != 0;
}

void guest_request_end(struct guest_request *r)
{
    if (!r->inside)
        return;
    if (!is_answered(r))
        guest_request_fail(r, 500);
    if (r->instance) {
        guest_owner_release(&r->owner);
        if (r->job.queued)
            guest_instance_remove(r->instance, &r->job);
        if (r->gone.queued)
            guest_instance_remove(r->instance, &r->gone);
        if (r->owner.number > 0)
            guest_handle_end(&r->instance->handles, r->owner.number);
        if (r->instance->current == r)
            r->instance->current = NULL;
        guest_place_exit(r);
    }
    guest_request_tell(r);
    guest_worker_forget(r);
}

void guest_request_settle(struct guest_request *r)
{
    struct guest_instance *i = r->instance;
    bool direct_style = i->program->module->direct_style;
    if (!r->returned || i->current == r || r->gone.queued || (r->owner.op_count > 0 && !direct_style))
        return;
    if (!is_answered(r) && (r->in_error == MOCKET_ETOOBIG || r->in_error == MOCKET_ETIMEDOUT))
        guest_request_fail(r, r->in_error == MOCKET_ETOOBIG ? 413 : 408);
    if (!is_answered(r) && (r->starved || r->in_error == MOCKET_ENOMEM))
        guest_request_fail(r, 503);
    if (!is_answered(r) && !r->owner.death) {
        guest_request_log(i, r, MOCKET_LOG_ERROR, MOCKET_SPAN("mocket_handle returned without an answer"));
        bool others = i->program->declared.reuse == MOCKET_REUSE_CONCURRENT || i->socket_count > 0;
        i->broken |= !others; /* they do not pay for it */
    }
    guest_request_end(r);
}

void guest_request_die(struct guest_request *r, int code)
{
    struct guest_instance *i = r->instance;
    if (r->owner.death)
        return;
    r->owner.death = code;
    r->grace_ns = guest_now_ns() + GUEST_GRACE_NS;
    if (code == MOCKET_ETIMEDOUT)
        guest_request_fail(r, !i ? 503 : guest_request_wants(r) ? 408 : 504); /* who was waited for? */
    if (!i || !r->entered) {
        if (!i || i->current != r)
            guest_request_end(r); /* no guest knows of it */
        return;
    }
    const struct guest_module *module = i->program->module;
    if (i->current == r && code == MOCKET_ETIMEDOUT && !module->direct_style)
        r->grace_ns = 0;
    if (i->current == r && module->direct_style && i->run_left_ns > GRACE_RUN_NS)
        i->run_left_ns = GRACE_RUN_NS;
    if (!module->direct_style && module->has[GUEST_GONE] && r->answer != GUEST_ANSWER_COMPLETE)
        guest_instance_add(i, &r->gone);
    guest_owner_die(&r->owner, code);
    guest_worker_schedule(i);
    if (!module->direct_style && i->current != r)
        guest_request_settle(r);
}

/* ---- The answer ---- */

static int copy_in(struct mocket_arena *a, const struct guest_bytes *from, mocket_span *out)
{
    enum mocket_charge part = a->part;
    bool failed = a->failed;
    a->part = MOCKET_CHARGE_ANSWERS;
    *out = mocket__arena_copy(a, (mocket_span){ (const char *)from->ptr, from->len });
    a->part = part;
    a->failed = failed; /* a smaller answer may still fit */
    return out->ptr ? 0 : MOCKET_ENOMEM;
}

/* The guest may try again with something smaller; else its client is told to come again later. */
static int starve(struct guest_instance *i, struct guest_request *r)
{
    r->starved = true;
    guest_log_full(i->log);
    return MOCKET_ENOMEM;
}

int guest_request_state(const struct guest_request *r)
{
    if (!r)
        return MOCKET_EHANDLE;
    if (r->answer == GUEST_ANSWER_COMPLETE)
        return MOCKET_ESTATE;
    if (r->owner.death)
        return r->owner.death;
    return r->failure || r->answer == GUEST_ANSWER_CUT || !r->message ? MOCKET_ECLOSED : 0;
}

static int take_head(struct guest_instance *i, struct guest_request *r, const struct guest_answer *answer,
                     struct mocket_fields *fields, int *status)
{
    int rc = guest_request_state(r);
    if (rc < 0)
        return rc;
    if (r->answer != GUEST_ANSWER_NONE)
        return MOCKET_ESTATE;
    if (r->tries++ >= TRIES_MAX)
        return MOCKET_ELIMIT;
    if (answer->head_len > MOCKET_ABI_HEAD_MAX)
        return MOCKET_EINVAL;
    struct guest_bytes from;
    mocket_span head;
    rc = guest_span_aligned(i, answer->head, answer->head_len, &from);
    if (rc == 0)
        rc = copy_in(r->arena, &from, &head);
    return rc < 0 ? rc
                  : mocket__abi_head_decode(head, answer->upgrade ? MOCKET_ABI_HANDSHAKE : MOCKET_ABI_ANSWER, r->arena,
                                            status, fields);
}

int guest_request_respond(struct guest_instance *i, struct guest_request *r, const struct guest_answer *answer)
{
    struct mocket_fields fields = { 0 };
    struct guest_bytes from;
    mocket_span body;
    int status, rc = take_head(i, r, answer, &fields, &status);
    if (rc == 0)
        rc = guest_span(i, answer->body, answer->body_len, &from);
    if (rc == 0)
        rc = copy_in(r->arena, &from, &body);
    if (rc < 0)
        return rc == MOCKET_ENOMEM ? starve(i, r) : rc;
    mocket__fields_drop_hop_by_hop(&fields); /* they are the host's */
    r->status = status;
    r->fields = fields;
    r->whole = body;
    r->answer = GUEST_ANSWER_COMPLETE;
    guest_request_tell(r);
    return 0;
}

int guest_request_take_head(struct guest_instance *i, struct guest_request *r, const struct guest_answer *answer,
                            struct mocket_fields *fields)
{
    int status;
    return take_head(i, r, answer, fields, &status);
}

void guest_request_upgrade(struct guest_request *r, const struct mocket_fields *fields, struct guest_socket *s)
{
    r->status = 101;
    r->fields = *fields;
    r->socket = s;
    r->answer = GUEST_ANSWER_COMPLETE;
    guest_request_tell(r);
}

int guest_request_begin(struct guest_instance *i, struct guest_request *r, const struct guest_answer *answer)
{
    struct mocket_fields fields = { 0 };
    int status, rc = take_head(i, r, answer, &fields, &status);
    if (rc < 0)
        return rc;
    mocket__fields_drop_hop_by_hop(&fields); /* they are the host's */
    r->status = status;
    r->fields = fields;
    r->streamed = true;
    r->left = mocket__fields_len(&fields);
    r->discard = r->message->method == MOCKET_METHOD_HEAD || status == 204 || status == 205 || status == 304;
    r->answer = GUEST_ANSWER_BEGUN;
    guest_worker_extend(r);
    guest_request_tell(r);
    return 0;
}

int guest_request_write(struct guest_instance *i, struct guest_request *r, uint32_t at, uint32_t len)
{
    struct guest_bytes from;
    int rc = guest_request_state(r);
    if (rc == 0 && r->answer != GUEST_ANSWER_BEGUN)
        rc = MOCKET_ESTATE;
    if (rc == 0)
        rc = guest_span(i, at, len, &from);
    if (rc < 0)
        return rc;
    if (len > INT32_MAX)
        len = INT32_MAX;
    if (r->discard || len == 0)
        return (int)len;
    if (r->left >= 0 && len > r->left)
        return MOCKET_EINVAL;
    size_t room = r->out.len < GUEST_OUT_MAX ? GUEST_OUT_MAX - r->out.len : 0;
    if (room == 0)
        return MOCKET_EAGAIN;
    if (len > room)
        len = (uint32_t)room;
    mocket__buf_add(&r->out, (const char *)from.ptr, len);
    if (mocket__buf_status(&r->out) < 0) {
        r->out.status = 0;
        return starve(i, r);
    }
    r->left -= r->left >= 0 ? (int64_t)len : 0;
    guest_worker_extend(r);
    guest_request_tell(r);
    return (int)len;
}

int guest_request_finish(struct guest_request *r)
{
    int rc = guest_request_state(r);
    if (rc < 0)
        return rc;
    if (r->answer != GUEST_ANSWER_BEGUN)
        return MOCKET_ESTATE;
    bool is_short = r->left > 0 && !r->discard;
    r->answer = is_short ? GUEST_ANSWER_CUT : GUEST_ANSWER_COMPLETE;
    guest_request_tell(r);
    return is_short ? MOCKET_EINVAL : 0;
}

/* ---- A body that comes ---- */

bool guest_request_can_read(struct guest_request *r)
{
    if (!r->body_comes || r->in.len > 0 || r->in_end || r->in_error)
        return true;
    r->in_wanted = true;
    guest_request_tell(r);
    return false;
}

int guest_request_read(struct guest_instance *i, struct guest_request *r, uint32_t at, uint32_t cap)
{
    struct guest_bytes to;
    int rc = guest_request_state(r);
    if (rc == 0)
        rc = guest_span(i, at, cap, &to);
    if (rc < 0)
        return rc;
    if (cap == 0 || !r->body_comes)
        return 0;
    if (!guest_request_can_read(r))
        return MOCKET_EAGAIN;
    if (r->in.len == 0)
        return r->in_error;
    size_t n = r->in.len < cap ? r->in.len : cap;
    memcpy(to.ptr, r->in.ptr, n);
    mocket__buf_consume(&r->in, n);
    return (int)n;
}

char *guest_request_room(struct guest_request *r, size_t len)
{
    return mocket__buf_room(&r->in, len);
}

void guest_request_feed(struct guest_request *r, ptrdiff_t n)
{
    if (n > 0)
        r->in.len += (size_t)n;
    r->in_wanted = false;
    r->in_end |= n == 0;
    r->in_error = n < 0 ? (int)n : mocket__buf_status(&r->in);
    if (!r->inside || r->owner.death)
        return;
    guest_worker_extend(r);
    guest_ops_end(r->owner.ops, GUEST_OP_READ, r->in_error);
}

/* ---- The front ---- */

void guest_request_take(struct guest_request *r, struct mocket_buf *into)
{
    struct mocket_buf empty = *into;
    mocket__buf_reset(&empty);
    *into = r->out;
    r->out = empty;
    if (into->len > 0 && r->instance && r->instance->current == r)
        guest_instance_begin_stretch(r->instance);
    guest_ops_end(r->owner.ops, GUEST_OP_WRITE, 0);
}

void guest_request_leave(struct guest_request *r, bool gone)
{
    if (r->socket)
        guest_socket_disown(r->socket);
    if (r->message && r->entered && r->owner.number > 0 && r->inside && r->instance->program->module->asks_fields)
        keep_message(r);
    r->message = NULL;
    r->arena = NULL;
    r->park = NULL;
    if (r->inside && gone)
        guest_request_die(r, MOCKET_ECLOSED);
    if (r->inside && r->answer == GUEST_ANSWER_BEGUN)
        r->answer = GUEST_ANSWER_CUT;
    if (r->inside) /* nobody reads on */
        guest_ops_end(r->owner.ops, GUEST_OP_READ, r->answer == GUEST_ANSWER_COMPLETE ? MOCKET_ESTATE : MOCKET_ECLOSED);
    r->front = false;
    if (!r->inside)
        guest_inbox_recycle(&r->worker->inbox, r);
}
