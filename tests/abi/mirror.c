/* A guest for the golden messages: it answers every request with what it sees of it, in lines of tests/abi/golden, and
 * POST /answer with the answer that the body describes: the status, then a field a line. */
#include <mocket.h>
#include <stdlib.h>
#include <string.h>

/* Is a field of that name among the first n? */
static bool is_known(const mocket_fields *f, size_t n, mocket_span name)
{
    for (size_t i = 0; i < n; i++) {
        mocket_span other;
        mocket_fields_at(f, i, &other, NULL);
        if (other.len == name.len && memcmp(other.ptr, name.ptr, name.len) == 0)
            return true;
    }
    return false;
}

static int show(mocket_event *e)
{
    const char *query = mocket_query_string(e);
    const mocket_fields *f = mocket_fields_of(e, MOCKET_HEADERS);
    mocket_span body;
    char *text =
        mocket_format(e, "method %s\ntarget %s%s%s", mocket_method(e), mocket_path(e), query[0] ? "?" : "", query);
    for (size_t i = 0; i < mocket_fields_count(f); i++) {
        mocket_span name;
        mocket_fields_at(f, i, &name, NULL);
        if (!is_known(f, i, name))
            text = mocket_format(e, "%s\nfield %s: %s", text, name.ptr, mocket_header(e, name.ptr));
    }
    int rc = mocket_body(e, &body);
    if (rc)
        return rc;
    size_t head_len = strlen(text);
    char *whole = mocket_mem(e, head_len + 6 + body.len);
    if (!whole)
        return MOCKET_ENOMEM;
    memcpy(whole, text, head_len);
    memcpy(whole + head_len, "\nbody ", 6);
    memcpy(whole + head_len + 6, body.ptr, body.len);
    return mocket_bytes(e, (mocket_span){ whole, head_len + 6 + body.len }, NULL);
}

static int answer(mocket_event *e)
{
    mocket_span body;
    int rc = mocket_body(e, &body);
    if (rc)
        return rc;
    bool typed = false;
    char *text = mocket_format(e, "%s", body.ptr), *line = strchr(text, '\n');
    while (line) {
        char *name = line + 1, *value = strstr(name, ": ");
        line = strchr(name, '\n');
        if (line)
            *line = '\0';
        if (!value)
            return 400;
        *value = '\0';
        typed |= strcmp(name, "Content-Type") == 0;
        mocket_header_add(e, name, value + 2);
    }
    mocket_status(e, atoi(text));
    return typed ? mocket_text(e, "") : mocket_empty(e, atoi(text)); /* which has no Content-Type */
}

/* A middleware sees `*` too, and every method. */
static int mirror(mocket_event *e)
{
    return strcmp(mocket_path(e), "/answer") == 0 ? answer(e) : show(e);
}

int main(void)
{
    mocket_app *app = mocket_new();
    mocket_use(app, NULL, mirror, NULL);
    return mocket_listen(app, ":4000");
}
