// Options of `serve`, the same in every entry that has one, and the form of its result.
import { readTable } from './option-table.js';

const WS_IDLE_MS = 60000, PORT = 3000;

const isTime = (value) => typeof value === 'number' && value > 0;

const TABLE = {
    // name: [default, check, what it must be]
    port: [undefined, () => true, ''],
    hostname: [undefined, (value) => value === undefined || typeof value === 'string', 'a text'],
    wsIdle: [WS_IDLE_MS, isTime, 'a number of milliseconds above 0, or Infinity'],
};

function portOf(given, env) {
    const port = given ?? (env.PORT || PORT);
    const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
    if (!Number.isInteger(number) || number < 0 || number > 65535)
        throw new TypeError(`the port (${given === undefined ? 'PORT' : 'port'}) must be a number of 0 to 65535, ` +
            `not "${port}"`);
    return number;
}

// env: an object with PORT and HOST, the defaults of port and hostname. more: rows of an entry's own.
export function readServing(given, env, more = {}) {
    const options = readTable({ ...TABLE, ...more }, given);
    options.port = portOf(given.port, env);
    options.hostname ??= env.HOST || undefined;
    return options;
}

export const GRACE_MS = 10000;

export function urlOf({ hostname, port }) {
    return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}/`;
}
