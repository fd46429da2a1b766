/* The log of a server, its count of connections, and its date. */
#include "server.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../../http/date.h"
#include "../log.h"

/* ---- Log and date ---- */

void mocket__server_log(const struct mocket_server *s, int level, mocket_span line)
{
    if (s->opts->log)
        s->opts->log(s->opts->data, level, line);
    else
        mocket__log_stderr(level, line);
}

static void renew_date(struct mocket_native_worker *w)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != w->date_s)
        mocket__http_date(w->date, now.tv_sec);
    w->date_s = now.tv_sec;
}

/* All answers of one turn of the loop have the same date. */
mocket_span mocket__worker_date(struct mocket_native_worker *w)
{
    uint64_t now_ms = mocket__clock_now(&w->clock);
    if (now_ms != w->dated_ms)
        renew_date(w);
    w->dated_ms = now_ms;
    return (mocket_span){ w->date, sizeof w->date - 1 };
}

/* ---- Places ---- */

bool mocket__server_enter(struct mocket_server *s, const struct mocket_address *from)
{
    if (atomic_fetch_add(&s->connections, 1) < s->max_connections &&
        (!s->addresses || !from || mocket__addresses_enter(s->addresses, from)))
        return true;
    atomic_fetch_sub(&s->connections, 1);
    return false;
}

void mocket__server_leave(struct mocket_server *s, const struct mocket_address *from)
{
    if (s->addresses && from)
        mocket__addresses_leave(s->addresses, from);
    atomic_fetch_sub(&s->connections, 1);
}

/* What the client has sent already is read: otherwise closing would reset the connection, and the client could lose the
 * answer. */
void mocket__server_refuse(int fd, const struct mocket_arrival *arrival)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Retry-After: 1\r\n"
        "Content-Length: 19\r\n"
        "Connection: close\r\n"
        "\r\n"
        "Service Unavailable";
    char unread[4096];
    ssize_t n = arrival->tls ? 0 : send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0 && recv(fd, unread, sizeof unread, MSG_DONTWAIT) >= 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}
