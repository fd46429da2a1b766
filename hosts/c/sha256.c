/* The hash names a module: in the cache of compiled modules, in log lines, and in bundles. libmd computes it. */
#include "sha256.h"

#include <assert.h>
#include <sha2.h>

static_assert(HOST_SHA256_LEN == SHA256_DIGEST_LENGTH, "bytes of a SHA-256");

void host_sha256(mocket_span bytes, unsigned char sum[HOST_SHA256_LEN])
{
    SHA2_CTX hash;
    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)bytes.ptr, bytes.len);
    SHA256Final(sum, &hash);
}

void host_sha256_text(mocket_span bytes, char hex[HOST_SHA256_HEX])
{
    unsigned char sum[HOST_SHA256_LEN];
    host_sha256(bytes, sum);
    host_hex(hex, sum, sizeof sum);
}

char *host_hex(char *at, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        *at++ = "0123456789abcdef"[bytes[i] >> 4];
        *at++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *at = '\0';
    return at;
}
