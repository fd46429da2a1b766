/* What the apps about templates share. */
#include <mocket.h>

/* Answers "LABEL name="value" ...": the label the route was registered with and its parameters. */
static inline int show(mocket_event *e)
{
    const mocket_fields *params = mocket_fields_of(e, MOCKET_PARAMS);
    const char *text = mocket_data(e);
    for (size_t i = 0; i < mocket_fields_count(params); i++) {
        mocket_span name, value;
        mocket_fields_at(params, i, &name, &value);
        text = mocket_format(e, "%s %s=\"%s\"", text, name.ptr, value.ptr);
    }
    return mocket_text(e, text);
}

/* An app with one route, for templates that would catch each other's paths. */
static inline int listen_with(const char *method, const char *template)
{
    mocket_app *app = mocket_new();
    mocket_on(app, method, template, show, (void *)template);
    return mocket_listen(app, ":4000");
}
