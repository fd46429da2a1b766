/* Server-Sent Events: lines of text in an answer that goes on (the HTML standard, section 9.2).
 *
 * An event is written in one piece. So between two calls the stream consists of whole events: a client never waits for
 * the rest of an event, and a comment may be inserted anywhere. A line of data ends at CR, LF or both, as in the
 * client's parser. Each line gets its own `data:`, so that text cannot forge fields.
 *
 * Two headers are for proxies. no-store: a proxy must not store or replay a stream. X-Accel-Buffering: no tells nginx,
 * and other proxies that adopted it, to pass each piece on at once. */
#include <string.h>

#include "../base/buf.h"
#include "../base/span.h"
#include "event.h"

#define COMMENT_EVERY_MS 15000 /* what the standard recommends */

static void set_unless_set(mocket_event *e, const char *name, const char *value)
{
    if (!mocket_response_header(e, name))
        mocket_header_set(e, name, value);
}

/* The first piece sends the head; browsers accept only this type. HEAD gets only the head; without an error its handler
 * would never end. */
static int put(mocket_event *e, mocket_span piece)
{
    if (!mocket_response_committed(e)) {
        mocket_header_set(e, "Content-Type", "text/event-stream");
        set_unless_set(e, "Cache-Control", "no-store");
        set_unless_set(e, "X-Accel-Buffering", "no");
    }
    int rc = mocket_write(e, piece);
    return rc == 0 && e->req->message.method == MOCKET_METHOD_HEAD ? MOCKET_ECLOSED : rc;
}

static int put_and_release(mocket_event *e, struct mocket_buf *b)
{
    int rc = mocket__buf_status(b);
    if (rc == 0)
        rc = put(e, mocket__buf_view(b));
    mocket__buf_release(b);
    return rc;
}

static void add_field(struct mocket_buf *b, const char *name, mocket_span value)
{
    mocket__buf_text(b, name);
    mocket__buf_span(b, value);
    mocket__buf_text(b, "\n");
}

/* Data that ends in a line end has an empty last line: the client puts the line ends back between them. */
static void add_data(struct mocket_buf *b, const char *data)
{
    for (;;) {
        size_t len = strcspn(data, "\r\n");
        add_field(b, "data: ", (mocket_span){ data, len });
        data += len;
        if (!*data)
            return;
        data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
    }
}

static bool is_one_line(const char *text)
{
    return !text || !text[strcspn(text, "\r\n")];
}

int mocket_sse(mocket_event *e, const char *event, const char *id, const char *data)
{
    struct mocket_buf b = { 0 };
    if (!is_one_line(event) || !is_one_line(id))
        return MOCKET_EINVAL;
    if (event)
        add_field(&b, "event: ", mocket__span(event));
    if (id)
        add_field(&b, "id: ", mocket__span(id));
    add_data(&b, data ? data : "");
    mocket__buf_text(&b, "\n");
    return put_and_release(e, &b);
}

int mocket_sse_retry(mocket_event *e, uint32_t ms)
{
    struct mocket_buf b = { 0 };
    mocket__buf_text(&b, "retry: ");
    mocket__buf_decimal(&b, ms);
    mocket__buf_text(&b, "\n\n");
    return put_and_release(e, &b);
}

int mocket_sse_sleep(mocket_event *e, uint32_t ms)
{
    int rc = put(e, (mocket_span){ NULL, 0 }); /* a client learns at once that it is connected */
    for (; rc == 0 && ms > COMMENT_EVERY_MS; ms -= COMMENT_EVERY_MS) {
        rc = mocket_sleep(e, COMMENT_EVERY_MS);
        if (rc == 0)
            rc = put(e, MOCKET_SPAN(":\n\n"));
    }
    return rc == 0 ? mocket_sleep(e, ms) : rc;
}

const char *mocket_sse_last_id(mocket_event *e)
{
    return mocket_header(e, "Last-Event-ID");
}
