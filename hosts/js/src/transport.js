// Requests to other servers by the platform's fetch. It cannot look at addresses (rules hold for names), nor send
// CONNECT and TRACE. It undoes the content-encoding of a body, and the field is dropped.
import { EIO, ENOTSUP } from './abi.js';
import { addFields } from './headers.js';
import { Source } from './source.js';

const HIGH = 65536;

// The platform reads from it; the guest writes to it.
function bodyStream(events) {
    let controller;
    const stream = new ReadableStream({
        start: (c) => { controller = c; },
        pull: () => events.room(),
        cancel: () => events.stopped(),
    }, new ByteLengthQueuingStrategy({ highWaterMark: HIGH }));
    const quietly = (f) => { try { f(); } catch { /* the platform has cancelled it */ } };
    return {
        stream,
        write: (bytes) => quietly(() => controller.enqueue(bytes)),
        hasRoom: () => controller.desiredSize > 0,
        end: () => quietly(() => controller.close()),
        fail: () => quietly(() => controller.error(new Error('the request was ended'))),
    };
}

function fieldsOf(response) {
    const encoded = response.headers.has('content-encoding'), fields = [];
    for (const [name, value] of response.headers)
        if (!encoded || (name !== 'content-encoding' && name !== 'content-length'))
            fields.push(name, value);
    return fields;
}

function headersOf({ fields, streams, length }) {
    const headers = addFields(new Headers(), fields);
    if (streams && length >= 0)
        headers.set('content-length', String(length)); // platforms that choose themselves ignore it
    return headers;
}

export function fetchTransport(request, events) {
    const abort = new AbortController(), body = request.streams ? bodyStream(events) : null;
    const answered = (response) => {
        const empty = () => queueMicrotask(() => source.end());
        const source = response.body ? Source.ofStream(response.body, Infinity, EIO) : new Source(empty);
        events.head(response.status, fieldsOf(response), source);
    };
    const init = { method: request.method, redirect: 'manual', signal: abort.signal };
    if (body !== null)
        Object.assign(init, { body: body.stream, duplex: 'half' });
    else if (request.body !== null && request.body.length > 0)
        init.body = request.body;
    Promise.resolve().then(() => fetch(request.url, { ...init, headers: headersOf(request) }))
        .then(answered, (reason) => events.failed(isForbidden(request, reason) ? ENOTSUP : EIO));
    return {
        write: (bytes) => body?.write(bytes),
        hasRoom: () => body === null || body.hasRoom(),
        end: () => body?.end(),
        abort: () => {
            body?.fail();
            abort.abort();
        },
    };
}

const isForbidden = ({ method }, reason) => reason instanceof TypeError && /^(?:CONNECT|TRACE|TRACK)$/.test(method);
