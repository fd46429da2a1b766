/* Where a redirect leads (RFC 9110, section 15.4; RFC 3986, section 5). */
#ifndef MOCKET_HOSTS_ADAPTER_CORE_REDIRECT_H
#define MOCKET_HOSTS_ADAPTER_CORE_REDIRECT_H

#include "outgoing.h"

/* Sets https, authority and target from an absolute URL of http or https. 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
int adapter_url_set(struct adapter_outgoing *o, mocket_span url);
/* If the response is a redirect that the request follows: changes the request for the next server, and returns 1.
 * Returns 0 if the response is the guest's. MOCKET_EIO, MOCKET_ELIMIT, MOCKET_ENOMEM. */
int adapter_redirect(struct adapter_outgoing *o);

#endif
