/* Answers: what is sent by default, what handlers may set, and what they may not. */
#include <mocket.h>
#include <stdlib.h>

static int nothing(mocket_event *e)
{
    return mocket_bytes(e, (mocket_span){ "", 0 }, NULL);
}

static int text(mocket_event *e)
{
    return mocket_text(e, "100%s text: \xc3\xa4");
}

static int html(mocket_event *e)
{
    return mocket_html(
        e, mocket_format(e, "<p>%s</p>", mocket_escape(e, mocket_query(e, "q") ? mocket_query(e, "q") : "")));
}

static int bytes(mocket_event *e)
{
    return mocket_bytes(e, (mocket_span){ "a\0b\xff", 4 }, NULL);
}

static int typed_bytes(mocket_event *e)
{
    return mocket_bytes(e, (mocket_span){ "<svg/>", 6 }, "image/svg+xml");
}

static int json(mocket_event *e)
{
    mocket_value *o = mocket_object(e);
    mocket_value *list = mocket_array(e);
    mocket_value_add_int(list, -9007199254740993);
    mocket_value_add_number(list, 0.5);
    mocket_value_add_text(list, "a\"b\\c\n\x01</");
    mocket_value_add_text(list, NULL);
    mocket_value_add_bool(list, true);
    mocket_value_add_value(list, mocket_object(e));
    mocket_value_set_text(o, "z", "first");
    mocket_value_set_int(o, "a", 1);
    mocket_value_set_value(o, "list", list);
    mocket_value_set_text(o, "z", "again");
    mocket_value_set_bool(o, "no", false);
    mocket_value_set_text(o, "nil", NULL);
    mocket_value_set_number(o, "n", 3);
    mocket_value_add_int(list, 7); /* the object has a copy */
    return mocket_json(e, o);
}

static int json_nan(mocket_event *e)
{
    mocket_value *o = mocket_object(e);
    mocket_value_set_number(o, "n", strtod("nan", NULL));
    return mocket_json(e, o);
}

static int json_not_utf8(mocket_event *e)
{
    mocket_value *o = mocket_object(e);
    mocket_value_set_text(o, "t", "\xff");
    return mocket_json(e, o);
}

static int own_type(mocket_event *e)
{
    mocket_header_set(e, "content-type", "text/markdown");
    return mocket_text(e, "# own");
}

static int own_type_json(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "application/problem+json");
    return mocket_json(e, mocket_object(e));
}

static int last_answer(mocket_event *e)
{
    mocket_html(e, "<p>first</p>");
    return mocket_text(e, "second");
}

static int status(mocket_event *e)
{
    mocket_status(e, (int)strtol(mocket_param(e, "code"), NULL, 10));
    return mocket_text(e, "body");
}

static int empty(mocket_event *e)
{
    return mocket_empty(e, (int)strtol(mocket_param(e, "code"), NULL, 10));
}

static int empty_after_status(mocket_event *e)
{
    mocket_status(e, 201);
    return mocket_empty(e, 0);
}

static int text_then_empty(mocket_event *e)
{
    mocket_text(e, "gone");
    return mocket_empty(e, 204);
}

static int redirect(mocket_event *e)
{
    return mocket_redirect(e, (int)strtol(mocket_param(e, "code"), NULL, 10), mocket_query(e, "to"));
}

/* ---- Headers ---- */

static int headers(mocket_event *e)
{
    mocket_header_set(e, "X-One", "1");
    mocket_header_set(e, "x-ONE", "2");
    mocket_header_add(e, "X-Two", "a");
    mocket_header_add(e, "X-Two", "b");
    mocket_header_set(e, "X-Gone", "here");
    mocket_header_set(e, "x-gone", NULL);
    mocket_header_add(e, "X-Three", "a");
    mocket_header_add(e, "x-three", "b");
    mocket_header_set(e, "X-Three", "c");
    mocket_header_set(e, "X-Empty", "");
    mocket_header_set(e, "X-CaSe", "kept");
    mocket_header_set(e, "X-Tab", "a\tb");
    return mocket_text(e, "headers");
}

static int framing(mocket_event *e)
{
    mocket_header_set(e, "Content-Length", "3");
    mocket_header_set(e, "Transfer-Encoding", "gzip");
    mocket_header_set(e, "Keep-Alive", "timeout=5");
    mocket_header_set(e, "Upgrade", "h2c");
    return mocket_text(e, "framing");
}

static int own_date(mocket_event *e)
{
    mocket_header_set(e, "Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    return mocket_text(e, "date");
}

static int says_close(mocket_event *e)
{
    mocket_header_set(e, "Connection", "close");
    return mocket_text(e, "bye");
}

struct bad_header {
    const char *name, *value;
};

static const struct bad_header bad_headers[] = {
    { "X Bad", "v" },
    { "", "v" },
    { "X-Bad:", "v" },
    { "X-B\xc3\xa4", "v" },
    { "X-Bad", "a\rb" },
    { "X-Bad", "a\nb" },
    { "X-Bad", "a\r\nX-Evil: 1" },
    { "X\r\nEvil", "1" },
    { "Content-Type", "text/html\r\nX-Evil: 1" },
    { "X-Bad",
      "a\x01"
      "b" },
    { "X-Bad", "a\x1b[31m" },
    { "X-Bad", "\x7f" },
};

static int bad_header(mocket_event *e)
{
    const struct bad_header *bad = &bad_headers[strtoul(mocket_param(e, "i"), NULL, 10)];
    mocket_header_set(e, bad->name, bad->value);
    return mocket_text(e, "must not be seen");
}

static int bad_header_add(mocket_event *e)
{
    const struct bad_header *bad = &bad_headers[strtoul(mocket_param(e, "i"), NULL, 10)];
    mocket_header_add(e, bad->name, bad->value);
    return mocket_text(e, "must not be seen");
}

static int bad_type(mocket_event *e)
{
    return mocket_bytes(e, (mocket_span){ "x", 1 }, "text/html\r\nX-Evil: 1");
}

static int bad_location(mocket_event *e)
{
    return mocket_redirect(e, 0, "/a\r\nX-Evil: 1");
}

/* ---- Merge ---- */

static int outer(mocket_event *e)
{
    mocket_header_set(e, "X-Both", "middleware");
    mocket_header_set(e, "X-Before", "kept");
    mocket_status(e, 203);
    int rc = mocket_next(e);
    mocket_header_set(e, "X-After", "late");
    return rc;
}

static int merged(mocket_event *e)
{
    mocket_header_set(e, "X-Both", "handler");
    return mocket_text(e, "merged");
}

static int merged_status(mocket_event *e)
{
    mocket_status(e, 201);
    return mocket_text(e, "merged");
}

static int content_before(mocket_event *e)
{
    mocket_header_set(e, "Content-Type", "image/png");
    mocket_header_set(e, "Content-Language", "de");
    mocket_header_set(e, "Content-Encoding", "gzip");
    mocket_header_set(e, "ETag", "\"1\"");
    mocket_header_set(e, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    mocket_header_set(e, "Cache-Control", "max-age=9");
    mocket_header_set(e, "Expires", "Sun, 06 Nov 2094 08:49:37 GMT");
    mocket_header_set(e, "X-Kept", "yes");
    mocket_header_add(e, "Vary", "Origin");
    mocket_cookie_set(e, "kept", "yes", NULL);
    return mocket_next(e);
}

static int not_found(mocket_event *e)
{
    (void)e;
    return 404;
}

static int answer_then_fail(mocket_event *e)
{
    mocket_status(e, 201);
    mocket_html(e, "<p>not this</p>");
    return 503;
}

static int large(mocket_event *e)
{
    size_t len = strtoul(mocket_param(e, "len"), NULL, 10);
    char *room = mocket_mem(e, len + 1);
    if (!room)
        return MOCKET_ENOMEM;
    for (size_t i = 0; i < len; i++)
        room[i] = (char)('a' + i % 26);
    return mocket_bytes(e, (mocket_span){ room, len }, "text/plain");
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_use(app, "/merge", outer, NULL);
    mocket_use(app, "/content", content_before, NULL);
    mocket_get(app, "/nothing", nothing);
    mocket_get(app, "/text", text);
    mocket_get(app, "/html", html);
    mocket_get(app, "/bytes", bytes);
    mocket_get(app, "/bytes/typed", typed_bytes);
    mocket_get(app, "/json", json);
    mocket_get(app, "/json/nan", json_nan);
    mocket_get(app, "/json/utf8", json_not_utf8);
    mocket_get(app, "/own", own_type);
    mocket_get(app, "/own/json", own_type_json);
    mocket_get(app, "/last", last_answer);
    mocket_get(app, "/status/:code", status);
    mocket_get(app, "/empty/:code", empty);
    mocket_get(app, "/empty-after", empty_after_status);
    mocket_get(app, "/text-empty", text_then_empty);
    mocket_get(app, "/redirect/:code", redirect);
    mocket_get(app, "/headers", headers);
    mocket_get(app, "/framing", framing);
    mocket_get(app, "/date", own_date);
    mocket_get(app, "/close", says_close);
    mocket_get(app, "/bad/:i", bad_header);
    mocket_get(app, "/bad-add/:i", bad_header_add);
    mocket_get(app, "/bad-type", bad_type);
    mocket_get(app, "/bad-location", bad_location);
    mocket_get(app, "/merge/plain", merged);
    mocket_get(app, "/merge/status", merged_status);
    mocket_get(app, "/content/error", not_found);
    mocket_get(app, "/content/answered", answer_then_fail);
    mocket_get(app, "/content/fine", text);
    mocket_get(app, "/large/:len", large);
    return mocket_listen(app, ":4000");
}
