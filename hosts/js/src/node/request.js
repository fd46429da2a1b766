// Requests of node:http: rawHeaders are looked through once, and never become an object.
import { HTTP10, TLS } from '../abi.js';
import { unmapped } from '../address.js';
import { isAuthority } from '../authority.js';
import { TARGET_MAX } from '../message.js';

const FIELDS_MAX = 100;
const CHUNKED_TWICE = /chunked[ \t]*,/;
const PEER = Symbol('peer');

// Values that were found in the fields of one request.
export const seen = { authority: '', hosts: 0, length: '', coding: '', upgrade: false, named: false, expect: '' };

export function look(raw) {
    seen.authority = seen.length = seen.coding = seen.expect = '';
    seen.hosts = 0;
    seen.upgrade = seen.named = false;
    for (let i = 0; i < raw.length; i += 2) {
        const name = raw[i];
        switch (name.length) {
        case 4:
            if (name.toLowerCase() === 'host') {
                seen.authority = raw[i + 1];
                seen.hosts++;
            }
            break;
        case 6:
            if (name.toLowerCase() === 'expect')
                seen.expect += `,${raw[i + 1]}`;
            break;
        case 7:
            if (name.toLowerCase() === 'upgrade')
                seen.upgrade = raw[i + 1].toLowerCase() === 'websocket';
            break;
        case 10:
            if (name.toLowerCase() === 'connection')
                seen.named ||= /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(raw[i + 1]);
            break;
        case 14:
            if (name.toLowerCase() === 'content-length')
                seen.length = raw[i + 1];
            break;
        case 17:
            if (name.toLowerCase() === 'transfer-encoding')
                seen.coding += (seen.coding === '' ? '' : ',') + raw[i + 1].toLowerCase();
            break;
        default:
        }
    }
}

const ABSOLUTE = /^https?:\/\/([^/?#@]+)((?:[/?#].*)?)$/is;

// An absolute form is reduced to its path, and its authority replaces Host. Null: the target is not in absolute form.
function reduce(req) {
    const match = ABSOLUTE.exec(req.url);
    if (match === null)
        return null;
    const [, authority, rest] = match;
    const path = rest === '' && req.method === 'OPTIONS' ? '*' : rest.startsWith('/') ? rest : `/${rest}`;
    const fields = [];
    for (let i = 0; i < req.rawHeaders.length; i += 2)
        fields.push(req.rawHeaders[i], req.rawHeaders[i].toLowerCase() === 'host' ? authority : req.rawHeaders[i + 1]);
    return { target: path, authority, fields };
}

// A closed connection has no address either.
export const isUnix = (socket) => socket.remoteAddress === undefined && typeof socket.server?.address() === 'string';

export const peerOf = (socket) => unmapped(socket.remoteAddress ?? '');

// The status that refuses the request's framing or version; 0: both are served. (After look.)
function refusal(req, raw) {
    if (req.httpVersionMajor !== 1)
        return 505;
    if (req.url.length > TARGET_MAX || raw.length > 2 * FIELDS_MAX)
        return req.url.length > TARGET_MAX ? 414 : 431;
    if (seen.coding !== '' && (seen.coding !== 'chunked' || req.httpVersionMinor === 0))
        return req.httpVersionMinor === 0 || CHUNKED_TWICE.test(seen.coding) ? 400 : 501;
    if (seen.length.length > 15 && BigInt(seen.length) > 0x7FFFFFFFFFFFFFFFn)
        return 400;
    const isMissing = seen.hosts === 0 && req.httpVersionMinor > 0;
    return isMissing || seen.hosts > 1 || !isAuthority(seen.authority) ? 400 : 0;
}

// Sets the message of an exchange: 0, or the status that refuses its request; `seen` tells the rest.
export function readRequest(ex) {
    const { req, app: { proxies } } = ex, { socket } = req;
    let raw = req.rawHeaders, target = req.url;
    look(raw);
    const status = refusal(req, raw);
    if (status !== 0)
        return status;
    let { authority } = seen;
    if (target.charCodeAt(0) !== 47 && (target !== '*' || req.method !== 'OPTIONS')) {
        const reduced = reduce(req);
        if (reduced === null || !isAuthority(reduced.authority))
            return 400;
        ({ target, authority, fields: raw } = reduced);
    }
    const flags = (req.httpVersionMinor === 0 ? HTTP10 : 0) | (socket.encrypted ? TLS : 0);
    ex.whole = target;
    ex.authority = authority;
    ex.flags = flags;
    ex.fields = raw;
    ex.peer = socket[PEER] ??= peerOf(socket);
    if (proxies.any && (isUnix(socket) ? proxies.local : proxies.trusts(ex.peer)))
        proxies.learn(ex);
    return 0;
}

export const hasBody = () => seen.coding !== '' || (seen.length !== '' && Number(seen.length) > 0);

// Is it a handshake, as far as Connection and Upgrade tell? (After look.)
export const asksForSocket = (req) => seen.upgrade && seen.named && req.method === 'GET' && req.httpVersionMinor > 0;

export const NOTHING = 0, CONTINUE = 1, UNKNOWN = 2;
// The client's expectation: Expect is a list, which may be empty, and is ignored in HTTP/1.0. (After look.)
export function expectation(req) {
    if (seen.expect === '' || req.httpVersionMinor === 0)
        return NOTHING;
    const words = seen.expect.toLowerCase().split(',').map((word) => word.trim()).filter((word) => word !== '');
    if (words.some((word) => word !== '100-continue'))
        return UNKNOWN;
    return words.length > 0 ? CONTINUE : NOTHING;
}
