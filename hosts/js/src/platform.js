// How the engine that this runs in differs from the others, in one place.
//
//     fieldsOf(headers)     flat fields, by the quickest way: what a Fetch host costs is mostly this
//     isUtf8, valueOut      field values are decoded and encoded as UTF-8, not byte by byte (workerd)
//     normalises            targets are normalised before they come here (Bun, browsers)
//     fixed(body, length)   the body of an answer whose length was declared
//     passesFragments       a # in a URL is one of the target's, as the client sent it (Deno, Bun)
//     knowsLengths          no body is longer than its content-length says, and bytes() is the quick way to it
//     closes                Connection: close in an answer ends the connection
//     responseOf            (head, memory, ptr, len) -> the Response of a whole answer; null: bytes and Headers are the
//                           quickest form. An entry sets it (deno/answer.js)
//     unknownBody()         the body of an answer to HEAD of unknown length
import { textOf, isAscii } from './text.js';

const isDeno = typeof Deno !== 'undefined', isBun = typeof Bun !== 'undefined';
const isWorkerd = globalThis.navigator?.userAgent === 'Cloudflare-Workers';

function byLoop(headers) {
    const fields = [];
    for (const [name, value] of headers)
        fields.push(name, value);
    return fields;
}

function byCallback(headers) {
    const fields = [];
    headers.forEach((value, name) => { fields.push(name, value); });
    return fields;
}

// workerd sends chunks for a stream of its own; a FixedLengthStream keeps the length.
function fixedLength(body, length) {
    if (body === null || length < 0)
        return body;
    const { readable, writable } = new FixedLengthStream(length);
    body.pipeTo(writable).catch(() => {});
    return readable;
}

// Bytes of a value, held as code units, as the text that they are.
function decoded(value) {
    return isAscii(value) ? value : textOf(Uint8Array.from(value, (c) => c.charCodeAt(0))) ?? value;
}

const same = (value) => value;
const none = () => null;

export const platform = {
    fieldsOf: isBun ? byLoop : byCallback,
    isUtf8: isWorkerd,
    valueOut: isWorkerd ? decoded : same,
    normalises: !isDeno && !isWorkerd,
    fixed: isWorkerd ? fixedLength : same,
    passesFragments: isBun || isDeno,
    knowsLengths: isBun || isDeno || isWorkerd,
    closes: isBun,
    responseOf: null,
    // null would be announced as a body of no bytes.
    unknownBody: isBun || isDeno ? () => new ReadableStream({}) : none,
};
