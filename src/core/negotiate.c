/* The codings that a client accepts, and the Vary field that tells caches about it (RFC 9110, section 12.5). */
#include "../base/span.h"
#include "event.h"

#define Q_ONE 1000
#define Q_LEAST 1
#define Q_UNSET (-1)

/* "0.5" in thousandths; a malformed weight counts as 0, not acceptable. */
static int q_of(mocket_span text)
{
    static const int place[] = { 1000, 0, 100, 10, 1 };
    int q = 0;
    if (text.len == 0 || text.len > 5 || text.ptr[0] > '1' || (text.len > 1 && text.ptr[1] != '.'))
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i != 1 && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return 0;
        q += i == 1 ? 0 : (text.ptr[i] - '0') * place[i];
    }
    return q > Q_ONE ? 0 : q;
}

/* The weight of one item such as "gzip;q=0.5", and its name. */
static int weight_of(mocket_span item, mocket_span *name)
{
    size_t semicolon = mocket__span_find(item, ';', 0);
    *name = mocket__span_trim(mocket__span_slice(item, 0, semicolon));
    if (semicolon == item.len)
        return Q_ONE;
    mocket_span weight = mocket__span_trim(mocket__span_slice(item, semicolon + 1, item.len));
    if (!mocket__span_ieq(mocket__span_slice(weight, 0, 2), MOCKET_SPAN("q=")))
        return 0;
    return q_of(mocket__span_slice(weight, 2, weight.len));
}

/* x-gzip is an old name of gzip (RFC 9110, section 8.4.1.3). */
static bool same_coding(mocket_span name, mocket_span coding)
{
    mocket_span old = mocket__span_slice(name, 0, 2);
    if (mocket__span_ieq(old, MOCKET_SPAN("x-")) && mocket__span_ieq(coding, MOCKET_SPAN("gzip")))
        name = mocket__span_slice(name, 2, name.len);
    return mocket__span_ieq(name, coding);
}

int mocket_accepts_encoding(mocket_event *e, const char *coding)
{
    mocket_span list = mocket__request_field(e, MOCKET_SPAN("accept-encoding"));
    mocket_span wanted = mocket__span(coding), item, name;
    bool identity = mocket__span_ieq(wanted, MOCKET_SPAN("identity"));
    int named = Q_UNSET, any = Q_UNSET;
    for (size_t at = 0; (item = mocket__span_list_next(list, &at)).ptr;) {
        int q = weight_of(item, &name);
        if (same_coding(name, wanted))
            named = q;
        else if (mocket__span_eq(name, MOCKET_SPAN("*")))
            any = q;
    }
    if (named != Q_UNSET)
        return named;
    if (any != Q_UNSET)
        return any;
    return !identity ? 0 : list.ptr ? Q_LEAST : Q_ONE; /* always acceptable unless it was refused */
}

static bool lists(mocket_span list, mocket_span name)
{
    mocket_span item;
    for (size_t at = 0; (item = mocket__span_list_next(list, &at)).ptr;)
        if (mocket__span_ieq(item, name) || mocket__span_eq(item, MOCKET_SPAN("*")))
            return true;
    return false;
}

void mocket_vary(mocket_event *e, const char *name)
{
    mocket_span had = mocket__span(mocket_response_header(e, "Vary")), more = mocket__span(name);
    if (lists(had, more))
        return;
    char *both = had.len ? mocket_mem(e, had.len + more.len + 3) : NULL;
    if (both) {
        memcpy(both, had.ptr, had.len);
        memcpy(both + had.len, ", ", 2);
        memcpy(both + had.len + 2, more.ptr, more.len);
    }
    mocket_header_set(e, "Vary", both ? both : name);
}
