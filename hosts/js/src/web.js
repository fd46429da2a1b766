// Requests and answers of the Fetch standard: Deno, Bun, workerd, service workers, and every server that speaks it.
import { ECLOSED, ETOOBIG, HTTP2, NORMALISED, TLS, UPGRADE } from './abi.js';
import { collect } from './collect.js';
import { COMPLETE, Exchange } from './exchange.js';
import { Message } from './message.js';
import { platform } from './platform.js';
import { refusalFields, refusalText } from './reasons.js';
import { Source } from './source.js';
import { isAscii, readLatin1, utf8AsLatin1 } from './text.js';

const HIGH = 65536;
const STRING_MAX = 1024;

export class WebExchange extends Exchange {
    constructor(app, message, request, accept) {
        super(app, message);
        this.request = request;
        this.takeSocket = accept; // (head, socket, exchange) -> a Response, or a code; undefined: there are no sockets
        this.response = null;
        this.resolve = null;
        this.stream = null; // controller of the answer's body
        this.isOpen = false; // the client still reads that body
        this.stopWatching = null; // of a client that may leave before its answer
    }

    answerWith(response) {
        this.response = response;
        this.resolve?.(response);
    }

    // The answer, or a promise of it.
    result() {
        if (this.response !== null)
            return this.response;
        this.stopWatching = platform.whenLeft(this.request, () => this.answer < COMPLETE && this.leave());
        return new Promise((resolve) => { this.resolve = resolve; });
    }

    sendWhole(head, memory, ptr, len) {
        if (!this.isHead && !head.isBodyless)
            return this.answerWith(new Response(bodyOf(head, memory, ptr, len), initOf(head)));
        const length = head.status === 304 ? head.length : head.isBodyless ? -1 : lengthOf(head, len);
        this.answerWith(new Response(null, length < 0 ? initOf(head) : initWith(head, length)));
    }

    sendHead(head) {
        const length = head.status === 204 ? -1 : head.length;
        const body = this.discard ? null : this.open();
        this.answerWith(new Response(platform.fixed(body, this.discard ? -1 : length),
            length < 0 ? initOf(head) : initWith(head, length)));
    }

    open() {
        this.isOpen = true;
        return new ReadableStream({
            start: (controller) => { this.stream = controller; },
            pull: () => this.roomy(),
            cancel: () => {
                this.isOpen = false;
                this.leave();
            },
        }, new ByteLengthQueuingStrategy({ highWaterMark: HIGH }));
    }

    sendBytes(bytes) {
        if (this.isOpen)
            this.stream.enqueue(bytes);
    }

    hasRoom() {
        return !this.isOpen || this.stream.desiredSize > 0;
    }

    sendEnd() {
        if (this.isOpen)
            this.stream.close();
        this.isOpen = false;
    }

    cut() {
        if (this.isOpen)
            this.stream.error(new Error('the app did not complete its answer'));
        this.isOpen = false;
    }

    sendRefusal(status) {
        this.answerWith(refusal(status, this.isHead));
    }

    close() {
        this.stopWatching?.();
        super.close();
    }

    accept(head, socket) {
        if (this.takeSocket === undefined)
            return super.accept();
        const response = this.takeSocket(head, socket, this);
        if (typeof response === 'number')
            return response;
        this.answerWith(response);
        return 0;
    }
}

export function refusal(status, isHead = false) {
    const headers = new Headers();
    const fields = refusalFields(status);
    for (let i = 0; i < fields.length; i += 2)
        headers.append(fields[i], fields[i + 1]);
    return new Response(isHead ? null : refusalText(status), { status, headers });
}

const lengthOf = (head, len) => head.length >= 0 ? head.length : len;

// A small text as a string where that is cheaper; a string invents a content-type where there is none.
function bodyOf(head, memory, ptr, len) {
    if (platform.prefersStrings && len <= STRING_MAX && head.typed) {
        const text = readLatin1(memory, ptr, len);
        if (isAscii(text))
            return text;
    }
    return memory.fresh().u8.slice(ptr, ptr + len);
}

function headersOf(head) {
    const headers = new Headers();
    for (let i = 0; i < head.fields.length; i += 2)
        headers.append(head.fields[i], platform.valueOut(head.fields[i + 1]));
    return headers;
}

// The same head comes again: its Headers are made once, and Response copies them.
const initOf = (head) => head.init ??= { status: head.status, headers: headersOf(head) };

function initWith(head, length) {
    const headers = headersOf(head);
    headers.set('content-length', String(length));
    return { status: head.status, headers };
}

// ---- Requests ----

function complete(message) {
    const { request, info } = message;
    message.fields = platform.fieldsOf(request.headers);
    message.peer = typeof info?.peer === 'function' ? info.peer(request) : info?.peer ?? '';
    if (platform.isUtf8)
        message.fields = message.fields.map((text) => isAscii(text) ? text : utf8AsLatin1(text));
    if (message.bodyless) // its length is of a body that the platform dropped
        message.fields = withoutLength(message.fields);
}

function withoutLength(fields) {
    const at = fields.findIndex((text, i) => i % 2 === 0 && text === 'content-length');
    if (at >= 0)
        fields.splice(at, 2);
    return fields;
}

function messageOf(request, info, bodyless) {
    const { url } = request, secure = url.charCodeAt(4) === 115, from = secure ? 8 : 7;
    let slash = url.indexOf('/', from), hash = url.indexOf('#', from);
    slash = slash < 0 ? url.length : slash;
    hash = hash < 0 ? url.length : hash;
    const flags = (platform.normalises ? NORMALISED : 0) | (secure ? TLS : 0) | (info?.http2 ? HTTP2 : 0);
    const target = slash < hash ? url.slice(slash, hash) : '/';
    const message = new Message(request.method, target, url.slice(from, slash), flags);
    message.request = request;
    message.info = info;
    message.bodyless = bodyless;
    message.later = complete;
    return message;
}

const isUpgrade = (request) => request.headers.get('upgrade')?.toLowerCase() === 'websocket';

// request -> a Response, or a promise of one.
export function respondTo(app, request, info) {
    const bodyless = request.method === 'GET' || request.method === 'HEAD' || request.body === null;
    const message = messageOf(request, info, bodyless);
    if (info?.accept !== undefined && isUpgrade(request))
        message.flags |= UPGRADE;
    const ex = new WebExchange(app, message, request, info?.accept);
    if (request.method === 'CONNECT')
        return refusal(405);
    if (bodyless)
        return run(app, ex);
    const length = Number(request.headers.get('content-length') ?? -1);
    ex.hasBody = true;
    if (app.streams) {
        ex.body = null;
        ex.left = length;
        ex.source = Source.ofStream(request.body, app.maxBody, ECLOSED);
        return run(app, ex);
    }
    ex.left = length;
    if (length > app.maxBody)
        return ex.failBody(ETOOBIG) ? run(app, ex) : ex.result();
    return whole(app, ex);
}

async function whole(app, ex) {
    const body = await collect(ex.request.body, app.maxBody, app.options.bodyTimeout);
    if (typeof body !== 'number')
        ex.body = body;
    else if (!ex.failBody(body))
        return ex.result();
    return run(app, ex);
}

function run(app, ex) {
    app.serve(ex);
    return ex.result();
}

