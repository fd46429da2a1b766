/* JSON bodies and JSON answers. Only an app that uses them links the JSON library. */
#include "../base/span.h"
#include "../http/json.h"
#include "../http/mime.h"
#include "event.h"

static bool may_be_json(mocket_span type)
{
    return !type.ptr || mocket__mime_is(type, MOCKET_SPAN("application/json")) ||
           mocket__mime_has_suffix(type, MOCKET_SPAN("+json"));
}

int mocket_body_json(mocket_event *e, const mocket_value **out)
{
    *out = NULL;
    mocket_span body;
    if (!may_be_json(mocket__fields_join(&e->req->message.fields, mocket__arena(e), MOCKET_SPAN("content-type"))))
        return 415;
    int rc = mocket_body(e, &body);
    if (rc == 0)
        rc = mocket__json_parse(mocket__arena(e), body, out);
    return rc == MOCKET_EINVAL ? 400 : rc;
}

int mocket_json(mocket_event *e, const mocket_value *value)
{
    mocket_span text;
    int rc = mocket__json_write(mocket__arena(e), value, &text);
    return rc < 0 ? rc : mocket__answer(e, text, "application/json; charset=utf-8");
}

mocket_value *mocket_object(mocket_event *e)
{
    return mocket__json_new(mocket__arena(e), false);
}

mocket_value *mocket_array(mocket_event *e)
{
    return mocket__json_new(mocket__arena(e), true);
}
