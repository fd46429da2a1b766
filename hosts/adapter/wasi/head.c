/* Methods have the numbers of enum mocket_http_method, less 1. */
#include "head.h"

#include "../../../src/base/span.h"
#include "fields.h"
#include "imports.h"

enum { METHOD_OTHER = 9, SCHEME_HTTP = 0, SCHEME_HTTPS = 1 };

/* An option<string> that has landed, or the text of a variant. */
static mocket_span text_of(const union wasi_result *ret)
{
    if (ret->bytes[0] == 0)
        return (mocket_span){ NULL, 0 };
    return (mocket_span){ (const char *)(uintptr_t)ret->words[1], ret->words[2] }; /* NOLINT */
}

uint32_t wasi_head_read(uint32_t request, struct mocket_message *msg)
{
    union wasi_result ret;
    wasi_request_method(request, &ret);
    msg->method_text = ret.bytes[0] < METHOD_OTHER ? mocket__method_text(ret.bytes[0] + 1u) : text_of(&ret);
    wasi_request_path(request, &ret);
    msg->target = text_of(&ret);
    if (msg->target.len == 0)
        msg->target = MOCKET_SPAN("/");
    wasi_request_authority(request, &ret);
    msg->authority = text_of(&ret);
    wasi_request_scheme(request, &ret);
    msg->flags = ret.bytes[0] == 1 && ret.bytes[4] == SCHEME_HTTPS ? MOCKET_MESSAGE_TLS : 0;
    uint32_t fields = wasi_request_headers(request);
    msg->body_len = wasi_fields_length(fields);
    return fields;
}

bool wasi_head_write(uint32_t request, const struct adapter_outgoing *o)
{
    mocket_span method = o->request.method;
    unsigned number = (unsigned)mocket__method_of(method);
    uint32_t bad = wasi_outgoing_method(request, number ? number - 1 : METHOD_OTHER, method.ptr, method.len);
    bad |= wasi_outgoing_scheme(request, 1, o->https ? SCHEME_HTTPS : SCHEME_HTTP, NULL, 0);
    bad |= wasi_outgoing_authority(request, 1, o->authority.ptr, o->authority.len);
    bad |= wasi_outgoing_path(request, 1, o->target.ptr, o->target.len);
    return bad == 0;
}
