#include "message.h"

static void rebase(mocket_span *s, mocket_span from, const char *to)
{
    if (s->ptr >= from.ptr && s->ptr < from.ptr + from.len)
        s->ptr = to + (s->ptr - from.ptr);
}

bool mocket__message_keep(struct mocket_message *msg, struct mocket_arena *arena, mocket_span head)
{
    mocket_span copy = mocket__arena_copy(arena, head);
    if (!copy.ptr)
        return false;
    rebase(&msg->method_text, head, copy.ptr);
    rebase(&msg->target, head, copy.ptr);
    rebase(&msg->authority, head, copy.ptr);
    for (size_t i = 0; i < msg->fields.count; i++) {
        rebase(&msg->fields.rows[i].name, head, copy.ptr);
        rebase(&msg->fields.rows[i].value, head, copy.ptr);
    }
    return true;
}
