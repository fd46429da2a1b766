// Requests to other servers (docs/abi.md, section 2: fetch, fetch_wait, fetch_head). A transport does them: the
// platform's fetch (transport.js), or node:http. transport(request, events) begins one and returns
//
//     write(bytes), hasRoom(), end()    the body, when request.streams
//     abort()                           ends all
//
// and calls events.head(status, fields, source), events.failed(code), events.room() when the body can be written again,
// events.stopped() when the server takes no more of it.
//
// There are two handles: the request, and, from the delivery of fetch_wait on, the response.
import * as abi from './abi.js';
import { limits } from './timer.js';
import { redirectOf } from './redirect.js';
import { Waiters } from './waiters.js';

const EACH_MAX = 256, ALL_MAX = 1024; // under way: of one owner, of an instance
const PIECE_MAX = 65536;
const HELD = 49152; // bytes that are counted for an exchange beside its body

const SENDING = 0, SENT = 1, CLOSED = 2; // the body

export class Outgoing {
    constructor(instance, owner, request) {
        this.instance = instance;
        this.owner = owner;
        this.request = request; // { method, url, fields, body, streams, length, follow, retry, timeout }
        this.handle = 0;
        this.held = HELD + (request.body?.length ?? 0); // bytes in the app's till
        this.body = request.streams ? SENDING : SENT;
        this.left = request.length;
        this.redirects = 0;
        this.waited = false;
        this.isDropped = false;
        this.outcome = null; // a Response, or a code
        this.waiter = null;
        this.room = null; // Waiters of a guest that waits until it can write, made by the first
        this.timer = null;
        this.link = null;
    }

    get isOutgoing() {
        return true;
    }

    // The number of the request, or a code.
    static begin(instance, owner, request) {
        const { app } = instance;
        if (!app.nets.allowsUrl(request.url)) {
            app.nets.deny(app.log, request.url);
            return abi.EDENIED;
        }
        if (owner.dead !== 0)
            return owner.dead;
        const count = (set) => [...set ?? []].filter((thing) => thing instanceof Outgoing).length;
        if (count(owner.owned) >= EACH_MAX || count(instance.handles.rows.values()) >= ALL_MAX)
            return abi.ELIMIT;
        const out = new Outgoing(instance, owner, request), handle = instance.handles.open(out);
        if (handle < 0)
            return handle;
        if (!app.till.take(out.held)) {
            instance.handles.end(out);
            return abi.ELIMIT;
        }
        owner.adopt(out);
        const timeout = request.timeout || app.options.timeout;
        if (timeout !== Infinity)
            out.timer = limits.start(() => out.fail(abi.ETIMEDOUT), timeout);
        out.send();
        return handle;
    }

    send() {
        const events = {
            head: (status, fields, source) => this.onHead(status, fields, source),
            failed: (code) => this.fail(code),
            room: () => this.roomy(),
            stopped: () => this.stopped(),
        };
        this.link = this.instance.app.transport(this.request, events, this.instance.app.nets);
    }

    onHead(status, fields, source) {
        if (this.outcome !== null)
            return source.cancel?.();
        if (status === 101)
            return this.fail(abi.EIO);
        const next = this.request.follow ? redirectOf(this.request, status, fields) : null;
        if (next === null)
            return this.settle(new Response(this, status, fields, source));
        source.cancel?.();
        this.link.abort();
        if (++this.redirects > 10)
            return this.fail(abi.EIO);
        if (typeof next === 'number')
            return this.fail(next);
        if (!this.instance.app.nets.allowsUrl(next.url))
            return this.fail(abi.EDENIED, next.url);
        if (this.body === SENDING)
            this.stopped();
        this.request = next;
        this.send();
    }

    fail(code, url = this.request.url) {
        const { app } = this.instance;
        if (code === abi.EDENIED)
            app.nets.deny(app.log, url);
        this.stopped();
        if (this.outcome instanceof Response)
            this.outcome.source.fail(code);
        else if (this.outcome === null)
            this.settle(code);
        this.link?.abort();
    }

    settle(outcome) {
        limits.stop(this.timer);
        this.outcome = outcome;
        const { waiter } = this;
        this.waiter = null;
        waiter?.();
    }

    // ---- Its body ----

    get state() {
        return this.body === SENT ? abi.ESTATE : this.body === CLOSED ? abi.ECLOSED : 0;
    }

    hasRoom() {
        return this.link.hasRoom();
    }

    whenRoom(callback) {
        this.room ??= new Waiters();
        return this.room.add(callback);
    }

    roomy() {
        this.room?.wake(this.isDropped ? abi.EHANDLE : this.body === CLOSED ? abi.ECLOSED : 0);
    }

    stopped() {
        if (this.body === SENDING)
            this.body = CLOSED;
        this.roomy();
    }

    write(memory, ptr, len) {
        if (this.left >= 0 && len > this.left)
            return abi.EINVAL;
        if (len === 0)
            return 0;
        if (!this.hasRoom())
            return abi.EAGAIN;
        const taken = Math.min(len, PIECE_MAX);
        if (this.left >= 0)
            this.left -= taken;
        this.link.write(memory.copy(ptr, taken));
        return taken;
    }

    finish() {
        if (this.state !== 0)
            return this.state;
        if (this.left > 0) {
            this.body = SENT;
            this.fail(abi.EINVAL); // shorter than was declared
            return abi.EINVAL;
        }
        this.body = SENT;
        this.link.end();
        return 0;
    }

    // ---- Its response ----

    // For an operation of fetch_wait: end(result) once there is an outcome.
    wait(end) {
        this.waited = true;
        if (this.outcome !== null)
            return void end(this.result());
        this.waiter = () => end(this.result());
        return () => { this.waiter = null; };
    }

    // The response gets its handle when the result is delivered.
    result() {
        const { outcome } = this;
        return typeof outcome === 'number' ? outcome
            : () => typeof this.outcome === 'number' ? this.outcome : outcome.open();
    }

    drop() {
        const taken = this.outcome instanceof Response && this.outcome.handle !== 0;
        this.isDropped = true;
        this.roomy();
        if (!taken) {
            this.fail(abi.ECLOSED);
            this.outcome = abi.ECLOSED;
        } else if (this.body !== SENT) {
            this.outcome.state = abi.ECLOSED;
            this.fail(abi.ECLOSED);
        }
        this.leave();
    }

    // Its response may live on; what is held is given back with the last of them.
    leave() {
        limits.stop(this.timer);
        if (!(this.outcome instanceof Response) || this.outcome.handle === 0) {
            this.instance.app.till.give(this.held);
            this.held = 0;
        }
        if (this.handle !== 0)
            this.instance.handles.end(this);
        this.owner.forget(this);
    }
}

export class Response {
    constructor(out, status, fields, source) {
        this.out = out;
        this.instance = out.instance;
        this.owner = out.owner;
        this.status = status;
        this.fields = fields;
        this.source = source;
        this.handle = 0;
        this.state = 0; // ECLOSED once the request was dropped before the end of its body
        this.idle();
    }

    get isResponse() {
        return true;
    }

    // Silence ends it like a request.
    idle() {
        const { timeout } = this.instance.app.options;
        if (timeout === Infinity)
            return;
        const arm = () => {
            limits.stop(this.timer);
            this.timer = limits.start(() => this.source.asked && this.source.fail(abi.ETIMEDOUT), timeout);
        };
        this.source.onProgress = arm;
        arm();
    }

    // Its number, or a code.
    open() {
        const handle = this.instance.handles.open(this), code = handle < 0 ? handle : this.owner.adopt(this);
        if (code < 0)
            this.drop();
        return code < 0 ? code : handle;
    }

    drop() {
        limits.stop(this.timer);
        this.source.fail(abi.EHANDLE);
        this.source.cancel?.();
        if (this.handle !== 0)
            this.instance.handles.end(this);
        this.owner.forget(this);
        this.out.stopped();
        this.out.link.abort();
        this.out.leave();
    }
}

