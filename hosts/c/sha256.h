/* SHA-256 of bytes, and bytes as text. */
#ifndef MOCKET_HOSTS_C_SHA256_H
#define MOCKET_HOSTS_C_SHA256_H

#include <mocket.h>

#define HOST_SHA256_LEN 32
#define HOST_SHA256_HEX (2 * HOST_SHA256_LEN + 1) /* of a hash as text, with the NUL */

void host_sha256(mocket_span bytes, unsigned char sum[HOST_SHA256_LEN]);
/* The hash as text. */
void host_sha256_text(mocket_span bytes, char hex[HOST_SHA256_HEX]);
/* Writes two hexadecimal digits for each byte, and a NUL. Returns the place of the NUL. */
char *host_hex(char *at, const unsigned char *bytes, size_t len);

#endif
