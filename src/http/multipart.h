/* A parser for multipart/form-data (RFC 7578, RFC 2046 section 5.1) that takes bytes in any pieces and returns tokens.
 * It keeps only its position; the caller owns the bytes. */
#ifndef MOCKET_HTTP_MULTIPART_H
#define MOCKET_HTTP_MULTIPART_H

#include <mocket.h>

#include "../base/arena.h"

#define MOCKET_MULTIPART_HEAD_MAX 8192
#define MOCKET_MULTIPART_PARTS_MAX 128
#define MOCKET_BOUNDARY_MAX 70

/* A caller must be able to keep this many unused bytes. */
#define MOCKET_MULTIPART_KEEP_MAX (MOCKET_MULTIPART_HEAD_MAX + 4)

enum mocket_multipart_token {
    MOCKET_MULTIPART_MORE, /* feed more; bytes not used must be fed again, with more behind them */
    MOCKET_MULTIPART_PART, /* a part begins: data is its header block, without the empty line */
    MOCKET_MULTIPART_DATA, /* bytes of the present part */
    MOCKET_MULTIPART_PART_END,
    MOCKET_MULTIPART_END /* the last delimiter was seen; whatever follows is used up */
};

struct mocket_multipart_parser {
    char delimiter[MOCKET_BOUNDARY_MAX + 4]; /* CR LF - - boundary */
    size_t delimiter_len;
    int state;
    int parts;
};

/* boundary: of the Content-Type. 0, or MOCKET_EINVAL when it is empty, too long or holds control bytes. */
int mocket__multipart_init(struct mocket_multipart_parser *p, mocket_span boundary);

/* Parses in; at_end means that nothing will follow. Returns the number of bytes used, and sets *token to their kind and
 * *data to the head or the bytes. MOCKET_EINVAL: malformed or cut short. MOCKET_ETOOBIG: too many parts or too large a
 * head. */
ptrdiff_t mocket__multipart_next(struct mocket_multipart_parser *p, mocket_span in, bool at_end,
                                 enum mocket_multipart_token *token, mocket_span *data);

/* Name, file name and type of a part's header block, copied into the arena. 0, MOCKET_EINVAL or MOCKET_ENOMEM. */
int mocket__multipart_head(struct mocket_arena *a, mocket_span head, struct mocket_upload *out);

#endif
