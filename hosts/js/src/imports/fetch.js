// Requests to other servers: fetch, fetch_wait, fetch_head (docs/abi.md, section 2).
import * as abi from '../abi.js';
import { writeHead } from '../fetched-head.js';
import { isToken, isValue, passedName } from '../names.js';
import { Outgoing, Response } from '../outgoing.js';
import { latin1Of } from '../text.js';
import { begin, ownerOf } from './wait.js';

export { fetchTransport } from '../transport.js';

const URL_BYTES = /^[!#-;=?-[\]_a-z~]+$/; // of RFC 3986
const LENGTH = /^\d{1,15}$/;
const USER_AGENT = 'mocket';

// The texts of a message: word(i) is a word, pair(i) the text that words i and i + 1 name, null when it does not fit.
function reader(bytes) {
    const view = new DataView(bytes.buffer), text = latin1Of(bytes);
    const word = (i) => view.getUint32(i * 4, true);
    const pair = (i) => {
        const at = word(i), len = word(i + 1);
        return len > 0 && at + len > bytes.length ? null : text.slice(at, at + len);
    };
    return { word, pair };
}

// Flat fields that may be sent, and the length that they declare; null when they are malformed.
function readFields({ word, pair }, size) {
    const count = word(10), rows = word(11), fields = [];
    let length = -1;
    if (count > 0 && (rows % 4 !== 0 || rows + count * 16 > size))
        return null;
    for (let i = rows / 4, end = i + count * 4; i < end; i += 4) {
        const name = pair(i), value = pair(i + 2);
        if (name === null || value === null || !isToken(name) || !isValue(value))
            return null;
        const lower = passedName(name);
        if (lower === 'content-length' && !LENGTH.test(value))
            return null;
        if (lower === 'content-length')
            length = Number(value);
        else if (lower !== null && lower !== 'content-length' && lower !== 'host')
            fields.push(name, value);
    }
    return { fields, length };
}

function urlOf(text) {
    if (text === null || !URL_BYTES.test(text) || !URL.canParse(text))
        return null;
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : null;
}

const isMethod = (text, number) =>
    text !== null && isToken(text) && text !== 'CONNECT' && (abi.METHODS.get(text) ?? 0) === number;

// The request of a message, or a code.
export function parse(bytes, body) {
    if (bytes.length < abi.REQUEST_BYTES || bytes.length > abi.HEAD_MAX)
        return abi.EINVAL;
    const read = reader(bytes), method = read.pair(2), url = urlOf(read.pair(4));
    const rows = readFields(read, bytes.length), flags = read.word(1);
    if (!isMethod(method, read.word(0)) || url === null || rows === null)
        return abi.EINVAL;
    const { fields, length } = rows;
    if (!fields.some((text, i) => i % 2 === 0 && text.toLowerCase() === 'user-agent'))
        fields.push('user-agent', USER_AGENT);
    return { method, url, fields, body, streams: body === null, length: body === null ? length : body.length,
        follow: (flags & abi.FOLLOW) !== 0, retry: (flags & abi.RETRY) !== 0, timeout: read.word(14) };
}

function fetch(instance, ownerHandle, headPtr, headLen, bodyPtr, bodyLen) {
    const owner = ownerOf(instance, ownerHandle), streams = bodyLen === abi.UNKNOWN_LENGTH;
    if (owner === undefined)
        return abi.EHANDLE;
    if (headPtr % 4 !== 0)
        return abi.EINVAL;
    const head = instance.memory.copy(headPtr, headLen), body = streams ? null : instance.memory.copy(bodyPtr, bodyLen);
    if (head === null || (body === null && !streams))
        return abi.EFAULT;
    const request = parse(head, body);
    return typeof request === 'number' ? request : Outgoing.begin(instance, owner, request);
}

function wait(instance, handle) {
    const out = instance.find(handle);
    if (!(out instanceof Outgoing))
        return abi.EHANDLE;
    return out.waited ? abi.ESTATE : begin(instance, out.owner, (end) => out.wait(end));
}

function head(instance, handle, ptr, cap) {
    const response = instance.find(handle);
    if (!(response instanceof Response))
        return abi.EHANDLE;
    if (ptr % 4 !== 0)
        return abi.EINVAL;
    if (response.state !== 0)
        return response.state;
    return instance.memory.fits(ptr, cap)
        ? writeHead(instance.memory, ptr, cap, response.status, response.fields) : abi.EFAULT;
}

export function fetchImports(instance) {
    return {
        fetch: (owner, headPtr, headLen, bodyPtr, bodyLen) =>
            fetch(instance, owner, headPtr >>> 0, headLen >>> 0, bodyPtr >>> 0, bodyLen >>> 0),
        fetch_wait: (out) => wait(instance, out),
        fetch_head: (res, ptr, cap) => head(instance, res, ptr >>> 0, cap >>> 0),
    };
}
