// The numbers and signatures of the guest ABI (docs/abi.md).
// Made by tools/abi-tables from include/mocket_abi.h and include/mocket.h: edit those, and run it again.
export const MODULE = "mocket";
export const VERSION = 1;
export const MINOR = 0;

// Types of imports and exports by name: parameters, a colon, the result (i: i32, I: i64).
export const IMPORTS = {
    option: 'iI:i',
    listen: 'iiii:i',
    fields: 'iii:i',
    respond: 'iiiii:i',
    respond_begin: 'iii:i',
    body_write: 'iii:i',
    body_end: 'i:i',
    body_read: 'iii:i',
    ready: 'ii:i',
    sleep: 'ii:i',
    deadline: 'ii:i',
    fetch: 'iiiii:i',
    fetch_wait: 'i:i',
    fetch_head: 'iii:i',
    await: 'i:i',
    await_any: 'ii:i',
    drop: 'i:',
    ws_accept: 'iii:i',
    ws_send: 'iiii:i',
    ws_close: 'iiii:i',
    ws_subscribe: 'iii:i',
    ws_unsubscribe: 'iii:i',
    publish: 'iiiii:i',
    log: 'iii:',
    now: 'i:I',
    random: 'ii:',
};

export const EXPORTS = {
    _initialize: ':',
    mocket_start: ':',
    _start: ':',
    mocket_alloc: 'i:i',
    mocket_handle: 'iii:',
    mocket_done: 'ii:',
    mocket_ws: 'iiii:',
    mocket_gone: 'i:',
};

// Error codes, and their texts.
export const ERRORS = {
    EINVAL: -1,
    EFAULT: -2,
    EHANDLE: -3,
    ECLOSED: -4,
    ESTATE: -5,
    ELIMIT: -6,
    ETIMEDOUT: -7,
    EDENIED: -8,
    ENOTSUP: -9,
    EIO: -10,
    ENOMEM: -11,
    ETOOBIG: -12,
    EAGAIN: -13,
};
export const ERROR_TEXTS = {
    [-1]: "an argument or a message is malformed",
    [-2]: "a range is outside the memory",
    [-3]: "no such handle",
    [-4]: "the peer is gone",
    [-5]: "not possible in this state",
    [-6]: "a limit was reached",
    [-7]: "timed out",
    [-8]: "not permitted: it was not granted",
    [-9]: "not supported here",
    [-10]: "the network or the disk failed",
    [-11]: "out of memory",
    [-12]: "larger than the limit",
    [-13]: "not possible now, try again later",
};

// Method texts by number.
export const METHODS = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

// Section 2: keys of `option`.
export const OPTION = {
    MINOR: 0,
    MAX_BODY: 1,
    MAX_MESSAGE: 2,
    ON_DEMAND: 3,
    REPLAY: 4,
};

// Section 2: bits 0 and 1 of the flags of `listen`.
export const REUSE = {
    NONE: 0,
    SERIAL: 1,
    CONCURRENT: 2,
};

// Section 2: directions of `ready`.
export const DIRECTION = {
    READ: 0,
    WRITE: 1,
};

// Section 2: clocks of `now`.
export const CLOCK = {
    WALL: 0,
    MONOTONIC: 1,
};

// Section 2: levels of `log`.
export const LOG = {
    ERROR: 0,
    WARN: 1,
    INFO: 2,
    DEBUG: 3,
};

// Section 4: words of a request message.
export const REQUEST_WORD = {
    METHOD: 0,
    FLAGS: 1,
    METHOD_TEXT: 2,
    TARGET: 4,
    AUTHORITY: 6,
    PEER: 8,
    FIELD_COUNT: 10,
    FIELDS: 11,
    BODY: 12,
    BODY_LEFT: 14,
    BODY_ERROR: 15,
    WORDS: 16,
};

// Section 4: bits of word 1.
export const REQUEST_FLAG = {
    BODY_HERE: 1,
    UPGRADE: 2,
    TLS: 4,
    HTTP10: 8,
    HTTP2: 16,
    NORMALISED: 32,
    ON_DEMAND: 64,
    VOUCHED: 128,
    FOLLOW: 256,
    RETRY: 512,
};

// Section 5: words of a response head.
export const HEAD_WORD = {
    STATUS: 0,
    FLAGS: 1,
    FIELD_COUNT: 2,
    FIELDS: 3,
    WORDS: 4,
};

// Sections 4 and 5: words of a row.
export const ROW_WORD = {
    NAME: 0,
    VALUE: 2,
    WORDS: 4,
};

// Section 7: kinds of messages.
export const SOCKET = {
    OPEN: 0,
    TEXT: 1,
    BINARY: 2,
    PING: 3,
    CLOSED: 4,
    PONG: 5,
};

// Section 2: the flags of `listen`.
export const LISTEN = {
    REUSE_MASK: 3,
    STREAM_BODY: 4,
    BODY_ERRORS: 8,
};

// Sections 4 and 5.
export const LIMIT = {
    UNKNOWN_LENGTH: 4294967295,
    HEAD_MAX: 65536,
};
