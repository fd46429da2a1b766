/* Bytes to the client. Answers gather in a buffer of the connection and are sent once a turn, so that a pipeline of
 * small answers costs few calls of the platform. */
#include "../../../src/base/span.h"
#include "../../../src/http/reason.h"
#include "../../../src/wire/h1_write.h"
#include "conn.h"
#include "sockets.h"

enum { PIECE = 262144 /* of one write, so that a slow client's progress is noticed */ };

static void fail(struct server_conn *c, const union wasi_result *ret, size_t at)
{
    if (ret->bytes[at] == 0) /* the case of stream-error with an error inside */
        wasi_error_drop(ret->words[at / 4 + 1]);
    conn_break(c);
}

/* What the stream takes now; 0: it is busy, or the connection is broken. */
static size_t room(struct server_conn *c)
{
    union wasi_result ret;
    wasi_write_room(c->output - 1, &ret);
    if (ret.bytes[0] != 0) {
        fail(c, &ret, 8);
        return 0;
    }
    c->busy = ret.longs[1] == 0;
    return ret.longs[1] < PIECE ? (size_t)ret.longs[1] : PIECE;
}

void conn_flush(struct server_conn *c)
{
    union wasi_result ret;
    size_t most = c->broken || (conn_unsent(c) == 0 && !c->busy) ? 0 : room(c);
    while (most > 0 && conn_unsent(c) > 0 && !c->broken) {
        size_t n = conn_unsent(c) < most ? conn_unsent(c) : most;
        wasi_write(c->output - 1, c->out.ptr + c->out_at, n, &ret);
        if (ret.bytes[0] != 0) {
            fail(c, &ret, 4);
            return;
        }
        c->out_at += n;
        c->progressed = true;
        most = room(c);
    }
    if (conn_unsent(c) == 0 && c->out.len > 0) {
        c->out_at = 0;
        if (c->out.cap > PIECE)
            mocket__buf_release(&c->out);
        else
            mocket__buf_reset(&c->out);
    }
}

void conn_refuse(struct server_conn *c, int status)
{
    struct mocket_field rows[] = {
        { .name = MOCKET_SPAN("Content-Type"), .value = MOCKET_SPAN("text/plain; charset=utf-8") },
        { .name = MOCKET_SPAN("Retry-After"), .value = MOCKET_SPAN("1") },
    };
    struct mocket_fields fields = { .rows = rows, .count = status == 503 ? 2 : 1, .cap = 2 };
    mocket_span text = mocket__span(mocket__reason(status));
    struct mocket_h1_answer a = { .status = status, .fields = &fields, .body_len = (int64_t)text.len };
    a.date = server_date(c->server);
    mocket__h1_write_head(&c->out, &a);
    mocket__buf_span(&c->out, text);
    conn_advance(c, CONN_DISCARDING);
    if (mocket__buf_status(&c->out) < 0)
        conn_break(c);
}
