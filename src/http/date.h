/* Dates of HTTP (RFC 9110, section 5.6.7). */
#ifndef MOCKET_HTTP_DATE_H
#define MOCKET_HTTP_DATE_H

#include <mocket.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL, 30 bytes. */
void mocket__http_date(char text[30], int64_t unix_s);

/* Parses a date in any of the three forms that a recipient must accept. Returns seconds since 1970, or -1. The weekday
 * is ignored. A year of two digits is 1970 to 2069. */
int64_t mocket__http_date_parse(mocket_span text);

#endif
