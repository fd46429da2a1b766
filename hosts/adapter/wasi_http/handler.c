/* The entry: one call for each request. */
#include "../wasi/landing.h"
#include "request.h"

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void http_serve(uint32_t request,
                                                                                        uint32_t outparam);
void http_serve(uint32_t request, uint32_t outparam)
{
    landing_reset();
    struct adapter *a = adapter_open();
    struct http_request h = { .request = request, .outparam = outparam };
    struct adapter_exchange *x = a ? adapter_exchange_new(a, &h) : NULL;
    if (!x)
        __builtin_trap(); /* no memory: the platform answers 500 */
    http_request_read(x);
    adapter_serve(x);
    adapter_exchange_free(x);
    if (a->state == ADAPTER_BROKEN)
        __builtin_trap(); /* the request is answered: the platform drops the instance, and makes another one */
}
