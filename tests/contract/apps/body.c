/* Bodies as text, JSON, forms and multipart. */
#include <inttypes.h>
#include <mocket.h>
#include <string.h>

static int text(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body_text(e, &bytes);
    return rc ? rc : mocket_textf(e, "%zu [%s]", bytes.len, bytes.ptr);
}

static int json(mocket_event *e)
{
    const mocket_value *value;
    int rc = mocket_body_json(e, &value);
    return rc ? rc : mocket_json(e, value);
}

static int json_key(mocket_event *e)
{
    const mocket_value *value;
    int rc = mocket_body_json(e, &value);
    if (rc)
        return rc;
    value = mocket_value_get(value, mocket_param(e, "key"));
    return mocket_textf(e, "%s text %s int %" PRId64 " number %g bool %d count %zu", value ? "there" : "absent",
                        mocket_value_text(value, "-"), mocket_value_int(value, -1), mocket_value_number(value, -1.5),
                        mocket_value_bool(value, false), mocket_value_count(value));
}

static int json_chain(mocket_event *e)
{
    const mocket_value *value;
    int rc = mocket_body_json(e, &value);
    return rc ? rc : mocket_text(e, mocket_value_text(mocket_value_at(mocket_value_get(value, "list"), 1), "nothing"));
}

static int form(mocket_event *e)
{
    const mocket_fields *fields;
    int rc = mocket_body_form(e, &fields);
    if (rc)
        return rc;
    const char *a = mocket_fields_get(fields, "a");
    const char *out = mocket_format(e, "a is %s", a ? a : "absent");
    for (size_t i = 0; i < mocket_fields_count(fields); i++) {
        mocket_span name, value;
        mocket_fields_at(fields, i, &name, &value);
        out = mocket_format(e, "%s\n%s=[%s]", out, name.ptr, value.ptr);
    }
    return mocket_text(e, out);
}

static const char *shown(mocket_event *e, mocket_span s)
{
    return s.ptr ? mocket_format(e, "[%s]", s.ptr) : "absent";
}

static int multipart(mocket_event *e)
{
    mocket_multipart *m;
    struct mocket_upload part;
    int rc = mocket_body_multipart(e, &m);
    if (rc)
        return rc;
    const char *out = "parts";
    while ((rc = mocket_multipart_next(m, &part)) == 1) {
        mocket_span data;
        rc = mocket_multipart_data(m, &data);
        if (rc)
            return rc;
        out = mocket_format(e, "%s\nname %s file %s type %s data %zu", out, shown(e, part.name),
                            shown(e, part.filename), shown(e, part.type), data.len);
        if (memchr(data.ptr, 0, data.len) == NULL)
            out = mocket_format(e, "%s [%s]", out, data.ptr);
    }
    return rc ? rc : mocket_text(e, out);
}

/* Reads each part in small pieces, and skips every other one unread. */
static int multipart_pieces(mocket_event *e)
{
    mocket_multipart *m;
    struct mocket_upload part;
    int rc = mocket_body_multipart(e, &m);
    if (rc)
        return rc;
    const char *out = "pieces";
    for (int i = 0; (rc = mocket_multipart_next(m, &part)) == 1; i++) {
        char piece[3];
        ptrdiff_t n = 0, total = 0;
        unsigned sum = 0;
        while (i % 2 == 0 && (n = mocket_multipart_read(m, piece, sizeof piece)) > 0) {
            total += n;
            for (ptrdiff_t k = 0; k < n; k++)
                sum = sum * 31 + (unsigned char)piece[k];
        }
        if (n < 0)
            return (int)n;
        out = mocket_format(e, "%s\n%s %d %u", out, part.name.ptr, (int)total, sum);
    }
    return rc ? rc : mocket_text(e, out);
}

static int source(mocket_event *e)
{
    mocket_source *s = mocket_body_source(e);
    char piece[5];
    ptrdiff_t n;
    const char *out = mocket_body_source(e) == s ? "" : "another source ";
    while ((n = mocket_read(s, piece, sizeof piece)) > 0)
        out = mocket_format(e, "%s%.*s", out, (int)n, piece);
    return n < 0 ? (int)n : mocket_textf(e, "%s, then %d", out, (int)mocket_read(s, piece, sizeof piece));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_post(app, "/text", text);
    mocket_post(app, "/json", json);
    mocket_post(app, "/json/chain", json_chain);
    mocket_post(app, "/json/key/:key", json_key);
    mocket_post(app, "/form", form);
    mocket_post(app, "/multipart", multipart);
    mocket_post(app, "/multipart/pieces", multipart_pieces);
    mocket_post(app, "/source", source);
    return mocket_listen(app, ":4000");
}
