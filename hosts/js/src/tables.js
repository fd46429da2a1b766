// The numbers and signatures of the guest ABI (docs/abi.md).
// Made by tools/abi-tables from include/mocket_abi.h and include/mocket.h: edit those, and run it again.
export const MODULE = "mocket";
export const VERSION = 1;
export const MINOR = 0;

export const IMPORTS = (
    'option listen fields respond respond_begin body_write body_end body_read ready sleep deadline ' +
    'fetch fetch_wait fetch_head await await_any drop ws_accept ws_send ws_close ws_subscribe ' +
    'ws_unsubscribe publish log now random').split(' ');

// Types: parameters, a colon, the result (i: i32, I: i64).
export const EXPORTS = {
    _initialize: ':',
    mocket_start: ':',
    _start: ':',
    mocket_alloc: 'i:i',
    mocket_handle: 'iii:',
    mocket_done: 'ii:',
    mocket_ws: 'iiii:',
    mocket_gone: 'i:',
    mocket_routes: ':i',
};

// Numbers stand alone, so that tools inline them, and in groups. Error codes, their texts.
export const EINVAL = -1;
export const EFAULT = -2;
export const EHANDLE = -3;
export const ECLOSED = -4;
export const ESTATE = -5;
export const ELIMIT = -6;
export const ETIMEDOUT = -7;
export const EDENIED = -8;
export const ENOTSUP = -9;
export const EIO = -10;
export const ENOMEM = -11;
export const ETOOBIG = -12;
export const EAGAIN = -13;
export const ERRORS = {
    EINVAL: EINVAL,
    EFAULT: EFAULT,
    EHANDLE: EHANDLE,
    ECLOSED: ECLOSED,
    ESTATE: ESTATE,
    ELIMIT: ELIMIT,
    ETIMEDOUT: ETIMEDOUT,
    EDENIED: EDENIED,
    ENOTSUP: ENOTSUP,
    EIO: EIO,
    ENOMEM: ENOMEM,
    ETOOBIG: ETOOBIG,
    EAGAIN: EAGAIN,
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
export const OPTION_MINOR = 0;
export const OPTION_MAX_BODY = 1;
export const OPTION_MAX_MESSAGE = 2;
export const OPTION_ON_DEMAND = 3;
export const OPTION_REPLAY = 4;
export const OPTION = {
    MINOR: OPTION_MINOR,
    MAX_BODY: OPTION_MAX_BODY,
    MAX_MESSAGE: OPTION_MAX_MESSAGE,
    ON_DEMAND: OPTION_ON_DEMAND,
    REPLAY: OPTION_REPLAY,
};

// Section 2: bits 0 and 1 of the flags of `listen`.
export const REUSE_NONE = 0;
export const REUSE_SERIAL = 1;
export const REUSE_CONCURRENT = 2;
export const REUSE = {
    NONE: REUSE_NONE,
    SERIAL: REUSE_SERIAL,
    CONCURRENT: REUSE_CONCURRENT,
};

// Section 2: directions of `ready`.
export const DIRECTION_READ = 0;
export const DIRECTION_WRITE = 1;
export const DIRECTION = {
    READ: DIRECTION_READ,
    WRITE: DIRECTION_WRITE,
};

// Section 2: clocks of `now`.
export const CLOCK_WALL = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK = {
    WALL: CLOCK_WALL,
    MONOTONIC: CLOCK_MONOTONIC,
};

// Section 2: levels of `log`.
export const LOG_ERROR = 0;
export const LOG_WARN = 1;
export const LOG_INFO = 2;
export const LOG_DEBUG = 3;
export const LOG = {
    ERROR: LOG_ERROR,
    WARN: LOG_WARN,
    INFO: LOG_INFO,
    DEBUG: LOG_DEBUG,
};

// Section 4: words of a request message.
export const REQUEST_WORD_METHOD = 0;
export const REQUEST_WORD_FLAGS = 1;
export const REQUEST_WORD_METHOD_TEXT = 2;
export const REQUEST_WORD_TARGET = 4;
export const REQUEST_WORD_AUTHORITY = 6;
export const REQUEST_WORD_PEER = 8;
export const REQUEST_WORD_FIELD_COUNT = 10;
export const REQUEST_WORD_FIELDS = 11;
export const REQUEST_WORD_BODY = 12;
export const REQUEST_WORD_BODY_LEFT = 14;
export const REQUEST_WORD_BODY_ERROR = 15;
export const REQUEST_WORD_WORDS = 16;
export const REQUEST_WORD = {
    METHOD: REQUEST_WORD_METHOD,
    FLAGS: REQUEST_WORD_FLAGS,
    METHOD_TEXT: REQUEST_WORD_METHOD_TEXT,
    TARGET: REQUEST_WORD_TARGET,
    AUTHORITY: REQUEST_WORD_AUTHORITY,
    PEER: REQUEST_WORD_PEER,
    FIELD_COUNT: REQUEST_WORD_FIELD_COUNT,
    FIELDS: REQUEST_WORD_FIELDS,
    BODY: REQUEST_WORD_BODY,
    BODY_LEFT: REQUEST_WORD_BODY_LEFT,
    BODY_ERROR: REQUEST_WORD_BODY_ERROR,
    WORDS: REQUEST_WORD_WORDS,
};

// Section 4: bits of word 1.
export const REQUEST_FLAG_BODY_HERE = 1;
export const REQUEST_FLAG_UPGRADE = 2;
export const REQUEST_FLAG_TLS = 4;
export const REQUEST_FLAG_HTTP10 = 8;
export const REQUEST_FLAG_HTTP2 = 16;
export const REQUEST_FLAG_NORMALISED = 32;
export const REQUEST_FLAG_ON_DEMAND = 64;
export const REQUEST_FLAG_VOUCHED = 128;
export const REQUEST_FLAG_FOLLOW = 256;
export const REQUEST_FLAG_RETRY = 512;
export const REQUEST_FLAG = {
    BODY_HERE: REQUEST_FLAG_BODY_HERE,
    UPGRADE: REQUEST_FLAG_UPGRADE,
    TLS: REQUEST_FLAG_TLS,
    HTTP10: REQUEST_FLAG_HTTP10,
    HTTP2: REQUEST_FLAG_HTTP2,
    NORMALISED: REQUEST_FLAG_NORMALISED,
    ON_DEMAND: REQUEST_FLAG_ON_DEMAND,
    VOUCHED: REQUEST_FLAG_VOUCHED,
    FOLLOW: REQUEST_FLAG_FOLLOW,
    RETRY: REQUEST_FLAG_RETRY,
};

// Section 5: words of a response head.
export const HEAD_WORD_STATUS = 0;
export const HEAD_WORD_FLAGS = 1;
export const HEAD_WORD_FIELD_COUNT = 2;
export const HEAD_WORD_FIELDS = 3;
export const HEAD_WORD_WORDS = 4;
export const HEAD_WORD = {
    STATUS: HEAD_WORD_STATUS,
    FLAGS: HEAD_WORD_FLAGS,
    FIELD_COUNT: HEAD_WORD_FIELD_COUNT,
    FIELDS: HEAD_WORD_FIELDS,
    WORDS: HEAD_WORD_WORDS,
};

// Sections 4 and 5: words of a row.
export const ROW_WORD_NAME = 0;
export const ROW_WORD_VALUE = 2;
export const ROW_WORD_WORDS = 4;
export const ROW_WORD = {
    NAME: ROW_WORD_NAME,
    VALUE: ROW_WORD_VALUE,
    WORDS: ROW_WORD_WORDS,
};

// Section 7: kinds of messages.
export const SOCKET_OPEN = 0;
export const SOCKET_TEXT = 1;
export const SOCKET_BINARY = 2;
export const SOCKET_PING = 3;
export const SOCKET_CLOSED = 4;
export const SOCKET_PONG = 5;
export const SOCKET = {
    OPEN: SOCKET_OPEN,
    TEXT: SOCKET_TEXT,
    BINARY: SOCKET_BINARY,
    PING: SOCKET_PING,
    CLOSED: SOCKET_CLOSED,
    PONG: SOCKET_PONG,
};

// Section 2: the flags of `listen`.
export const LISTEN_REUSE_MASK = 3;
export const LISTEN_STREAM_BODY = 4;
export const LISTEN_BODY_ERRORS = 8;
export const LISTEN = {
    REUSE_MASK: LISTEN_REUSE_MASK,
    STREAM_BODY: LISTEN_STREAM_BODY,
    BODY_ERRORS: LISTEN_BODY_ERRORS,
};

// Sections 4 and 5.
export const LIMIT_UNKNOWN_LENGTH = 4294967295;
export const LIMIT_HEAD_MAX = 65536;
export const LIMIT = {
    UNKNOWN_LENGTH: LIMIT_UNKNOWN_LENGTH,
    HEAD_MAX: LIMIT_HEAD_MAX,
};
