// Puts the page's script (page.js) into pages of the app, behind the doctype: in front of it, the page would be shown
// in quirks mode. The script comes first in the page, so that every other one finds its WebSocket.
//
// A Content-Security-Policy must allow it: 'self', or a nonce, which is taken from the header and given to the script.
const START_MAX = 1024; // bytes in which a doctype is looked for
const DOCTYPE = /^\uFEFF?(?:\s|<!--[^]*?-->)*<!doctype[^>]*>\r?\n?|^\uFEFF/i;
const NONCE = /'nonce-([0-9A-Za-z+/_=-]+)'/;
// Of these, ASCII characters are single bytes.
const CHARSET = /charset\s*=\s*"?(?!utf-16|utf-32|iso-2022|hz-)/i;

// Is this the answer to a navigation that wants an HTML page?
function isPage({ mode, method }, response) {
    const type = response.headers.get('content-type') ?? '', [media, ...parameters] = type.split(';');
    const charset = parameters.find((text) => /^\s*charset/i.test(text));
    return mode === 'navigate' && method !== 'HEAD' && response.body !== null &&
        media.trim().toLowerCase() === 'text/html' && (charset === undefined || CHARSET.test(charset)) &&
        !response.headers.has('content-encoding');
}

function tagFor(script, policy) {
    const nonce = NONCE.exec(policy ?? '');
    const src = script.replaceAll('&', '&amp;');
    return `<script src="${src}"${nonce ? ` nonce="${nonce[1]}"` : ''}></script>\n`;
}

const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

// Where the tag goes: behind a byte order mark and a doctype.
function placeOf(start) {
    const text = latin1(start).replace(/^\u00EF\u00BB\u00BF/, '\uFEFF'), found = DOCTYPE.exec(text);
    const mark = text.startsWith('\uFEFF') ? 2 : 0; // three bytes are one character
    return found ? found[0].length + mark : 0;
}

function joined(pieces) {
    const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
    }
    return all;
}

// Holds the first bytes until a tag's end is among them that is no comment's, or START_MAX have come.
function insertion(tag) {
    let pieces = [], size = 0;
    const flush = (out) => {
        if (pieces === null)
            return;
        const start = joined(pieces), at = placeOf(start.subarray(0, START_MAX));
        pieces = null;
        out.enqueue(start.subarray(0, at));
        out.enqueue(tag);
        out.enqueue(start.subarray(at));
    };
    return {
        transform(piece, out) {
            if (pieces === null)
                return out.enqueue(piece);
            pieces.push(piece);
            size += piece.length;
            if (size >= START_MAX || /<[a-z!][^-][^>]*>/i.test(latin1(joined(pieces))))
                flush(out);
        },
        flush,
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
