// A host of the guest ABI, version 1, in one process and without a network: for tests of a guest's own part.
//
// Time is a number that `advance` moves, requests are calls, sockets are lists. It is strict where a guest could get
// away with a mistake on a lenient host: every range must fit, handles must be live, no import may find the guest
// outside an export, and a request that neither answered nor waits is an error.
import fs from 'node:fs';

const METHODS = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
export const ERRORS = { EINVAL: -1, EFAULT: -2, EHANDLE: -3, ECLOSED: -4, ESTATE: -5, ETIMEDOUT: -7, ENOTSUP: -9,
    ETOOBIG: -12, EAGAIN: -13 };
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

// ---- the request message (docs/abi.md, section 4) ----

export function encodeRequest({ method = 'GET', target = '/', headers = [], body = '', authority = 'test',
    flags = 1 }) {
    const bytes = (s) => typeof s === 'string' ? encoder.encode(s) : s;
    const texts = [method, target, authority, '127.0.0.1'].map(bytes);
    const fields = headers.flat().map(bytes);
    const content = bytes(body);
    let at = 64 + fields.length * 8;
    const ranges = [...texts, ...fields].map((text) => [at, (at += text.length) - text.length, text]);
    const bodyAt = content.length ? (at + 3) & ~3 : at;
    const message = new Uint8Array(bodyAt + content.length);
    const words = new DataView(message.buffer);
    const put = (word, value) => words.setUint32(word * 4, value, true);
    put(0, Math.max(0, METHODS.indexOf(method)));
    put(1, flags);
    put(10, headers.length);
    put(11, 64);
    put(12, bodyAt);
    put(13, content.length);
    ranges.forEach(([start, , text], i) => {
        const word = i < 4 ? 2 + i * 2 : 16 + (i - 4) * 2;
        put(word, start);
        put(word + 1, text.length);
        message.set(text, start);
    });
    message.set(content, bodyAt);
    return message;
}

export class Host {
    constructor(file, { canWait = true } = {}) {
        this.now = 0;
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
            mocket: this.table(),
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
        const message = description instanceof Uint8Array ? description : encodeRequest(description);
        const request = { handle: this.next++, answer: null, gone: 0, room: Infinity, pieces: [], error: 0 };
        request.fed = (message[4] & 1) !== 0;
        this.requests.set(request.handle, request);
        const p = this.give(message);
        this.enter(this.exports.mocket_handle, request.handle, p, message.length);
        this.settle();
        return request;
    }

    // More of a request's body; null is its end.
    feed(request, bytes) {
        if (bytes)
            request.pieces.push(...bytes);
        else
            request.fed = true;
        this.endReady(request.handle, 0);
    }

    // A client that reads `n` bytes more of its answer.
    take(request, n) {
        request.room += n;
        this.endReady(request.handle, 1);
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
        if (kind === 4)
            this.sockets.delete(socket.handle);
    }

    // The socket can be written again.
    writable(socket) {
        socket.full = false;
        this.endReady(socket.handle, 1);
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

    head(p, n) {
        const words = new DataView(this.copy(p, n).buffer);
        const word = (i) => words.getUint32(i, true);
        const headers = [];
        for (let i = 0, row = word(12); i < word(8); i++, row += 16) {
            const text = (at) => {
                if (word(at) + word(at + 4) > n)
                    throw new Error('a text is outside the head');
                return this.text(p + word(at), word(at + 4));
            };
            headers.push([text(row), text(row + 8)]);
        }
        return { status: word(0), headers };
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
        if (answer.status < 200 || answer.status > 599 || answer.headers.some(([n, v]) => !TOKEN.test(n) ||
            /[\r\n\0]/.test(v)))
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
        request.answer = { ...this.head(head, headLen), done: true };
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
        socket.sent.push(kind === 1 ? this.text(p, n) : [kind, ...this.copy(p, n)]);
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

    table() {
        const table = {
            option: (key, value) => { this.options.set(key, value); return 0; },
            listen: (version, flags, p, n) => {
                if (version !== 1)
                    return ERRORS.EINVAL;
                this.listening = { flags, address: this.text(p, n) };
                return 0;
            },
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
        };
        const guarded = (f) => (...a) => {
            if (!this.inside)
                throw new Error('an import was called while no export runs');
            return f(...a);
        };
        return Object.fromEntries(Object.entries(table).map(([name, f]) => [name, guarded(f)]));
    }
}
