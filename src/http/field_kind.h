/* Which fields belong to the connection or to the framing of one message (RFC 9110, section 7.6.1): the one table by
 * which heads are read, written and passed on. */
#ifndef MOCKET_HTTP_FIELD_KIND_H
#define MOCKET_HTTP_FIELD_KIND_H

#include "../base/span.h"

enum mocket_field_kind {
    MOCKET_FIELD_PLAIN,
    MOCKET_FIELD_HOP, /* for one connection only, with no further meaning here */
    MOCKET_FIELD_CONNECTION,
    MOCKET_FIELD_UPGRADE,
    MOCKET_FIELD_TRANSFER_ENCODING,
    MOCKET_FIELD_EXPECT,
    MOCKET_FIELD_LAST_HOP = MOCKET_FIELD_EXPECT, /* up to here: hop-by-hop */
    MOCKET_FIELD_CONTENT_LENGTH,
    MOCKET_FIELD_HOST,
    MOCKET_FIELD_DATE
};

#define MOCKET_FIELD_KINDS(X)                                                                                          \
    X("host", HOST)                                                                                                    \
    X("connection", CONNECTION)                                                                                        \
    X("content-length", CONTENT_LENGTH)                                                                                \
    X("date", DATE)                                                                                                    \
    X("transfer-encoding", TRANSFER_ENCODING)                                                                          \
    X("expect", EXPECT)                                                                                                \
    X("upgrade", UPGRADE)                                                                                              \
    X("keep-alive", HOP)                                                                                               \
    X("proxy-connection", HOP)                                                                                         \
    X("te", HOP)                                                                                                       \
    X("trailer", HOP)

static inline enum mocket_field_kind mocket__field_kind(mocket_span name)
{
#define MOCKET_FIELD_KIND_ROW(text, kind) { { text, sizeof(text) - 1 }, MOCKET_FIELD_##kind },
#define MOCKET_FIELD_KIND_LEN(text, kind) | UINT32_C(1) << (sizeof(text) - 1)
    static const struct {
        mocket_span name;
        enum mocket_field_kind kind;
    } rows[] = { MOCKET_FIELD_KINDS(MOCKET_FIELD_KIND_ROW) };
    static const uint32_t lengths = 0 MOCKET_FIELD_KINDS(MOCKET_FIELD_KIND_LEN); /* one look for nearly every name */
#undef MOCKET_FIELD_KIND_ROW
#undef MOCKET_FIELD_KIND_LEN
    if (name.len >= 32 || !(lengths >> name.len & 1))
        return MOCKET_FIELD_PLAIN;
    char first = mocket__lower(name.ptr[0]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].name.len == name.len && rows[i].name.ptr[0] == first && mocket__span_ieq(rows[i].name, name))
            return rows[i].kind;
    return MOCKET_FIELD_PLAIN;
}

#endif
