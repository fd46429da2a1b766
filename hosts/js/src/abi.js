// The numbers of the guest ABI by short names. `tables.js` is made from include/mocket_abi.h by tools/abi-tables;
// docs/abi.md is the normative text.
import * as tables from './tables.js';

export const { VERSION, MINOR, IMPORTS, EXPORTS } = tables;

export const { EINVAL, EFAULT, EHANDLE, ECLOSED, ESTATE, ELIMIT, ETIMEDOUT, EDENIED, ENOTSUP, EIO, ENOMEM, ETOOBIG,
    EAGAIN } = tables.ERRORS;

// Section 2: keys of `option`, flags of `listen`, directions of `ready`, clocks of `now`.
export const { MINOR: OPTION_MINOR, MAX_BODY: OPTION_MAX_BODY, MAX_MESSAGE: OPTION_MAX_MESSAGE,
    ON_DEMAND: OPTION_ON_DEMAND, REPLAY: OPTION_REPLAY } = tables.OPTION;
export const { NONE: REUSE_NONE, SERIAL: REUSE_SERIAL, CONCURRENT: REUSE_CONCURRENT } = tables.REUSE;
export const { REUSE_MASK, STREAM_BODY, BODY_ERRORS } = tables.LISTEN;
export const { READ, WRITE } = tables.DIRECTION;
export const { WALL } = tables.CLOCK;

// Section 4, word 0: the method's number; any other one is 0.
export const METHODS = new Map(tables.METHODS.map((name, number) => [name, number]));
export const { BODY_HERE, UPGRADE, TLS, HTTP10, HTTP2, NORMALISED, ON_DEMAND, VOUCHED, FOLLOW,
    RETRY } = tables.REQUEST_FLAG;
export const REQUEST_BYTES = tables.REQUEST_WORD.WORDS * 4;
export const { UNKNOWN_LENGTH, HEAD_MAX } = tables.LIMIT;

// Section 5.
export const HEAD_BYTES = tables.HEAD_WORD.WORDS * 4;

// Section 7: kinds of socket events and messages.
export const { OPEN: WS_OPEN, TEXT: WS_TEXT, BINARY: WS_BINARY, PING: WS_PING, CLOSED: WS_CLOSED,
    PONG: WS_PONG } = tables.SOCKET;
