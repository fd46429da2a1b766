// Puts the page's script (page.js) into pages of the app, behind the doctype: in front of it, the page would be shown
// in quirks mode. The script comes first in the page, so that every other one finds its WebSocket.
//
// A Content-Security-Policy must allow it: 'self', or a nonce, which is taken from the header and given to the script.
import { latin1Of } from '../text.js';

const START_MAX = 1024; // bytes in which a doctype is looked for
const MARK = '\u00EF\u00BB\u00BF'; // a byte order mark, as Latin-1
const LEAD = /^(?:\u00EF\u00BB\u00BF)?(?:[\t\n\f\r ]|<!--[^]*?-->)*/; // what may stand in front of a doctype
const NONCE = /'nonce-([0-9A-Za-z+/_=-]+)'/;
const WIDE = /^(?:utf-16|utf-32|iso-2022|hz-)/i; // charsets in which the tag would be other bytes

function isHtml(type) {
    const [media, ...parameters] = type.split(';');
    const charset = parameters.find((text) => /^\s*charset\s*=/i.test(text)) ?? '';
    return media.trim().toLowerCase() === 'text/html' && !WIDE.test(charset.replace(/^[^=]*=[\s"]*/, ''));
}

// Is this the answer to a navigation that wants an HTML page?
function isPage({ mode, method }, response) {
    return mode === 'navigate' && method !== 'HEAD' && response.body !== null &&
        isHtml(response.headers.get('content-type') ?? '') && !response.headers.has('content-encoding');
}

function tagFor(script, policy) {
    const nonce = NONCE.exec(policy ?? '');
    const src = script.replaceAll('&', '&amp;');
    return `<script src="${src}"${nonce ? ` nonce="${nonce[1]}"` : ''}></script>`;
}

// Where the tag goes in a page that begins with this text; -1: the text is too short to tell.
function placeOf(text) {
    const lead = LEAD.exec(text)[0].length, rest = text.slice(lead), end = rest.indexOf('>');
    const isDoctype = '<!doctype'.startsWith(rest.slice(0, 9).toLowerCase());
    if (MARK.startsWith(text) || '<!--'.startsWith(rest.slice(0, 4)) || (isDoctype && end < 0))
        return -1;
    return isDoctype ? lead + end + 1 : markOf(text);
}

const markOf = (text) => text.startsWith(MARK) ? MARK.length : 0;

function joined(pieces) {
    const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
    }
    return all;
}

// Holds the first bytes until they show the place, or START_MAX of them have come.
function insertion(tag) {
    let pieces = []; // null: the tag is in
    const insert = (out, start, at) => {
        pieces = null;
        out.enqueue(start.subarray(0, at));
        out.enqueue(tag);
        out.enqueue(start.subarray(at));
    };
    const look = (out, isEnd) => {
        const start = joined(pieces), text = latin1Of(start.subarray(0, START_MAX)), at = placeOf(text);
        if (at >= 0)
            insert(out, start, at);
        else if (isEnd || start.length >= START_MAX)
            insert(out, start, markOf(text));
    };
    return {
        transform(piece, out) {
            if (pieces === null)
                return out.enqueue(piece);
            pieces.push(piece);
            return look(out, false);
        },
        flush(out) {
            if (pieces !== null)
                look(out, true);
        },
    };
}

// script: its URL.
export function withShim(request, response, script) {
    if (!isPage(request, response))
        return response;
    const { status, statusText } = response, headers = new Headers(response.headers);
    headers.delete('content-length');
    const tag = new TextEncoder().encode(tagFor(script, headers.get('content-security-policy')));
    const body = response.body.pipeThrough(new TransformStream(insertion(tag)));
    return new Response(body, { status, statusText, headers });
}
