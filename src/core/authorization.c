/* Functions that both authentication middlewares use. */
#include "../base/span.h"
#include "event.h"

const char *mocket_authorization(mocket_event *e, const char *scheme)
{
    mocket_span wanted = mocket__span(scheme);
    mocket_span value = mocket__request_field(e, MOCKET_SPAN("authorization"));
    if (value.len <= wanted.len || value.ptr[wanted.len] != ' ' ||
        !mocket__span_ieq(mocket__span_slice(value, 0, wanted.len), wanted))
        return NULL;
    const char *credentials = value.ptr + wanted.len;
    return credentials + strspn(credentials, " ");
}

bool mocket_same_secret(const char *given, const char *secret)
{
    size_t given_len = strlen(given), secret_len = strlen(secret);
    unsigned char differs = given_len != secret_len;
    for (size_t i = 0; i < given_len; i++)
        differs |= (unsigned char)(given[i] ^ secret[secret_len ? i % secret_len : 0]);
    return !differs;
}
