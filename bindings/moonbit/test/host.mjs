// A host of the guest ABI, version 1, in one process and without a network: for tests of a guest's own part.
//
// Time is a number that `advance` moves, requests are calls, sockets are lists. It is strict where a guest could get
// away with a mistake on a lenient host: every range must fit, handles must be live, no import may find the guest
// outside an export, and a request that neither answered nor waits is an error.
//
// It is not a row of tests/backends: nothing here speaks HTTP, and its time stands still, so tests/abi cannot drive it.
// golden.test.mjs compares its messages with those of every other host.
import fs from 'node:fs';
import { CLOCK, DIRECTION, ERRORS, HEAD_WORD, LIMIT, LISTEN, METHODS, MINOR, MODULE, OPTION, REQUEST_FLAG, REQUEST_WORD,
    REUSE, ROW_WORD, SOCKET, VERSION } from '../../../hosts/js/src/tables.js';

export { ERRORS };
const CONTROL = /[\0-\x08\n-\x1f\x7f]/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

// ---- the request message (docs/abi.md, section 4) ----

export function encodeRequest({ method = 'GET', target = '/', headers = [], body = '', authority = 'test',
    peer = '127.0.0.1', flags = REQUEST_FLAG.BODY_HERE, left = 0, error = 0 }) {
    const bytes = (s) => typeof s === 'string' ? encoder.encode(s) : s;
    const texts = [method, target, authority, peer].map(bytes);
    const fields = headers.flat().map(bytes);
    const content = bytes(body);
    const start = REQUEST_WORD.WORDS * 4;
    let at = start + fields.length * 8;
    const ranges = [...texts, ...fields].map((text) => [at, (at += text.length) - text.length, text]);
    const bodyAt = (at + 3) & ~3;
    const message = new Uint8Array(bodyAt + content.length);
    const words = new DataView(message.buffer);
    const put = (word, value) => words.setUint32(word * 4, value, true);
    put(REQUEST_WORD.METHOD, Math.max(0, METHODS.indexOf(method)));
    put(REQUEST_WORD.FLAGS, flags);
    put(REQUEST_WORD.FIELD_COUNT, headers.length);
    put(REQUEST_WORD.FIELDS, start);
    put(REQUEST_WORD.BODY, bodyAt);
    put(REQUEST_WORD.BODY + 1, content.length);
    put(REQUEST_WORD.BODY_LEFT, left);
    put(REQUEST_WORD.BODY_ERROR, error);
    ranges.forEach(([offset, , text], i) => {
        const word = i < 4 ? REQUEST_WORD.METHOD_TEXT + i * 2 : REQUEST_WORD.WORDS + (i - 4) * 2;
        put(word, offset);
        put(word + 1, text.length);
        message.set(text, offset);
    });
    message.set(content, bodyAt);
    return message;
}

// ---- the response head (section 5) ----

const isAnswer = (status) => status >= 200 && status <= 599;
const isHandshake = (status) => status === 101;

// Status and headers, or null for a head that is malformed.
export function decodeHead(bytes, isStatus = isAnswer) {
    const words = new DataView(bytes.buffer, bytes.byteOffset);
    const word = (i) => words.getUint32(i * 4, true);
    if (bytes.length < HEAD_WORD.WORDS * 4 || bytes.length > LIMIT.HEAD_MAX || !isStatus(word(HEAD_WORD.STATUS)) ||
        word(HEAD_WORD.FLAGS))
        return null;
    const [count, rows, headers] = [word(HEAD_WORD.FIELD_COUNT), word(HEAD_WORD.FIELDS), []];
    if (count && (rows % 4 || rows + count * ROW_WORD.WORDS * 4 > bytes.length))
        return null;
    for (let i = 0, row = rows / 4; i < count; i++, row += ROW_WORD.WORDS) {
        const ranges = [row + ROW_WORD.NAME, row + ROW_WORD.VALUE].map((at) => [word(at), word(at) + word(at + 1)]);
        if (ranges.some(([start, end]) => start !== end && end > bytes.length))
            return null;
        const [name, value] = ranges.map(([start, end]) => decoder.decode(bytes.subarray(start, end)));
        if (!TOKEN.test(name) || CONTROL.test(value))
            return null;
        headers.push([name, value]);
    }
    return { status: word(HEAD_WORD.STATUS), headers };
}

// ---- the data of a socket's last event (section 7) ----

export function encodeClosed(code, reason = '') {
    const text = typeof reason === 'string' ? encoder.encode(reason) : reason;
    return Uint8Array.of(code & 255, code >> 8, ...text);
}

export class Host {
    // leaveOut: messages come without fields and peer to guests that can ask for them (`fields`).
    constructor(file, { canWait = true, leaveOut = false } = {}) {
        this.now = 0;
        this.leaveOut = leaveOut;
        this.asked = 0;
        this.canWait = canWait;
        this.next = 1;
        this.ops = new Map();
        this.requests = new Map();
        this.sockets = new Map();
        this.logs = [];
        this.printed = '';
        this.options = new Map();
        this.inside = false;
        const module = new WebAssembly.Module(fs.readFileSync(file));
        this.imports = WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`);
        const instance = new WebAssembly.Instance(module, {
            [MODULE]: this.table(),
            wasi_snapshot_preview1: new Proxy({}, { get: () => () => 52 }), // ENOSYS
            spectest: { print_char: (c) => { this.printed += String.fromCharCode(c); } },
            __moonbit_fs_unstable: new Proxy({}, { get: () => () => 0 }),
            __moonbit_time_unstable: { now: () => BigInt(this.now) },
        });
        this.exports = instance.exports;
        this.exports._initialize?.();
        this.enter(this.exports.mocket_start ?? this.exports._start);
    }

    // ---- in ----

    enter(f, ...args) {
        if (this.inside)
            throw new Error('an export was entered while another one runs');
        this.inside = true;
        try {
            return f(...args);
        } finally {
            this.inside = false;
        }
    }

    give(bytes) {
        if (!bytes.length)
            return 0;
        const p = this.enter(this.exports.mocket_alloc, bytes.length);
        if (p === 0 || p % 8)
            throw new Error(`mocket_alloc answered ${p}`);
        this.view(p, bytes.length).set(bytes);
        return p;
    }

    // Begins a request; `answer` is null until there is one. A body that comes later (flags without bit 0) is fed.
    request(description) {
        const message = description instanceof Uint8Array ? description : encodeRequest(this.shown(description));
        const request = { handle: this.next++, answer: null, gone: 0, room: Infinity, pieces: [], error: 0 };
        request.description = description;
        request.fed = (message[REQUEST_WORD.FLAGS * 4] & REQUEST_FLAG.BODY_HERE) !== 0;
        this.requests.set(request.handle, request);
        const p = this.give(message);
        this.enter(this.exports.mocket_handle, request.handle, p, message.length);
        this.settle();
        return request;
    }

    // The description of a message as the guest gets it.
    shown(description) {
        if (!this.leaveOut || this.options.get(OPTION.ON_DEMAND) !== 1n)
            return description;
        const flags = (description.flags ?? REQUEST_FLAG.BODY_HERE) | REQUEST_FLAG.ON_DEMAND;
        return { ...description, headers: [], peer: '', flags };
    }

    // More of a request's body; null is its end.
    feed(request, bytes) {
        if (bytes)
            request.pieces.push(...bytes);
        else
            request.fed = true;
        this.endReady(request.handle, DIRECTION.READ);
    }

    // A client that reads `n` bytes more of its answer.
    take(request, n) {
        request.room += n;
        this.endReady(request.handle, DIRECTION.WRITE);
    }

    endReady(handle, dir) {
        for (const op of this.owned(handle).filter((o) => o.kind === 'ready' && o.dir === dir))
            this.end(op, 0);
    }

    // A request that neither answered nor waits is over: the host's 500, or its answer is cut.
    settle() {
        for (const [handle, request] of this.requests) {
            if (this.owned(handle).length)
                continue;
            if (request.answer && !request.answer.done)
                request.answer.cut = true;
            request.answer ??= { status: 500, headers: [], body: new Uint8Array(0), byHost: true };
            this.requests.delete(handle);
        }
    }

    owned(handle) {
        return [...this.ops.values()].filter((op) => op.owner === handle);
    }

    end(op, result) {
        this.ops.delete(op.handle);
        this.enter(this.exports.mocket_done, op.handle, result);
        this.settle();
    }

    // Lets time pass: what is due ends, in order.
    advance(ms) {
        const until = this.now + ms;
        for (;;) {
            const due = [...this.ops.values()].filter((op) => op.at <= until).sort((a, b) => a.at - b.at)[0];
            if (!due)
                break;
            this.now = due.at;
            this.end(due, 0);
        }
        this.now = until;
    }

    leave(request, code = ERRORS.ECLOSED) {
        request.gone = code;
        for (const op of this.owned(request.handle))
            this.end(op, code);
    }

    event(socket, kind, bytes = new Uint8Array(0)) {
        const p = this.give(bytes);
        this.enter(this.exports.mocket_ws, socket.handle, kind, p, bytes.length);
        if (kind === SOCKET.CLOSED)
            this.sockets.delete(socket.handle);
    }

    // The socket can be written again.
    writable(socket) {
        socket.full = false;
        this.endReady(socket.handle, DIRECTION.WRITE);
    }

    // ---- out ----

    view(p, n) {
        const memory = this.exports.memory.buffer;
        if (p < 0 || n < 0 || p + n > memory.byteLength)
            throw new Error(`range ${p}+${n} is outside the memory`);
        return new Uint8Array(memory, n ? p : 0, n);
    }

    copy(p, n) { return this.view(p, n).slice(); }
    text(p, n) { return decoder.decode(this.copy(p, n)); }

    head(p, n, isStatus) {
        if (p % 4)
            throw new Error(`a head at ${p} is not 4-aligned`);
        return decodeHead(this.copy(p, n), isStatus);
    }

    begin(op) {
        if (!this.canWait)
            return ERRORS.ENOTSUP;
        op.handle = this.next++;
        this.ops.set(op.handle, op);
        return op.handle;
    }

    // What is wrong with a request that an import names, or 0. begun: its answer must have been begun, or not.
    state(request, begun) {
        if (!request)
            return ERRORS.EHANDLE;
        if (request.gone)
            return request.gone;
        return Boolean(request.answer) === begun && !request.answer?.done ? 0 : ERRORS.ESTATE;
    }

    // The message again, with fields and peer and without its body.
    fields(req, p, room) {
        const request = this.requests.get(req);
        if (!request)
            return ERRORS.EHANDLE;
        if (p % 4)
            throw new Error(`room for fields at ${p} is not 4-aligned`);
        const flags = (request.description.flags ?? 0) & ~(REQUEST_FLAG.BODY_HERE | REQUEST_FLAG.ON_DEMAND);
        const message = encodeRequest({ ...request.description, body: '', flags });
        this.asked++;
        if (message.length <= room)
            this.view(p, message.length).set(message);
        return message.length;
    }

    respond(req, head, headLen, body, bodyLen) {
        const status = this.respondBegin(req, head, headLen);
        if (status === 0)
            Object.assign(this.requests.get(req).answer, { body: this.copy(body, bodyLen), done: true });
        return status;
    }

    respondBegin(req, head, headLen) {
        const request = this.requests.get(req);
        const status = this.state(request, false);
        if (status)
            return status;
        const answer = this.head(head, headLen);
        if (!answer)
            return ERRORS.EINVAL;
        request.answer = { ...answer, body: new Uint8Array(0), done: false };
        return 0;
    }

    bodyWrite(req, p, n) {
        const request = this.requests.get(req);
        const status = this.state(request, true);
        if (status)
            return status;
        const taken = Math.min(n, request.room);
        if (taken === 0 && n)
            return ERRORS.EAGAIN;
        request.room -= taken;
        request.answer.body = Buffer.concat([request.answer.body, this.copy(p, taken)]);
        return taken;
    }

    bodyEnd(req) {
        const request = this.requests.get(req);
        const status = this.state(request, true);
        if (status === 0)
            request.answer.done = true;
        return status;
    }

    bodyRead(req, p, room) {
        const request = this.requests.get(req);
        if (!request)
            return ERRORS.EHANDLE;
        if (request.gone || request.error)
            return request.gone || request.error;
        const piece = request.pieces.splice(0, room);
        if (!piece.length)
            return request.fed ? 0 : ERRORS.EAGAIN;
        this.view(p, piece.length).set(piece);
        return piece.length;
    }

    wsAccept(req, head, headLen) {
        const request = this.requests.get(req);
        if (!request || request.answer)
            return ERRORS.EHANDLE;
        const accepted = this.head(head, headLen, isHandshake);
        if (!accepted)
            return ERRORS.EINVAL;
        request.answer = { ...accepted, done: true };
        const socket = { handle: this.next++, sent: [], topics: new Set(), full: false, closed: null };
        request.socket = socket;
        this.sockets.set(socket.handle, socket);
        return socket.handle;
    }

    wsSend(ws, kind, p, n) {
        const socket = this.sockets.get(ws);
        if (!socket)
            return ERRORS.EHANDLE;
        if (socket.closed)
            return ERRORS.ESTATE;
        if (socket.full)
            return ERRORS.EAGAIN;
        if (![SOCKET.TEXT, SOCKET.BINARY, SOCKET.PING, SOCKET.PONG].includes(kind))
            return ERRORS.EINVAL;
        socket.sent.push(kind === SOCKET.TEXT ? this.text(p, n) : [kind, ...this.copy(p, n)]);
        return 0;
    }

    topic(ws, p, n, change) {
        const socket = this.sockets.get(ws);
        if (!socket)
            return ERRORS.EHANDLE;
        change(socket.topics, this.text(p, n));
        return 0;
    }

    publish(topic, kind, p, n) {
        for (const socket of this.sockets.values())
            if (socket.topics.has(topic))
                this.wsSend(socket.handle, kind, p, n);
        return 0;
    }

    option(key, value) {
        if (this.listening)
            return ERRORS.ESTATE;
        if (key === OPTION.MINOR)
            return value === 0n ? MINOR : ERRORS.EINVAL;
        if (![OPTION.MAX_BODY, OPTION.MAX_MESSAGE, OPTION.ON_DEMAND].includes(key))
            return ERRORS.ENOTSUP;
        if (value < (key === OPTION.ON_DEMAND ? 0n : -1n) || (key === OPTION.ON_DEMAND && value > 1n))
            return ERRORS.EINVAL;
        this.options.set(key, value);
        return 0;
    }

    table() {
        const table = {
            option: (key, value) => this.option(key, value),
            listen: (version, flags, p, n) => {
                if (this.listening)
                    return ERRORS.ESTATE;
                if (version !== VERSION)
                    return ERRORS.ENOTSUP;
                if (flags & ~(LISTEN.REUSE_MASK | LISTEN.STREAM_BODY | LISTEN.BODY_ERRORS) ||
                    (flags & LISTEN.REUSE_MASK) > REUSE.CONCURRENT)
                    return ERRORS.EINVAL;
                this.listening = { flags, address: this.text(p, n) };
                return 0;
            },
            fields: (...a) => this.fields(...a),
            respond: (...a) => this.respond(...a),
            respond_begin: (...a) => this.respondBegin(...a),
            body_write: (...a) => this.bodyWrite(...a),
            body_end: (...a) => this.bodyEnd(...a),
            body_read: (...a) => this.bodyRead(...a),
            sleep: (owner, ms) => {
                if (owner !== 0 && !this.requests.has(owner) && !this.sockets.has(owner))
                    return ERRORS.EHANDLE;
                return this.begin({ kind: 'sleep', owner, at: this.now + ms });
            },
            ready: (handle, dir) => this.begin({ kind: 'ready', owner: handle, dir, at: Infinity }),
            drop: (handle) => { this.ops.delete(handle); },
            ws_accept: (...a) => this.wsAccept(...a),
            ws_send: (...a) => this.wsSend(...a),
            ws_close: (ws, code, p, n) => {
                const socket = this.sockets.get(ws);
                if (socket)
                    socket.closed = [code, this.text(p, n)];
                return socket ? 0 : ERRORS.EHANDLE;
            },
            ws_subscribe: (ws, p, n) => this.topic(ws, p, n, (topics, name) => topics.add(name)),
            ws_unsubscribe: (ws, p, n) => this.topic(ws, p, n, (topics, name) => topics.delete(name)),
            publish: (tp, tn, kind, p, n) => this.publish(this.text(tp, tn), kind, p, n),
            log: (level, p, n) => { this.logs.push([level, this.text(p, n)]); },
            now: (clock) => clock === CLOCK.WALL ? BigInt(Date.now()) * 1000000n : BigInt(this.now) * 1000000n,
            random: (p, n) => { crypto.getRandomValues(this.view(p, n)); },
        };
        const guarded = (f) => (...a) => {
            if (!this.inside)
                throw new Error('an import was called while no export runs');
            return f(...a);
        };
        return Object.fromEntries(Object.entries(table).map(([name, f]) => [name, guarded(f)]));
    }
}
