// The numbers of the guest ABI by short names. `tables.js` is made from include/mocket_abi.h by tools/abi-tables;
// docs/abi.md is the normative text.
import { HEAD_WORD_WORDS, METHODS as NAMES, REQUEST_WORD_WORDS } from './tables.js';

export { VERSION, MINOR, IMPORTS, EXPORTS } from './tables.js';

export { EINVAL, EFAULT, EHANDLE, ECLOSED, ESTATE, ELIMIT, ETIMEDOUT, EDENIED, ENOTSUP, EIO, ENOMEM, ETOOBIG,
    EAGAIN } from './tables.js';

// Section 2: keys of `option`, flags of `listen`, directions of `ready`, clocks of `now`.
export { OPTION_MINOR, OPTION_MAX_BODY, OPTION_MAX_MESSAGE, OPTION_ON_DEMAND, OPTION_REPLAY } from './tables.js';
export { REUSE_NONE, REUSE_SERIAL, REUSE_CONCURRENT } from './tables.js';
export { LISTEN_REUSE_MASK as REUSE_MASK, LISTEN_STREAM_BODY as STREAM_BODY,
    LISTEN_BODY_ERRORS as BODY_ERRORS } from './tables.js';
export { DIRECTION_READ as READ, DIRECTION_WRITE as WRITE } from './tables.js';
export { CLOCK_WALL as WALL } from './tables.js';

// Section 4, word 0: the method's number; any other one is 0.
export const METHODS = new Map(NAMES.slice(1).map((name, i) => [name, i + 1]));
export { REQUEST_FLAG_BODY_HERE as BODY_HERE, REQUEST_FLAG_UPGRADE as UPGRADE, REQUEST_FLAG_TLS as TLS,
    REQUEST_FLAG_HTTP10 as HTTP10, REQUEST_FLAG_HTTP2 as HTTP2, REQUEST_FLAG_NORMALISED as NORMALISED,
    REQUEST_FLAG_ON_DEMAND as ON_DEMAND, REQUEST_FLAG_VOUCHED as VOUCHED, REQUEST_FLAG_FOLLOW as FOLLOW,
    REQUEST_FLAG_RETRY as RETRY } from './tables.js';
export const REQUEST_BYTES = REQUEST_WORD_WORDS * 4;
export { LIMIT_UNKNOWN_LENGTH as UNKNOWN_LENGTH, LIMIT_HEAD_MAX as HEAD_MAX } from './tables.js';

// Section 5.
export const HEAD_BYTES = HEAD_WORD_WORDS * 4;

// Section 7: kinds of socket events and messages.
export { SOCKET_OPEN as WS_OPEN, SOCKET_TEXT as WS_TEXT, SOCKET_BINARY as WS_BINARY, SOCKET_PING as WS_PING,
    SOCKET_CLOSED as WS_CLOSED, SOCKET_PONG as WS_PONG } from './tables.js';
