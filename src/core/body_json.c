/* JSON bodies, answers, replies and messages. Only an app that uses them links the JSON library. */
#include "../base/span.h"
#include "../http/json.h"
#include "../http/mime.h"
#include "event.h"
#include "reply.h"

static bool may_be_json(mocket_span type)
{
    return !type.ptr || mocket__mime_is(type, MOCKET_SPAN("application/json")) ||
           mocket__mime_has_suffix(type, MOCKET_SPAN("+json"));
}

int mocket_body_json(mocket_event *e, const mocket_value **out)
{
    *out = NULL;
    mocket_span body;
    if (!may_be_json(mocket__request_field(e, MOCKET_SPAN("content-type"))))
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
    return rc < 0 ? rc : mocket__answer(e, text, MOCKET_SPAN("application/json; charset=utf-8"));
}

int mocket_value_parse(mocket_event *e, mocket_span text, const mocket_value **out)
{
    *out = NULL;
    return mocket__json_parse(mocket__arena(e), text, out);
}

int mocket_value_write(mocket_event *e, const mocket_value *value, mocket_span *out)
{
    *out = (mocket_span){ NULL, 0 };
    return mocket__json_write(mocket__arena(e), value, out);
}

int mocket_reply_json(mocket_reply *r, const mocket_value **out)
{
    mocket_span body;
    *out = NULL;
    int rc = mocket_reply_body(r, &body);
    return rc < 0 ? rc : mocket__json_parse(r->arena, body, out);
}

mocket_value *mocket_object(mocket_event *e)
{
    return mocket__json_new(mocket__arena(e), false);
}

mocket_value *mocket_array(mocket_event *e)
{
    return mocket__json_new(mocket__arena(e), true);
}
