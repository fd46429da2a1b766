/* Fields and peer of a request whose host left them out of the message (docs/abi.md, section 2, `fields`).
 *
 * The import is linked only into apps that read a header or the peer: the linker leaves out unused functions. The
 * request keeps authority, length of the body and flags of the first message; only fields and peer are added. */
#include "request.h"

#include "../../abi/codec.h"
#include "../../base/span.h"
#include "../../core/backend.h"
#include "imports.h"

#define FIRST_TRY 1024 /* bytes that most messages fit in */

int mocket__guest_add_host(struct mocket_message *msg, struct mocket_arena *a)
{
    size_t at = 0;
    if (msg->authority.len == 0 || mocket__fields_next(&msg->fields, MOCKET_SPAN("host"), &at))
        return 0;
    return mocket__fields_add(&msg->fields, a, MOCKET_SPAN("host"), msg->authority);
}

/* The message with the fields, in the arena; ptr NULL: it cannot be had. */
static mocket_span ask(const struct mocket_guest_request *g, struct mocket_arena *a)
{
    char *room = mocket__arena_alloc(a, FIRST_TRY);
    int32_t len = room ? mocket__import_fields(g->req, room, FIRST_TRY) : MOCKET_ENOMEM;
    if (len > FIRST_TRY) {
        uint32_t needed = (uint32_t)len;
        room = mocket__arena_alloc(a, needed);
        len = room ? mocket__import_fields(g->req, room, needed) : MOCKET_ENOMEM;
        if (len > (int32_t)needed)
            len = MOCKET_EINVAL;
    }
    return len < 0 ? (mocket_span){ NULL, 0 } : (mocket_span){ room, (size_t)len };
}

void mocket__request_complete(struct mocket_request *req)
{
    struct mocket_arena *a = req->arena;
    struct mocket_message with;
    mocket_span body, bytes = ask((const struct mocket_guest_request *)req, a);
    req->message.flags &= ~(unsigned)MOCKET_MESSAGE_ON_DEMAND;
    if (!bytes.ptr || mocket__abi_request_decode(bytes, a, &with, &body) < 0 || mocket__guest_add_host(&with, a) < 0) {
        a->failed = true;
        return;
    }
    req->message.fields = with.fields;
    req->message.peer = with.peer;
}
