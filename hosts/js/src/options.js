// A table of the options of `load`, with their defaults and checks.
import { REUSE_CONCURRENT, REUSE_NONE, REUSE_SERIAL } from './abi.js';
import { LEVELS } from './log.js';
import { readTable } from './option-table.js';

const PREFIX = { error: 'mocket: error: ', warn: 'mocket: warning: ', info: 'mocket: ', debug: 'mocket: debug: ' };

function writeLog(level, line) {
    console.error(PREFIX[level] + line);
}

const isCount = (least) => (value) => Number.isInteger(value) && value >= least;
const isTime = (value) => typeof value === 'number' && value > 0;
const isSize = (value) => value === Infinity || isCount(0)(value);
const isText = (value) => typeof value === 'string';
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const orNone = (check) => (value) => value === undefined || check(value);

const REUSES = { none: REUSE_NONE, serial: REUSE_SERIAL, concurrent: REUSE_CONCURRENT };
const BODY_MS = 30000;
const COUNT = 'a whole number of at least ', SIZE = 'a number of bytes, or Infinity';
const TIME = 'a number of milliseconds above 0, or Infinity';

// The names are those of the options of `mocket serve`; README.md has a table.
const TABLE = {
    // name: [default, check, what it must be]
    maxInstances: [256, isCount(1), `${COUNT}1`],
    reuse: [undefined, (value) => value === undefined || Object.hasOwn(REUSES, value), 'none, serial or concurrent'],
    queue: [1024, isCount(0), `${COUNT}0`],
    maxSockets: [10000, isCount(0), `${COUNT}0`],
    socketsEach: [1024, isCount(1), `${COUNT}1`],
    maxBody: [undefined, orNone(isSize), SIZE],
    maxMessage: [undefined, orNone(isSize), SIZE],
    maxMemoryTotal: [256 << 20, isSize, SIZE],
    timeout: [30000, isTime, TIME],
    bodyTimeout: [undefined, orNone(isTime), TIME],
    env: [{}, (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
        'an object of texts'],
    args: [['app.wasm'], isTexts, 'an array of texts'],
    allowNet: [[], Array.isArray, 'an array of rules'],
    trustedProxy: [[], isTexts, 'an array of networks'],
    log: [writeLog, (value) => typeof value === 'function', 'a function (level, line)'],
    transport: [undefined, orNone((value) => typeof value === 'function'), 'a function'],
};

export function readOptions(given) {
    const options = readTable(TABLE, given);
    options.bodyTimeout ??= Math.min(options.timeout, BODY_MS);
    options.reuse = REUSES[options.reuse ?? 'concurrent'];
    return options;
}

export const nameOfLevel = (level) => LEVELS[level];
