/* A request message of any bytes: refused, or views within it that can be encoded and decoded to the same request. */
#include "../../src/abi/codec.h"
#include "fuzz.h"

static void check_views(const struct mocket_message *msg, mocket_span body, mocket_span in)
{
    FUZZ_HOLDS(msg->method < MOCKET_METHOD_COUNT && fuzz_within(msg->method_text, in) && fuzz_within(msg->target, in));
    FUZZ_HOLDS(fuzz_within(msg->authority, in) && fuzz_within(msg->peer, in) && fuzz_within(body, in));
    for (size_t i = 0; i < msg->fields.count; i++)
        FUZZ_HOLDS(fuzz_within(msg->fields.rows[i].name, in) && fuzz_within(msg->fields.rows[i].value, in));
}

static void check_same(const struct mocket_message *a, const struct mocket_message *b)
{
    FUZZ_HOLDS(a->method == b->method && a->flags == b->flags && a->body_len == b->body_len);
    FUZZ_HOLDS(a->body_error == b->body_error);
    FUZZ_HOLDS(mocket__span_eq(a->method_text, b->method_text) && mocket__span_eq(a->target, b->target));
    FUZZ_HOLDS(mocket__span_eq(a->authority, b->authority) && mocket__span_eq(a->peer, b->peer));
    FUZZ_HOLDS(a->fields.count == b->fields.count);
    for (size_t i = 0; i < a->fields.count; i++)
        FUZZ_HOLDS(mocket__span_ieq(a->fields.rows[i].name, b->fields.rows[i].name) &&
                   mocket__span_eq(a->fields.rows[i].value, b->fields.rows[i].value));
}

static void encode_and_decode(struct mocket_arena *a, const struct mocket_message *msg, mocket_span body)
{
    struct mocket_message again;
    mocket_span again_body;
    size_t size = mocket__abi_request_size(msg, body);
    if (size == 0 || size > 1 << 22)
        return; /* rows may share bytes, so that what is small here can be large there */
    char *bytes = malloc(size);
    FUZZ_HOLDS(bytes != NULL);
    uint32_t left = body.ptr ? 0 : msg->body_len < 0 ? MOCKET_ABI_UNKNOWN_LENGTH : (uint32_t)msg->body_len;
    mocket__abi_request_encode(msg, body, body.ptr != NULL, left, bytes);
    FUZZ_HOLDS(mocket__abi_request_decode((mocket_span){ bytes, size }, a, &again, &again_body) == 0);
    check_same(msg, &again);
    FUZZ_HOLDS(mocket__span_eq(body, again_body) && (body.ptr == NULL) == (again_body.ptr == NULL));
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mocket_arena a;
    struct mocket_message msg;
    mocket_span body, in = fuzz_input(data, size);
    char *aligned = fuzz_copy(in);
    in.ptr = aligned;
    mocket__arena_init(&a, 0);
    int rc = mocket__abi_request_decode(in, &a, &msg, &body);
    FUZZ_HOLDS(rc == 0 || rc == MOCKET_EINVAL);
    if (rc == 0) {
        check_views(&msg, body, in);
        encode_and_decode(&a, &msg, body);
    }
    mocket__arena_release(&a);
    free(aligned);
    return 0;
}
