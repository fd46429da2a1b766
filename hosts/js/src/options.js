// Options of `load`: each has a default and a check. One table.
import { REUSE_CONCURRENT, REUSE_NONE, REUSE_SERIAL } from './abi.js';
import { LEVELS } from './log.js';

const PREFIX = { error: 'mocket: error: ', warn: 'mocket: warning: ', info: 'mocket: ', debug: 'mocket: debug: ' };

function writeLog(level, line) {
    console.error(PREFIX[level] + line);
}

const isCount = (least) => (value) => Number.isInteger(value) && value >= least;
const isTime = (value) => typeof value === 'number' && value > 0;
const isText = (value) => typeof value === 'string';

const REUSES = { none: REUSE_NONE, serial: REUSE_SERIAL, concurrent: REUSE_CONCURRENT };
const BODY_MS = 30000;

const TABLE = {
    // name: [default, check, what it must be]
    instances: [256, isCount(1), 'a whole number of at least 1'],
    reuse: [undefined, (value) => value === undefined || value in REUSES, 'none, serial or concurrent'],
    queue: [1024, isCount(0), 'a whole number of at least 0'],
    sockets: [10000, isCount(0), 'a whole number of at least 0'],
    maxBody: [undefined, (value) => value === undefined || value === Infinity || isCount(0)(value),
        'a number of bytes, or Infinity'],
    timeout: [30000, isTime, 'a number of milliseconds above 0, or Infinity'],
    bodyTimeout: [undefined, (value) => value === undefined || isTime(value),
        'a number of milliseconds above 0, or Infinity'],
    env: [{}, (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
        'an object of texts'],
    args: [['app.wasm'], (value) => Array.isArray(value) && value.every(isText), 'an array of texts'],
    allowNet: [[], Array.isArray, 'an array of rules'],
    log: [writeLog, (value) => typeof value === 'function', 'a function (level, line)'],
    transport: [undefined, (value) => value === undefined || typeof value === 'function', 'a function'],
};

export function readOptions(given = {}) {
    if (typeof given !== 'object' || given === null)
        throw new TypeError('the options must be an object');
    for (const name of Object.keys(given))
        if (!Object.hasOwn(TABLE, name))
            throw new TypeError(`there is no option "${name}"; there are: ${Object.keys(TABLE).join(', ')}`);
    const options = {};
    for (const [name, [fallback, check, what]] of Object.entries(TABLE)) {
        options[name] = given[name] ?? fallback;
        if (!check(options[name]))
            throw new TypeError(`the option "${name}" must be ${what}`);
    }
    options.bodyTimeout ??= Math.min(options.timeout, BODY_MS);
    options.reuse = REUSES[options.reuse ?? 'concurrent'];
    return options;
}

export const nameOfLevel = (level) => LEVELS[level];
