/* Conditional requests (RFC 9110, section 13): the client wants the answer only if the content has changed, or only if
 * it has not. */
#include <time.h>

#include "../base/span.h"
#include "../http/date.h"
#include "event.h"

struct tag {
    bool weak;
    mocket_span text; /* without its quotes */
};

/* The next entity tag of a list; tags may hold commas. False at the end, and at what is no tag. */
static bool next_tag(mocket_span list, size_t *at, struct tag *out)
{
    while (*at < list.len && (list.ptr[*at] == ',' || list.ptr[*at] == ' ' || list.ptr[*at] == '\t'))
        (*at)++;
    out->weak = mocket__span_eq(mocket__span_slice(list, *at, *at + 2), MOCKET_SPAN("W/"));
    size_t from = *at + (out->weak ? 2 : 0);
    if (from >= list.len || list.ptr[from] != '"')
        return false;
    size_t end = mocket__span_find(list, '"', from + 1);
    if (end == list.len)
        return false;
    out->text = mocket__span_slice(list, from + 1, end);
    *at = end + 1;
    return true;
}

enum comparison { WEAK, STRONG };

/* Returns whether etag is one of the list's tags. "*" is every tag. */
static bool has_tag(mocket_span list, const char *etag, enum comparison how)
{
    struct tag ours, theirs;
    size_t at = 0;
    if (mocket__span_eq(mocket__span_trim(list), MOCKET_SPAN("*")))
        return true;
    if (!etag || !next_tag(mocket__span(etag), &at, &ours))
        return false;
    for (at = 0; next_tag(list, &at, &theirs);)
        if (mocket__span_eq(ours.text, theirs.text) && (how == WEAK || (!ours.weak && !theirs.weak)))
            return true;
    return false;
}

static mocket_span field(mocket_event *e, const char *name)
{
    return mocket__request_field(e, mocket__span(name));
}

/* Returns the date of a field, -1 if it is absent or malformed. */
static int64_t date_of(mocket_event *e, const char *name)
{
    mocket_span text = field(e, name);
    return text.ptr ? mocket__http_date_parse(text) : -1;
}

/* Methods that neither select nor change a representation: conditions are ignored (RFC 9110, section 13.2.1). */
static bool is_about_nothing(enum mocket_http_method method)
{
    return method == MOCKET_METHOD_OPTIONS || method == MOCKET_METHOD_TRACE || method == MOCKET_METHOD_CONNECT;
}

int mocket_precondition(mocket_event *e, const char *etag, int64_t modified_s)
{
    enum mocket_http_method method = e->req->message.method;
    bool reads = method == MOCKET_METHOD_GET || method == MOCKET_METHOD_HEAD;
    if (is_about_nothing(method))
        return 0;
    mocket_span match = field(e, "if-match"), none_match = field(e, "if-none-match");
    int64_t unmodified_since = match.ptr ? -1 : date_of(e, "if-unmodified-since");
    if (match.ptr && !has_tag(match, etag, STRONG))
        return 412;
    if (unmodified_since >= 0 && modified_s > unmodified_since)
        return 412;
    if (none_match.ptr)
        return !has_tag(none_match, etag, WEAK) ? 0 : reads ? 304 : 412;
    int64_t modified_since = reads && modified_s >= 0 ? date_of(e, "if-modified-since") : -1;
    return modified_since >= 0 && modified_s <= modified_since ? 304 : 0;
}

/* A date is a strong validator when its second is over: within it the content may change twice (RFC 9110, section
 * 8.8.2.2). */
bool mocket_if_range(mocket_event *e, const char *etag, int64_t modified_s)
{
    mocket_span condition = mocket__span_trim(field(e, "if-range"));
    bool is_tag = condition.len > 0 && condition.ptr[condition.len - 1] == '"';
    if (!condition.ptr)
        return true;
    if (is_tag)
        return etag && etag[0] == '"' && mocket__span_eq(condition, mocket__span(etag));
    int64_t date = mocket__http_date_parse(condition);
    return date >= 0 && date == modified_s && date < time(NULL);
}

const char *mocket_date(mocket_event *e, int64_t unix_s)
{
    char text[30];
    mocket__http_date(text, unix_s);
    return mocket__arena_text(mocket__arena(e), mocket__span(text));
}
