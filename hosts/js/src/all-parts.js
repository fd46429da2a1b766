// All parts (parts.js), for platforms that cannot import a module later: workerd, service workers.
import * as allow from './allow.js';
import * as forwarded from './forwarded.js';
import * as body from './imports/body.js';
import * as fetch from './imports/fetch.js';
import * as moonbit from './imports/moonbit.js';
import * as socket from './imports/socket.js';
import * as wait from './imports/wait.js';
import * as wasi from './wasi.js';

export const allParts = { allow, body, fetch, forwarded, moonbit, socket, wait, wasi };
