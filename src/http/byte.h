/* Classes of bytes in the grammars of HTTP and of URLs, in one table. */
#ifndef MOCKET_HTTP_BYTE_H
#define MOCKET_HTTP_BYTE_H

#include <stdbool.h>

enum mocket_byte_class {
    MOCKET_BYTE_TOKEN = 1,        /* of a method or a field's name: RFC 9110, section 5.6.2 */
    MOCKET_BYTE_UNRESERVED = 2,   /* RFC 3986, section 2.3 */
    MOCKET_BYTE_SUB_DELIMITER = 4 /* RFC 3986, section 2.2 */
};

extern const unsigned char mocket__byte_classes[256];

/* Returns whether the byte is in one of the classes. */
static inline bool mocket__byte_is(char c, int classes)
{
    return mocket__byte_classes[(unsigned char)c] & classes;
}

#endif
