/* Request messages (docs/abi.md, section 4): sixteen words, rows of four words, then text, then the body.
 *
 * Both directions work on bytes that a hostile program may have written. The decoder checks each range against the
 * message before it makes a view of it, and all arithmetic is in 64 bits. */
#include "../base/span.h"
#include "codec.h"
#include "words.h"

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Where the text begins. */
static size_t text_offset(const struct mocket_message *msg)
{
    return (MOCKET_ABI_REQ_WORDS + msg->fields.count * MOCKET_ABI_ROW_WORDS) * sizeof(uint32_t);
}

size_t mocket__abi_request_size(const struct mocket_message *msg, mocket_span body)
{
    size_t size = text_offset(msg) + msg->method_text.len + msg->target.len + msg->authority.len + msg->peer.len;
    for (size_t i = 0; i < msg->fields.count; i++)
        size += msg->fields.rows[i].name.len + msg->fields.rows[i].value.len;
    size = align4(size) + body.len;
    return size > UINT32_MAX || body.len > UINT32_MAX ? 0 : size;
}

void mocket__abi_request_encode(const struct mocket_message *msg, mocket_span body, bool body_here, uint32_t body_left,
                                void *dst)
{
    unsigned char *base = dst;
    struct mocket_abi_writer w = { base, text_offset(msg) };
    mocket__abi_put_word(base, MOCKET_ABI_REQ_METHOD, (uint32_t)msg->method);
    mocket__abi_put_word(base, MOCKET_ABI_REQ_FLAGS, msg->flags | (body_here ? MOCKET_ABI_BODY_HERE : 0u));
    mocket__abi_put_text(&w, MOCKET_ABI_REQ_METHOD_TEXT, msg->method_text);
    mocket__abi_put_text(&w, MOCKET_ABI_REQ_TARGET, msg->target);
    mocket__abi_put_text(&w, MOCKET_ABI_REQ_AUTHORITY, msg->authority);
    mocket__abi_put_text(&w, MOCKET_ABI_REQ_PEER, msg->peer);
    mocket__abi_put_word(base, MOCKET_ABI_REQ_FIELD_COUNT, (uint32_t)msg->fields.count);
    mocket__abi_put_word(base, MOCKET_ABI_REQ_FIELDS, MOCKET_ABI_REQ_WORDS * sizeof(uint32_t));
    mocket__abi_put_rows(&w, MOCKET_ABI_REQ_WORDS, &msg->fields, true);
    while (w.at % 4)
        base[w.at++] = 0;
    mocket__abi_put_text(&w, MOCKET_ABI_REQ_BODY, body_here ? body : (mocket_span){ NULL, 0 });
    mocket__abi_put_word(base, MOCKET_ABI_REQ_BODY_LEFT, body_here ? 0 : body_left);
    mocket__abi_put_word(base, MOCKET_ABI_REQ_BODY_ERROR, body_here ? 0 : (uint32_t)msg->body_error);
}

int mocket__abi_request_decode(mocket_span bytes, struct mocket_arena *a, struct mocket_message *msg, mocket_span *body)
{
    *msg = (struct mocket_message){ 0 };
    *body = (mocket_span){ NULL, 0 };
    if (bytes.len < MOCKET_ABI_REQ_WORDS * sizeof(uint32_t) || (uintptr_t)bytes.ptr % sizeof(uint32_t) != 0)
        return MOCKET_EINVAL;
    uint32_t method = mocket__abi_word(bytes, MOCKET_ABI_REQ_METHOD),
             flags = mocket__abi_word(bytes, MOCKET_ABI_REQ_FLAGS);
    bool fits = mocket__abi_range(bytes, MOCKET_ABI_REQ_METHOD_TEXT, &msg->method_text) &&
                mocket__abi_range(bytes, MOCKET_ABI_REQ_TARGET, &msg->target) &&
                mocket__abi_range(bytes, MOCKET_ABI_REQ_AUTHORITY, &msg->authority) &&
                mocket__abi_range(bytes, MOCKET_ABI_REQ_PEER, &msg->peer);
    if (!fits || method >= MOCKET_METHOD_COUNT || msg->method_text.len == 0 || msg->target.len == 0)
        return MOCKET_EINVAL;
    msg->method = (enum mocket_http_method)method;
    msg->flags = flags & ~(unsigned)MOCKET_ABI_BODY_HERE;
    uint32_t left = mocket__abi_word(bytes, MOCKET_ABI_REQ_BODY_LEFT);
    msg->body_len = left == MOCKET_ABI_UNKNOWN_LENGTH ? -1 : (int64_t)left;
    if (flags & MOCKET_ABI_BODY_HERE) {
        if (!mocket__abi_range(bytes, MOCKET_ABI_REQ_BODY, body))
            return MOCKET_EINVAL;
        msg->body_len = (int64_t)body->len;
    } else {
        msg->body_error = (int32_t)mocket__abi_word(bytes, MOCKET_ABI_REQ_BODY_ERROR);
    }
    return msg->body_error > 0 ? MOCKET_EINVAL : mocket__abi_rows(bytes, MOCKET_ABI_REQ_FIELD_COUNT, a, &msg->fields);
}
