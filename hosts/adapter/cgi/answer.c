/* The answer on standard output: `Status:`, fields, an empty line, the body (RFC 3875, section 6). Writing blocks until
 * the server has taken the bytes. The server frames the answer and adds `Date`. */
#include "../../../src/base/span.h"
#include "../../../src/http/reason.h"
#include "../merged/preview1.h"
#include "cgi.h"

#define ROOM PTRDIFF_MAX /* writing blocks: there is always room */
#define SMALL 16384u

static const void *address_of(const struct adapter_bytes *bytes)
{
    return bytes->ptr ? bytes->ptr : (const void *)(uintptr_t)bytes->app_at; /* NOLINT: one memory */
}

/* False: the server has closed its end. */
static bool write_all(mocket_span bytes)
{
    while (bytes.len > 0) {
        const struct p1_range range = { bytes.ptr, bytes.len };
        size_t done = 0;
        if (p1_fd_write(P1_STDOUT, &range, 1, &done) != 0 || done == 0)
            return false;
        bytes = mocket__span_slice(bytes, done, bytes.len);
    }
    return true;
}

static void put_line(struct mocket_buf *head, mocket_span name, mocket_span value)
{
    mocket__buf_span(head, name);
    mocket__buf_text(head, ": ");
    mocket__buf_span(head, value);
    mocket__buf_text(head, "\r\n");
}

static void put_status(struct mocket_buf *head, int status)
{
    mocket__buf_text(head, "Status: ");
    mocket__buf_decimal(head, (uint64_t)status);
    mocket__buf_text(head, " ");
    mocket__buf_text(head, mocket__reason(status));
    mocket__buf_text(head, "\r\n");
}

/* A field `Status` of the app would be the answer's status. */
static void put_head(struct mocket_buf *head, const struct adapter_answer *answer)
{
    put_status(head, answer->status);
    for (size_t i = 0; i < answer->fields.count; i++)
        if (!mocket__span_ieq(answer->fields.rows[i].name, MOCKET_SPAN("status")))
            put_line(head, answer->fields.rows[i].name, answer->fields.rows[i].value);
    mocket__buf_text(head, "\r\n");
}

static int send(struct cgi *c, const struct adapter_answer *answer, mocket_span body)
{
    struct mocket_buf head = { 0 };
    put_head(&head, answer);
    if (body.len <= SMALL) { /* one call for small answers */
        mocket__buf_span(&head, body);
        body.len = 0;
    }
    int rc = mocket__buf_status(&head);
    if (rc == 0)
        c->output = write_all(mocket__buf_view(&head)) && write_all(body) ? CGI_ANSWERED : CGI_FAILED;
    mocket__buf_release(&head);
    return rc;
}

int port_respond(struct adapter_exchange *x, const struct adapter_answer *answer, struct adapter_bytes body)
{
    return send(x->port, answer, (mocket_span){ address_of(&body), body.len });
}

int port_begin(struct adapter_exchange *x, const struct adapter_answer *answer)
{
    return send(x->port, answer, MOCKET_SPAN(""));
}

ptrdiff_t port_room(struct adapter_exchange *x)
{
    const struct cgi *c = x->port;
    return c->output == CGI_FAILED ? MOCKET_ECLOSED : ROOM;
}

ptrdiff_t port_write(struct adapter_exchange *x, struct adapter_bytes bytes)
{
    struct cgi *c = x->port;
    if (c->output == CGI_ANSWERED && !write_all((mocket_span){ address_of(&bytes), bytes.len }))
        c->output = CGI_FAILED;
    return c->output == CGI_FAILED ? MOCKET_ECLOSED : (ptrdiff_t)bytes.len;
}

void port_end(struct adapter_exchange *x)
{
    (void)x; /* the end of the run ends the answer */
}

void port_cut(struct adapter_exchange *x)
{
    struct cgi *c = x->port;
    c->output = CGI_FAILED;
}

void port_close(struct adapter_exchange *x)
{
    (void)x;
}

void cgi_answer_write(struct cgi *c, int status)
{
    struct mocket_buf head = { 0 };
    put_status(&head, status);
    mocket__buf_text(&head, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    mocket__buf_text(&head, mocket__reason(status));
    if (head.status == 0 && c->output == CGI_UNANSWERED)
        write_all(mocket__buf_view(&head));
    c->output = CGI_FAILED;
    mocket__buf_release(&head);
}
