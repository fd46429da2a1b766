/* Reason phrases of the IANA status registry. */
#ifndef MOCKET_HTTP_REASON_H
#define MOCKET_HTTP_REASON_H

/* Returns the reason phrase, or Returns the reason phrase, or "" for a status that is not registered. */
const char *mocket__reason(int status);

#endif
