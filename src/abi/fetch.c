/* The message with which a guest starts an outgoing request: a request message (docs/abi.md, sections 2 and 4) in which
 * the target is an absolute URL and word 14 a time.
 *
 * The host owns the connection, so fields of the connection are left out, as in an answer: hop-by-hop fields; the
 * length, which is passed separately; and Host, which could name another server than the granted URL. */
#include "../base/span.h"
#include "../http/method.h"
#include "codec.h"
#include "words.h"

/* Keeps the fields that a guest may set. */
static int sift(struct mocket_abi_fetch *f)
{
    size_t kept = 0;
    f->body_len = -1;
    for (size_t i = 0; i < f->fields.count; i++) {
        const struct mocket_field *row = &f->fields.rows[i];
        if (mocket__span_ieq(row->name, MOCKET_SPAN("content-length"))) {
            int64_t len = mocket__span_decimal(row->value, INT64_MAX);
            if (len < 0 || (f->body_len >= 0 && f->body_len != len))
                return MOCKET_EINVAL;
            f->body_len = len;
        } else if (!mocket__is_hop_by_hop(row->name) && !mocket__span_ieq(row->name, MOCKET_SPAN("host"))) {
            f->fields.rows[kept++] = *row;
        }
    }
    f->fields.count = kept;
    return 0;
}

int mocket__abi_fetch_decode(mocket_span bytes, struct mocket_arena *a, struct mocket_abi_fetch *out)
{
    *out = (struct mocket_abi_fetch){ 0 };
    if (bytes.len < MOCKET_ABI_REQ_WORDS * sizeof(uint32_t) || (uintptr_t)bytes.ptr % sizeof(uint32_t) != 0)
        return MOCKET_EINVAL;
    uint32_t method = mocket__abi_word(bytes, MOCKET_ABI_REQ_METHOD);
    bool fits = mocket__abi_range(bytes, MOCKET_ABI_REQ_METHOD_TEXT, &out->method) &&
                mocket__abi_range(bytes, MOCKET_ABI_REQ_TARGET, &out->url);
    if (!fits || !mocket__is_token(out->method) || (uint32_t)mocket__method_of(out->method) != method ||
        method == MOCKET_METHOD_CONNECT)
        return MOCKET_EINVAL;
    out->follow = mocket__abi_word(bytes, MOCKET_ABI_REQ_FLAGS) & MOCKET_ABI_FOLLOW;
    out->retry = mocket__abi_word(bytes, MOCKET_ABI_REQ_FLAGS) & MOCKET_ABI_RETRY;
    out->timeout_ms = mocket__abi_word(bytes, MOCKET_ABI_REQ_BODY_LEFT);
    int rc = mocket__abi_rows(bytes, MOCKET_ABI_REQ_FIELD_COUNT, a, &out->fields);
    if (rc < 0)
        return rc;
    return mocket__abi_rows_are_valid(&out->fields, false) ? sift(out) : MOCKET_EINVAL;
}
