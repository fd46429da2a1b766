/* The guest ABI, version 1: the numbers of docs/abi.md, which is the normative text. Section numbers below are its
 * own. */
#ifndef MOCKET_ABI_H
#define MOCKET_ABI_H

#include <stdint.h>

#define MOCKET_ABI_VERSION 1
#define MOCKET_ABI_MODULE "mocket"

/* Section 2, `option` keys. */
enum mocket_abi_option { MOCKET_ABI_MAX_BODY = 1, MOCKET_ABI_MAX_MESSAGE = 2 };

/* Section 2, `listen` flags: bits 0-1 reuse (none, serial, concurrent), bit 2. */
#define MOCKET_ABI_REUSE_MASK 3u
#define MOCKET_ABI_STREAM_BODY 4u

/* Section 4: words of a request message. Pairs are (offset, length), offsets relative to the message. */
enum mocket_abi_request_word {
    MOCKET_ABI_REQ_METHOD,
    MOCKET_ABI_REQ_FLAGS,
    MOCKET_ABI_REQ_METHOD_TEXT,
    MOCKET_ABI_REQ_TARGET = 4,
    MOCKET_ABI_REQ_AUTHORITY = 6,
    MOCKET_ABI_REQ_PEER = 8,
    MOCKET_ABI_REQ_FIELD_COUNT = 10,
    MOCKET_ABI_REQ_FIELDS,
    MOCKET_ABI_REQ_BODY,
    MOCKET_ABI_REQ_BODY_LEFT = 14,
    MOCKET_ABI_REQ_RESERVED,
    MOCKET_ABI_REQ_WORDS
};
#define MOCKET_ABI_UNKNOWN_LENGTH 0xFFFFFFFFu

/* Section 4, word 1. */
enum mocket_abi_request_flag {
    MOCKET_ABI_BODY_HERE = 1 << 0,
    MOCKET_ABI_UPGRADE = 1 << 1,
    MOCKET_ABI_TLS = 1 << 2,
    MOCKET_ABI_HTTP10 = 1 << 3,
    MOCKET_ABI_HTTP2 = 1 << 4,
    MOCKET_ABI_NORMALISED = 1 << 5,
    MOCKET_ABI_FOLLOW = 1 << 8
};

/* Section 5: words of a response head. */
enum mocket_abi_head_word {
    MOCKET_ABI_HEAD_STATUS,
    MOCKET_ABI_HEAD_FLAGS,
    MOCKET_ABI_HEAD_FIELD_COUNT,
    MOCKET_ABI_HEAD_FIELDS,
    MOCKET_ABI_HEAD_WORDS
};
#define MOCKET_ABI_HEAD_MAX 65536u

/* Sections 4 and 5: words of a field row. */
enum mocket_abi_row_word { MOCKET_ABI_ROW_NAME, MOCKET_ABI_ROW_VALUE = 2, MOCKET_ABI_ROW_WORDS = 4 };

#endif
