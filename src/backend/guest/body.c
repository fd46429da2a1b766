/* Reads request bodies piece by piece: body_read, and a wait while no bytes have arrived.
 *
 * Linked only into apps that use mocket_body_source, since it imports `await` and makes guest.c ask for streamed bodies
 * (docs/abi.md, section 2, `listen`). */
#include "body.h"

#include "imports.h"

enum { FOR_READING = 0 };

struct body {
    struct mocket_source source;
    int32_t req; /* the host's handle */
};

static ptrdiff_t read_body(struct mocket_source *s, void *buf, size_t cap)
{
    const struct body *b = (const struct body *)s;
    for (;;) {
        int32_t n = mocket__import_body_read(b->req, buf, cap > INT32_MAX ? INT32_MAX : (uint32_t)cap);
        if (n != MOCKET_EAGAIN)
            return n;
        int32_t op = mocket__import_ready(b->req, FOR_READING);
        int32_t rc = op < 0 ? op : mocket__import_await(op);
        if (rc < 0)
            return rc;
    }
}

static int open_body(struct mocket_request *req, int32_t handle)
{
    struct body *b = mocket__arena_alloc(req->arena, sizeof *b);
    if (!b)
        return MOCKET_ENOMEM;
    *b = (struct body){ .source = { .read = read_body }, .req = handle };
    req->source = &b->source;
    return 0;
}

const struct mocket_guest_body mocket__guest_body = { open_body };

void mocket__body_prepare(struct mocket_request *req)
{
    (void)req; /* it only needs to be linked */
}
