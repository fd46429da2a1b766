// Requests and answers of the Fetch standard: Deno, Bun, workerd, service workers, and every server that speaks it.
import { ELIMIT, ETOOBIG, HTTP2, NORMALISED, TLS } from './abi.js';
import { cancel, collect, collectSmall, isSmall, sourceOf } from './collect.js';
import { CALLED, COMPLETE, Exchange, OVER } from './exchange.js';
import { addFields } from './headers.js';
import { TARGET_MAX } from './message.js';
import { bodylessLength } from './head.js';
import { KNOWN_METHODS } from './methods.js';
import { platform } from './platform.js';
import { refusalFields, refusalText } from './reasons.js';
import { isAscii, utf8AsLatin1 } from './text.js';
import { parts, split } from './url.js';

const FLAGS = platform.normalises ? NORMALISED : 0;
const HIGH = 65536;
const CLIENT_LEFT = 499; // nobody sees it but logs
const BREAK_TRIES = 50, BREAK_STEP_MS = 20;

export class WebExchange extends Exchange {
    // After look.
    constructor(app, request, method, info, connection) {
        super(app, method, parts.whole, parts.wholeAt, parts.authority,
            FLAGS | (parts.secure ? TLS : 0) | (info?.http2 ? HTTP2 : 0));
        this.request = request;
        this.info = info;
        this.connection = connection; // what the platform gives beside the request
        this.response = null;
    }

    read() {
        const { request, info } = this;
        this.fields = platform.fieldsOf(request.headers);
        this.peer = typeof info?.peer === 'function' ? info.peer(request, this.connection) : info?.peer ?? '';
        if (platform.isUtf8)
            this.fields = this.fields.map((text) => isAscii(text) ? text : utf8AsLatin1(text));
        passAuthority(this);
        if (!this.hasBody || this.isHead || this.method === 'GET') // its length is of a body that the platform dropped
            this.fields = withoutLength(this.fields);
    }

    // The guest may ask for rows and peer as long as it runs; platforms keep a request until its answer.
    answerWith(response) {
        this.response = response;
        if (this.call === CALLED ? this.answer > COMPLETE : this.operations > 0) // and the guest goes on
            this.complete();
        this.resolve?.(response);
    }

    run() {
        this.app.serve(this);
        if (this.response === null || this.call !== OVER) // a guest that has answered may still wait
            this.watchClient();
        return this.result();
    }

    // The answer, or a promise of it.
    result() {
        return this.response !== null ? this.response : new Promise((resolve) => { this.resolve = resolve; });
    }

    // body: bytes, or a code.
    take(body) {
        if (typeof body !== 'number')
            this.body = body;
        else if (!this.failBody(body))
            return;
        this.run();
    }

    watchClient() {
        const { request, info } = this, watch = info?.whenLeft ?? whenLeft;
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
        return this.info?.holdAnswer?.(this, bytes) ?? true;
    }

    sendWhole(head, memory, ptr, len) {
        if (!this.isHead && !head.isBodyless)
            return this.answerWith(platform.responseOf?.(head, memory, ptr, len) ??
                new Response(memory.fresh().u8.slice(ptr, ptr + len), initOf(head)));
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
        const take = this.info?.accept; // (head, socket, exchange) -> a Response, or a code
        if (take === undefined)
            return super.accept();
        const response = take(head, socket, this);
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

// The same head comes again: its Headers are made once, and Response copies them.
export function initOf(head, length = -1) {
    if (length < 0)
        return head.init ??= { status: head.status, headers: headersOf(head) };
    const headers = headersOf(head);
    headers.set('content-length', String(length));
    return { status: head.status, headers };
}

// ---- Requests ----

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

// 0, or the status that refuses a request. Sets `parts`.
function look(request, method) {
    if (method !== 'GET' && (!KNOWN_METHODS.has(method) || method === 'CONNECT'))
        return method === 'CONNECT' ? 405 : 501;
    if (!split(request.url) || (parts.authority === '' && request.headers.get('host')))
        return 400;
    return parts.whole.length - parts.wholeAt > TARGET_MAX ? 414 : 0;
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
    const status = isExpected ? look(request, method) : 417;
    if (status !== 0) {
        if (!bodyless)
            cancel(request.body);
        return refusal(status, false, isExpected);
    }
    const ex = new WebExchange(app, request, method, info, connection);
    if (!bodyless) {
        ex.hasBody = true;
        ex.left = length;
    }
    if (app.proxies.any && app.proxies.trusts(ex.complete().peer))
        app.proxies.learn(ex);
    if (app.hasSockets)
        app.parts.socket.lookForSocket(ex, request);
    if (bodyless)
        return ex.run();
    if (app.streams) {
        ex.body = null;
        ex.source = sourceOf(request, app.maxBody, app.options.bodyTimeout);
        if (length > app.maxBody)
            ex.source.fail(ETOOBIG);
        return ex.run();
    }
    if (length > app.maxBody) {
        cancel(request.body);
        return ex.failBody(ETOOBIG) ? ex.run() : ex.result();
    }
    takeWhole(ex, app.options.bodyTimeout);
    return ex.result();
}

function takeWhole(ex, timeout) {
    const { app, request, left } = ex, take = (body) => ex.take(body);
    if (!platform.knowsLengths || !isSmall(left))
        collect(request.body, app.maxBody, timeout, (bytes) => ex.hold(bytes)).then(take);
    else if (ex.hold(left))
        collectSmall(request, left, timeout, take);
    else
        take(ELIMIT);
}

