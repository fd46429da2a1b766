/* Dates of HTTP (RFC 9110, section 5.6.7). */
#ifndef MOCKET_HTTP_DATE_H
#define MOCKET_HTTP_DATE_H

#include <mocket.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL, 30 bytes. */
void mocket__http_date(char text[30], int64_t unix_s);

/* Seconds since 1970 of any of the three forms a recipient must take, or -1. The weekday is not looked at; two digits
 * of a year are 1970 to 2069. */
int64_t mocket__http_date_parse(mocket_span text);

#endif
