// Options of the service worker's `serve`.
import { readTable } from '../option-table.js';

const isText = (value) => typeof value === 'string';
const isFlag = (value) => typeof value === 'boolean';
const isUrl = (value) => isText(value) || value instanceof URL;
const isOptional = (check) => (value) => value === undefined || check(value);
const isPassthrough = (value) => typeof value === 'function' || (Array.isArray(value) && value.every(isText));

const TABLE = {
    // name: [default, check, what it must be]
    hash: [undefined, (value) => isText(value) && /^[0-9a-f]{64}$/.test(value),
        'the SHA-256 of the module, 64 hexadecimal digits in lower case'],
    scope: [undefined, isOptional(isUrl), 'a URL'],
    base: [undefined, isOptional((value) => /^$|^\//.test(value)), 'a path that begins with /, or an empty text'],
    cacheName: [undefined, isOptional(isText), 'a text'],
    passthrough: [[], isPassthrough, 'an array of paths, or a function (request) that returns true or false'],
    fallThrough: [false, isFlag, 'true or false'],
    page: [new URL('../page.js', import.meta.url), isUrl, 'a URL'],
    shim: [true, isFlag, 'true or false'],
    app: [{}, (value) => typeof value === 'object' && value !== null, 'an object: the options of `load`'],
};

export const readWorkerOptions = (given) => readTable(TABLE, given);
