/* The entry, the request's body, and waiting. A run answers one request.
 *
 * Exit codes: 0, the answer is complete; 1, it is not, or the app could not be started; 2, this was not started as
 * CGI. */
#include "../../../src/base/deadline.h"
#include "../../../src/base/span.h"
#include "../merged/merged.h"
#include "../merged/preview1.h"
#include "cgi.h"

static struct cgi here = { .left = 0 };

struct cgi *cgi_here(void)
{
    return &here;
}

static _Noreturn void refuse_run(void)
{
    port_log(
        MOCKET_LOG_ERROR,
        MOCKET_SPAN("no REQUEST_METHOD in the environment: this module answers one CGI request. A CGI server starts "
                    "it; by hand: wasmtime run --env REQUEST_METHOD=GET --env PATH_INFO=/ FILE"));
    p1_proc_exit(2);
}

__attribute__((export_name("_start"))) void cgi_start(void);
void cgi_start(void)
{
    struct cgi *c = cgi_here();
    struct adapter *a = adapter_open();
    struct adapter_exchange *x = a ? adapter_exchange_new(a, c) : NULL;
    if (!x) {
        cgi_answer_write(c, 503);
        p1_proc_exit(1);
    }
    if (!cgi_request_read(x, c))
        refuse_run();
    adapter_serve(x);
    if (c->output != CGI_ANSWERED || a->state == ADAPTER_BROKEN)
        p1_proc_exit(1);
}

void port_exited(void)
{
    struct cgi *c = cgi_here();
    if (c->output == CGI_UNANSWERED)
        cgi_answer_write(c, 500);
}

int port_fields(struct adapter_exchange *x)
{
    (void)x; /* the message is complete from the beginning */
    return 0;
}

/* ---- Waiting ---- */

/* Waits for standard input, if `input` is set, until the time. Returns whether standard input can be read. */
static bool wait(bool input, uint64_t ns)
{
    struct p1_subscription in[2] = { { .kind = P1_READ, .id = P1_STDIN } };
    struct p1_event out[2];
    size_t count = input ? 1 : 0, stored = 0;
    if (ns != MOCKET_NEVER)
        in[count++] = (struct p1_subscription){ .kind = P1_CLOCK, .id = P1_MONOTONIC, .timeout_ns = ns };
    if (count == 0 || p1_poll_oneoff(in, out, count, &stored) != 0)
        return input; /* a platform without poll_oneoff: reading waits */
    for (size_t i = 0; i < stored; i++)
        if (out[i].kind == P1_READ)
            return true;
    return false;
}

void port_wait(struct adapter_awaited *rows, size_t count, uint64_t until_ns)
{
    struct cgi *c = cgi_here();
    bool input = false, output = false;
    for (size_t i = 0; i < count; i++) {
        input |= rows[i].kind == ADAPTER_WAIT_READ;
        output |= rows[i].ready = rows[i].kind == ADAPTER_WAIT_WRITE;
    }
    uint64_t ns =
        output ? 0 : mocket__deadline_left(until_ns, until_ns == MOCKET_NEVER ? 0 : port_now_ns(P1_MONOTONIC));
    if (input)
        c->readable = c->readable || wait(true, ns);
    else if (ns > 0)
        wait(false, ns);
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == ADAPTER_WAIT_READ)
            rows[i].ready = c->readable;
}

/* ---- The body ---- */

ptrdiff_t port_read(struct adapter_exchange *x, void *to, size_t cap)
{
    struct cgi *c = x->port;
    size_t done = 0;
    if (c->left == 0)
        return 0;
    if (c->malformed)
        return MOCKET_EINVAL;
    if (!c->readable && !wait(true, 0))
        return MOCKET_EAGAIN;
    c->readable = false;
    if (c->left >= 0 && cap > (uint64_t)c->left)
        cap = (size_t)c->left;
    const struct p1_range range = { to, cap };
    if (p1_fd_read(P1_STDIN, &range, 1, &done) != 0)
        return MOCKET_EINVAL;
    if (done == 0)
        return c->left > 0 ? MOCKET_EINVAL : 0; /* cut short, or the end of a body of unknown length */
    if (c->left > 0)
        c->left -= (int64_t)done;
    return (ptrdiff_t)done;
}
