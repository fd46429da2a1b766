/* A transport that is a connected TCP or Unix socket. */
#include "transport.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_for_now(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

static ptrdiff_t read_bytes(struct mocket_transport *s, void *buf, size_t cap)
{
    ssize_t n = recv(s->fd, buf, cap, 0);
    if (n > 0)
        return n;
    if (n == 0)
        return MOCKET_TRANSPORT_ENDED;
    return errno == EINTR || is_for_now(errno) ? 0 : MOCKET_TRANSPORT_LOST;
}

/* send costs the kernel less than sendmsg. */
static ptrdiff_t write_bytes(struct mocket_transport *s, struct iovec *parts, size_t count)
{
    struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };
    ssize_t n;
    do {
        n = count == 1 ? send(s->fd, parts->iov_base, parts->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL)
                       : sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    return is_for_now(errno) ? 0 : MOCKET_TRANSPORT_LOST;
}

static size_t pending(const struct mocket_transport *s)
{
    int queued = 0;
    return ioctl(s->fd, SIOCOUTQ, &queued) == 0 && queued > 0 ? (size_t)queued : 0;
}

static bool shut(struct mocket_transport *s)
{
    return shutdown(s->fd, SHUT_WR) == 0;
}

static void close_socket(struct mocket_transport *s, bool reset)
{
    static const struct linger at_once = { .l_onoff = 1 };
    if (reset && !s->local)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(s->fd);
    s->fd = -1;
}

void mocket__transport_plain(struct mocket_transport *s, int fd, bool local)
{
    static const struct mocket_transport_ops ops = {
        .read = read_bytes, .write = write_bytes, .pending = pending, .shut = shut, .close = close_socket
    };
    *s = (struct mocket_transport){ .ops = &ops, .fd = fd, .local = local };
}
