/* What a handler sees of a request. */
#include <mocket.h>

static int line(mocket_event *e)
{
    return mocket_textf(e, "method %s\npath %s\nquery %s\nauthority %s\nhost %s", mocket_method(e), mocket_path(e),
                        mocket_query_string(e), mocket_authority(e), mocket_header(e, "Host"));
}

/* "name=[value]" for each pair, a line each. */
static int pairs(mocket_event *e, enum mocket_part part)
{
    const mocket_fields *f = mocket_fields_of(e, part);
    const char *text = mocket_format(e, "%d", (int)mocket_fields_count(f));
    for (size_t i = 0; i < mocket_fields_count(f); i++) {
        mocket_span name, value;
        mocket_fields_at(f, i, &name, &value);
        text = mocket_format(e, "%s\n%s=[%s]", text, name.ptr, value.ptr);
    }
    return mocket_text(e, text);
}

static int one(mocket_event *e, const char *value)
{
    return value ? mocket_textf(e, "[%s]", value) : mocket_text(e, "absent");
}

static int header(mocket_event *e)
{
    return one(e, mocket_header(e, mocket_param(e, "name")));
}

/* The values of one header, each alone. */
static int header_each(mocket_event *e)
{
    const mocket_fields *f = mocket_fields_of(e, MOCKET_HEADERS);
    const char *wanted = mocket_param(e, "name");
    const char *text = "each";
    for (size_t i = 0; i < mocket_fields_count(f); i++) {
        mocket_span name, value;
        mocket_fields_at(f, i, &name, &value);
        size_t k = 0;
        while (k < name.len && name.ptr[k] == wanted[k])
            k++;
        if (k == name.len && !wanted[k])
            text = mocket_format(e, "%s [%s]", text, value.ptr);
    }
    return mocket_text(e, text);
}

static int query(mocket_event *e)
{
    return one(e, mocket_query(e, mocket_param_decoded(e, "name")));
}

static int query_all(mocket_event *e)
{
    return pairs(e, MOCKET_QUERY);
}

static int cookie(mocket_event *e)
{
    return one(e, mocket_cookie(e, mocket_param(e, "name")));
}

static int cookie_all(mocket_event *e)
{
    return pairs(e, MOCKET_COOKIES);
}

static int body(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : mocket_bytes(e, bytes, NULL);
}

static int body_len(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : mocket_textf(e, "%s %zu bytes", mocket_method(e), bytes.len);
}

static int body_twice(mocket_event *e)
{
    mocket_span first, second;
    int rc = mocket_body(e, &first);
    if (rc == 0)
        rc = mocket_body(e, &second);
    return rc ? rc : mocket_textf(e, "%s+%s", first.ptr, second.ptr);
}

/* A header, looked at when the body has been read. */
static int body_header(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc : one(e, mocket_header(e, mocket_param(e, "name")));
}

static int ignore(mocket_event *e)
{
    return mocket_text(e, "ignored");
}

static int encode(mocket_event *e)
{
    mocket_span bytes;
    int rc = mocket_body(e, &bytes);
    return rc ? rc
              : mocket_textf(e, "%s\n%s\n%s", mocket_url_encode(e, bytes), mocket_url_decode(e, bytes),
                             mocket_escape(e, bytes.ptr));
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_all(app, "/body", body);
    mocket_all(app, "/body/len", body_len);
    mocket_post(app, "/body/twice", body_twice);
    mocket_post(app, "/body/header/:name", body_header);
    mocket_all(app, "/ignore", ignore);
    mocket_post(app, "/encode", encode);
    mocket_get(app, "/header/:name", header);
    mocket_get(app, "/header-each/:name", header_each);
    mocket_get(app, "/query", query_all);
    mocket_get(app, "/query/:name", query);
    mocket_get(app, "/cookies", cookie_all);
    mocket_get(app, "/cookie/:name", cookie);
    mocket_all(app, "/**", line);
    return mocket_listen(app, ":4000");
}
