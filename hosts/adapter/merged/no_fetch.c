/* For platforms that cannot send requests: `fetch` returns MOCKET_ENOTSUP, so that there is nothing to write, to wait
 * for or to end. */
#include "../core/port.h"

int port_fetch(struct adapter_outgoing *o)
{
    (void)o;
    return MOCKET_ENOTSUP;
}

ptrdiff_t port_fetch_room(struct adapter_outgoing *o)
{
    (void)o;
    return MOCKET_ENOTSUP;
}

ptrdiff_t port_fetch_write(struct adapter_outgoing *o, struct adapter_bytes bytes)
{
    (void)o, (void)bytes;
    return MOCKET_ENOTSUP;
}

int port_fetch_end(struct adapter_outgoing *o)
{
    (void)o;
    return MOCKET_ENOTSUP;
}

int port_fetch_head(struct adapter_outgoing *o)
{
    (void)o;
    return MOCKET_ENOTSUP;
}

ptrdiff_t port_fetch_read(struct adapter_outgoing *o, void *to, size_t cap)
{
    (void)o, (void)to, (void)cap;
    return MOCKET_ENOTSUP;
}

void port_fetch_drop(struct adapter_outgoing *o)
{
    (void)o;
}
