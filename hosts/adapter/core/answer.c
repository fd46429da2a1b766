/* Answers (docs/abi.md, section 5): the head is checked here, and the length decided; the port frames and sends. */
#include "../../../src/abi/codec.h"
#include "../../../src/base/span.h"
#include "../../../src/http/field_kind.h"
#include "exchange.h"
#include "log.h"

#define TRIES_MAX 16u

int adapter_exchange_state(const struct adapter_exchange *x)
{
    if (!x)
        return MOCKET_EHANDLE;
    if (x->answer == ADAPTER_COMPLETE)
        return MOCKET_ESTATE;
    if (x->owner.death)
        return x->owner.death;
    return x->answer >= ADAPTER_CUT ? MOCKET_ECLOSED : 0;
}

/* The copy that a refused answer leaves in the arena is freed with the request; TRIES_MAX bounds it. */
static int take_head(struct adapter_exchange *x, struct adapter_range head, struct adapter_answer *answer)
{
    int rc = adapter_exchange_state(x);
    if (rc < 0)
        return rc;
    if (x->answer != ADAPTER_NONE)
        return MOCKET_ESTATE;
    if (x->tries++ >= TRIES_MAX)
        return MOCKET_ELIMIT;
    if (head.len > MOCKET_ABI_HEAD_MAX || (head.len > 0 && head.at % sizeof(uint32_t) != 0))
        return MOCKET_EINVAL;
    if (!app_fits(head.at, head.len))
        return MOCKET_EFAULT;
    char *copy = mocket__arena_alloc(&x->arena, head.len);
    if (!copy)
        return MOCKET_ENOMEM;
    app_load(copy, head.at, head.len);
    return mocket__abi_head_decode((mocket_span){ copy, head.len }, MOCKET_ABI_ANSWER, &x->arena, &answer->status,
                                   &answer->fields);
}

static bool is_about_body(mocket_span name)
{
    return mocket__span_ieq(name, MOCKET_SPAN("content-type")) ||
           mocket__span_ieq(name, MOCKET_SPAN("content-encoding")) ||
           mocket__span_ieq(name, MOCKET_SPAN("content-language")) ||
           mocket__span_ieq(name, MOCKET_SPAN("content-range"));
}

/* Drops hop-by-hop fields, the length, and from a 304 what describes a body. Returns the declared length. */
static int64_t sift(struct adapter_answer *answer)
{
    struct mocket_fields *f = &answer->fields;
    size_t kept = 0;
    int64_t declared = -1;
    for (size_t i = 0; i < f->count; i++) {
        enum mocket_field_kind kind = mocket__field_kind(f->rows[i].name);
        if (kind == MOCKET_FIELD_CONTENT_LENGTH)
            declared = mocket__span_decimal(f->rows[i].value, INT64_MAX);
        else if ((kind == MOCKET_FIELD_PLAIN || kind > MOCKET_FIELD_LAST_HOP) &&
                 (answer->status != 304 || !is_about_body(f->rows[i].name)))
            f->rows[kept++] = f->rows[i];
    }
    f->count = kept;
    return declared;
}

/* Decides what length is sent. whole: bytes of the body, -1: it will be streamed. */
static int frame(struct adapter_exchange *x, struct adapter_answer *answer, int64_t whole)
{
    int64_t declared = sift(answer), shown;
    bool is_head = x->message.method == MOCKET_METHOD_HEAD;
    int status = answer->status;
    answer->bodyless = is_head || status == 204 || status == 205 || status == 304;
    if (status == 204 || status == 304)
        shown = -1;
    else if (status == 205)
        shown = 0;
    else if (is_head)
        shown = declared >= 0 ? declared : whole;
    else
        shown = whole >= 0 ? whole : declared;
    answer->len = answer->bodyless ? 0 : shown;
    return shown >= 0 ? mocket__fields_add_len(&answer->fields, &x->arena, (uint64_t)shown) : 0;
}

/* The app may answer something smaller; else its client gets 503. */
static int starve(struct adapter_exchange *x, int rc)
{
    x->arena.failed = false;
    x->is_short |= rc == MOCKET_ENOMEM;
    return rc;
}

int adapter_exchange_respond(struct adapter_exchange *x, struct adapter_range head, struct adapter_range body)
{
    struct adapter_answer answer = { 0 };
    int rc = take_head(x, head, &answer);
    if (rc == 0 && !app_fits(body.at, body.len))
        rc = MOCKET_EFAULT;
    if (rc == 0)
        rc = frame(x, &answer, body.len);
    if (rc == 0)
        rc = port_respond(x, &answer, (struct adapter_bytes){ NULL, body.at, answer.bodyless ? 0 : body.len });
    if (rc < 0)
        return starve(x, rc);
    x->answer = ADAPTER_COMPLETE;
    return 0;
}

int adapter_exchange_begin(struct adapter_exchange *x, struct adapter_range head)
{
    struct adapter_answer answer = { 0 };
    int rc = take_head(x, head, &answer);
    if (rc == 0)
        rc = frame(x, &answer, -1);
    if (rc == 0)
        rc = port_begin(x, &answer);
    if (rc < 0)
        return starve(x, rc);
    x->answer = ADAPTER_BEGUN;
    x->discard = answer.bodyless;
    x->to_send = answer.bodyless ? -1 : answer.len;
    return 0;
}

int32_t adapter_exchange_write(struct adapter_exchange *x, struct adapter_range bytes)
{
    int rc = adapter_exchange_state(x);
    if (rc == 0 && x->answer != ADAPTER_BEGUN)
        rc = MOCKET_ESTATE;
    if (rc == 0 && !app_fits(bytes.at, bytes.len))
        rc = MOCKET_EFAULT;
    if (rc < 0)
        return rc;
    uint32_t len = bytes.len < INT32_MAX ? bytes.len : INT32_MAX;
    if (x->discard || len == 0)
        return (int32_t)len;
    if (x->to_send >= 0 && len > x->to_send)
        return MOCKET_EINVAL;
    ptrdiff_t n = port_write(x, (struct adapter_bytes){ NULL, bytes.at, len });
    if (n == MOCKET_ECLOSED)
        adapter_gone(x);
    else if (n > 0 && x->to_send >= 0)
        x->to_send -= n;
    return (int32_t)n;
}

int adapter_exchange_finish(struct adapter_exchange *x)
{
    int rc = adapter_exchange_state(x);
    if (rc < 0)
        return rc;
    if (x->answer != ADAPTER_BEGUN)
        return MOCKET_ESTATE;
    if (x->to_send > 0) {
        x->answer = ADAPTER_CUT;
        port_cut(x);
        return MOCKET_EINVAL;
    }
    x->answer = ADAPTER_COMPLETE;
    port_end(x);
    return 0;
}

void adapter_refuse(struct adapter_exchange *x, int status)
{
    struct adapter_answer answer = { .status = status };
    mocket_span text = mocket__span(mocket_strerror(status));
    bool is_head = x->message.method == MOCKET_METHOD_HEAD;
    x->answer = ADAPTER_REFUSED;
    answer.len = is_head ? 0 : (int64_t)text.len;
    answer.bodyless = is_head;
    mocket__fields_add(&answer.fields, &x->arena, MOCKET_SPAN("Content-Type"),
                       MOCKET_SPAN("text/plain; charset=utf-8"));
    if (status == 503)
        mocket__fields_add(&answer.fields, &x->arena, MOCKET_SPAN("Retry-After"), MOCKET_SPAN("1"));
    if (mocket__fields_add_len(&answer.fields, &x->arena, text.len) < 0)
        answer.fields.count = 0;
    if (port_respond(x, &answer, (struct adapter_bytes){ text.ptr, 0, is_head ? 0 : text.len }) == 0)
        return;
    x->answer = ADAPTER_CUT; /* no memory: the client must not take another answer for this one */
    port_cut(x);
}
