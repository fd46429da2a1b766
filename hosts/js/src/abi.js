// The guest ABI, version 1, as numbers: docs/abi.md is the normative text, include/mocket_abi.h the table for C.
export const VERSION = 1, MINOR = 0;

// Section 8.
export const EINVAL = -1, EFAULT = -2, EHANDLE = -3, ECLOSED = -4, ESTATE = -5, ELIMIT = -6, ETIMEDOUT = -7,
    EDENIED = -8, ENOTSUP = -9, EIO = -10, ENOMEM = -11, ETOOBIG = -12, EAGAIN = -13;

// Section 1: exports, their parameters and results (i: i32).
export const EXPORTS = {
    _initialize: ':', mocket_start: ':', _start: ':', mocket_alloc: 'i:i', mocket_handle: 'iii:', mocket_done: 'ii:',
    mocket_ws: 'iiii:', mocket_gone: 'i:',
};

// Section 2: imports, as above (I: i64).
export const IMPORTS = {
    option: 'iI:i', listen: 'iiii:i', fields: 'iii:i', respond: 'iiiii:i', respond_begin: 'iii:i', body_write: 'iii:i',
    body_end: 'i:i', body_read: 'iii:i', ready: 'ii:i', sleep: 'ii:i', deadline: 'ii:i', fetch: 'iiiii:i',
    fetch_wait: 'i:i', fetch_head: 'iii:i', await: 'i:i', await_any: 'ii:i', drop: 'i:', ws_accept: 'iii:i',
    ws_send: 'iiii:i', ws_close: 'iiii:i', ws_subscribe: 'iii:i', ws_unsubscribe: 'iii:i', publish: 'iiiii:i',
    log: 'iii:', now: 'i:I', random: 'ii:',
};

// Section 2: keys of `option`, flags of `listen`, directions of `ready`, clocks of `now`.
export const OPTION_MINOR = 0, OPTION_MAX_BODY = 1, OPTION_MAX_MESSAGE = 2, OPTION_ON_DEMAND = 3;
export const REUSE_NONE = 0, REUSE_SERIAL = 1, REUSE_CONCURRENT = 2, REUSE_MASK = 3, STREAM_BODY = 4,
    BODY_ERRORS = 8;
export const READ = 0, WRITE = 1;
export const WALL = 0;

// Section 4, word 0: the method; any other one is 0.
export const METHODS = new Map(Object.entries({
    GET: 1, HEAD: 2, POST: 3, PUT: 4, DELETE: 5, CONNECT: 6, OPTIONS: 7, TRACE: 8, PATCH: 9,
}));
// Section 4, word 1.
export const BODY_HERE = 1, UPGRADE = 2, TLS = 4, HTTP10 = 8, HTTP2 = 16, NORMALISED = 32, ON_DEMAND = 64,
    VOUCHED = 128, FOLLOW = 256, RETRY = 512;
export const REQUEST_BYTES = 64; // of the sixteen words
export const UNKNOWN_LENGTH = 0xFFFFFFFF;
export const INLINE_MAX = 65536; // bytes of a body that is inline although bodies are streamed

// Section 5.
export const HEAD_BYTES = 16, HEAD_MAX = 65536;

// Section 7: kinds of socket events and messages, in one number space.
export const WS_OPEN = 0, WS_TEXT = 1, WS_BINARY = 2, WS_PING = 3, WS_CLOSED = 4, WS_PONG = 5;
