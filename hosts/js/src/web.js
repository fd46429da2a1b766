// Requests and answers of the Fetch standard: Deno, Bun, workerd, service workers, and every server that speaks it.
import { ELIMIT, ETOOBIG, HTTP2, NORMALISED, TLS } from './abi.js';
import { cancel, collect, collectSmall, isSmall, sourceOf } from './collect.js';
import { CALLED, COMPLETE, Exchange, OVER } from './exchange.js';
import { addFields } from './headers.js';
import { Message, TARGET_MAX } from './message.js';
import { bodylessLength } from './head.js';
import { KNOWN_METHODS } from './methods.js';
import { platform } from './platform.js';
import { refusalFields, refusalText } from './reasons.js';
import { flat, isAscii, readLatin1, utf8AsLatin1 } from './text.js';
import { parts, split } from './url.js';

const HIGH = 65536;
const STRING_MAX = 1024;
const CLIENT_LEFT = 499; // nobody sees it but logs
const BREAK_TRIES = 50, BREAK_STEP_MS = 20;

export class WebExchange extends Exchange {
    constructor(app, message, request, accept) {
        super(app, message);
        this.request = request;
        this.takeSocket = accept; // (head, socket, exchange) -> a Response, or a code; undefined: there are no sockets
        this.response = null;
    }

    // The guest may ask for rows and peer as long as it runs; platforms keep a request until its answer.
    answerWith(response) {
        this.response = response;
        if (this.resolve === null)
            return;
        this.message.complete();
        this.resolve(response);
    }

    // The answer, or a promise of it.
    result() {
        if (this.response === null || this.call !== OVER) // a guest that has answered may still wait
            this.watchClient();
        if (this.response === null)
            return new Promise((resolve) => { this.resolve = resolve; });
        if (this.call === CALLED)
            this.message.complete();
        return this.response;
    }

    watchClient() {
        const { request, message } = this, watch = message.info?.whenLeft ?? whenLeft;
        this.stopWatching = watch(request, () => this.answer < COMPLETE && this.leave());
        if (this.call === OVER) // it had left already
            this.stopWatching();
    }

    // Whoever called for the answer, a platform or a program, gets one: it may wait for nothing else.
    leave() {
        super.leave();
        if (this.response === null)
            this.answerWith(new Response(null, { status: CLIENT_LEFT }));
    }

    // An entry that knows when an answer was sent counts it until then (info.holdAnswer).
    holdAnswer(bytes) {
        const hold = this.message.info?.holdAnswer;
        return hold === undefined || hold(this, bytes);
    }

    sendWhole(head, memory, ptr, len) {
        if (!this.isHead && !head.isBodyless)
            return this.answerWith(new Response(bodyOf(head, memory, ptr, len),
                initOf(head, len > platform.pieces ? len : -1)));
        const length = bodylessLength(head, len);
        this.answerWith(new Response(null, initOf(head, length)));
    }

    sendHead(head) {
        const length = this.discard ? bodylessLength(head, -1) : head.length;
        const body = !this.discard ? this.open() : this.isHead && length < 0 ? platform.unknownBody() : null;
        this.answerWith(new Response(platform.fixed(body, this.discard ? -1 : length), initOf(head, length)));
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
            breakSoon(this.stream, BREAK_TRIES);
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

// Fields that few exchanges set, as in exchange.js.
Object.assign(WebExchange.prototype, {
    resolve: null,
    stream: null, // controller of the answer's body
    isOpen: false, // the client still reads that body
    stopWatching: null, // of a client that may leave before its answer
});

// An error discards bytes that the reader has not taken, so the reader gets some time.
function breakSoon(stream, tries) {
    const isTaken = stream.desiredSize === HIGH || stream.desiredSize === null;
    setTimeout(() => {
        if (isTaken || tries === 0)
            stream.error(new Error('the app did not complete its answer'));
        else
            breakSoon(stream, tries - 1);
    }, isTaken ? 1 : BREAK_STEP_MS);
}

// close: the connection ends with this answer, where the platform lets us say so.
export function refusal(status, isHead = false, close = false) {
    const headers = addFields(new Headers(), refusalFields(status));
    if (close && platform.closes)
        headers.set('connection', 'close');
    return new Response(isHead ? null : refusalText(status), { status, headers });
}

// A small text as a string where that is cheaper; a string invents a content-type where there is none.
function bodyOf(head, memory, ptr, len) {
    if (platform.prefersStrings && len <= STRING_MAX && head.typed) {
        const text = readLatin1(memory, ptr, len);
        if (isAscii(text))
            return text;
    }
    const bytes = memory.fresh().u8.slice(ptr, ptr + len);
    return len > platform.pieces ? inPieces(bytes, platform.pieces) : bytes;
}

// The platform takes a piece when it has sent the one before.
function inPieces(bytes, size) {
    let at = 0;
    return new ReadableStream({
        pull(controller) {
            controller.enqueue(bytes.subarray(at, at + size));
            at += size;
            if (at >= bytes.length)
                controller.close();
        },
    }, { highWaterMark: 0 });
}

function headersOf(head) {
    const headers = new Headers();
    for (let i = 0; i < head.fields.length; i += 2)
        headers.append(head.fields[i], platform.valueOut(head.fields[i + 1]));
    if (head.status === 426) {
        headers.set('upgrade', 'websocket');
        headers.set('connection', 'Upgrade');
    }
    return headers;
}

// Calls back when the client has left; returns a function that stops that. An entry may pass `info.whenLeft`.
export function whenLeft({ signal }, callback) {
    if (signal?.aborted)
        callback();
    signal?.addEventListener('abort', callback, { once: true });
    return () => signal?.removeEventListener('abort', callback);
}

// A plain object, where that is quicker than Headers; null when a name comes twice.
function plainOf({ status, fields }) {
    const plain = {};
    if (!platform.prefersPlain || status === 426)
        return null;
    for (let i = 0; i < fields.length; i += 2) {
        const name = fields[i].toLowerCase();
        if (Object.hasOwn(plain, name))
            return null;
        plain[name] = flat(fields[i + 1]);
    }
    return plain;
}

// The same head comes again: its Headers are made once, and Response copies them.
function initOf(head, length = -1) {
    if (length < 0)
        return head.init ??= { status: head.status, headers: plainOf(head) ?? headersOf(head) };
    const headers = headersOf(head);
    headers.set('content-length', String(length));
    return { status: head.status, headers };
}

// ---- Requests ----

class WebMessage extends Message {
    constructor(method, target, authority, flags) {
        super(method, target, authority, flags);
        this.request = null;
        this.info = undefined;
        this.connection = undefined; // what the platform gives beside the request
        this.bodyless = false;
    }

    read() {
        const { request, info, connection } = this;
        this.fields = platform.fieldsOf(request.headers);
        this.peer = typeof info?.peer === 'function' ? info.peer(request, connection) : info?.peer ?? '';
        if (platform.isUtf8)
            this.fields = this.fields.map((text) => isAscii(text) ? text : utf8AsLatin1(text));
        passAuthority(this);
        if (this.bodyless) // its length is of a body that the platform dropped
            this.fields = withoutLength(this.fields);
    }
}

// The target's own authority takes the place of Host.
function passAuthority({ fields, authority }) {
    const at = fields.findIndex((text, i) => i % 2 === 0 && text === 'host');
    if (at >= 0)
        fields[at + 1] = authority;
}

function withoutLength(fields) {
    const at = fields.findIndex((text, i) => i % 2 === 0 && text === 'content-length');
    if (at >= 0)
        fields.splice(at, 2);
    return fields;
}

// A Message, or the status that refuses it.
function messageOf(request, method, info, bodyless) {
    if (method !== 'GET' && (!KNOWN_METHODS.has(method) || method === 'CONNECT'))
        return method === 'CONNECT' ? 405 : 501;
    const { url } = request, isValid = split(url), { secure, authority, target, targetAt } = parts;
    if (!isValid || (authority === '' && request.headers.get('host')))
        return 400;
    if (target.length > TARGET_MAX)
        return 414;
    const flags = (platform.normalises ? NORMALISED : 0) | (secure ? TLS : 0) | (info?.http2 ? HTTP2 : 0);
    const message = new WebMessage(method, target, authority, flags);
    if (targetAt >= 0) {
        message.whole = url;
        message.wholeAt = targetAt;
    }
    message.request = request;
    message.info = info;
    message.bodyless = bodyless;
    return message;
}

// A list, which may be empty. The platform answers 100 itself.
const EXPECTED = /^[ \t,]*(?:100-continue[ \t,]*)*$/i;

// request -> a Response, or a promise of one. Its method, url, headers, body and signal are read. info: { peer, http2,
// accept, vouched, whenLeft, holdAnswer } as an entry knows them; vouched: a handshake needs no version and no key.
// connection: what `peer` is called with.
export function respondTo(app, request, info, connection) {
    const { method } = request, isGet = method === 'GET' || method === 'HEAD';
    // Platforms charge for the first look at `headers`, and `body` makes a stream: not for one that is too long.
    const length = isGet ? -1 : Number(request.headers.get('content-length') ?? -1);
    const bodyless = isGet || (length <= 0 && request.body === null);
    const isExpected = bodyless || EXPECTED.test(request.headers.get('expect') ?? '');
    const message = messageOf(request, method, info, bodyless);
    if (typeof message === 'number' || !isExpected) {
        if (!bodyless)
            cancel(request.body);
        return refusal(isExpected ? message : 417, false, isExpected);
    }
    message.connection = connection;
    if (app.proxies.any && app.proxies.trusts(message.complete().peer))
        app.proxies.learn(message);
    const ex = new WebExchange(app, message, request, info?.accept);
    if (app.hasSockets)
        app.parts.socket.lookForSocket(ex, request);
    if (bodyless)
        return run(app, ex);
    ex.hasBody = true;
    ex.left = length;
    if (app.streams) {
        ex.body = null;
        ex.source = sourceOf(request, app.maxBody, app.options.bodyTimeout);
        if (length > app.maxBody)
            ex.source.fail(ETOOBIG);
        return run(app, ex);
    }
    if (length > app.maxBody) {
        cancel(request.body);
        return ex.failBody(ETOOBIG) ? run(app, ex) : ex.result();
    }
    return whole(app, ex);
}

async function whole(app, ex) {
    const { request, left } = ex, { bodyTimeout } = app.options, hold = (bytes) => ex.hold(bytes);
    const body = !platform.knowsLengths || !isSmall(left) ? await collect(request.body, app.maxBody, bodyTimeout, hold)
        : hold(left) ? await collectSmall(request, left, bodyTimeout) : ELIMIT;
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

