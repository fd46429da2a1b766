// One instance of a guest, and the entry rule (docs/abi.md, section 1): an export is called only when none runs or is
// suspended. Calls for a busy instance wait in `inbox`, in order.
//
//     STARTING -> READY <-> RUNNING (or suspended)
//          \--------\----------\-> ENDED: a trap, or nothing is left for it to do
//
// The common way of a request is `serve`: the instance is free, the guest answers within the call, and nothing is made
// for it but what the adapter made. A direct-style guest (it imports await) is called through WebAssembly.promising: it
// may be suspended, and the instance is that request's until mocket_handle has returned.
//
// What must stay true: after ENDED no export of the instance is called and no promise that it waits for is resolved, so
// that a suspended guest stays suspended until it is collected.
import { ECLOSED, EINVAL, ETIMEDOUT, ETOOBIG } from './abi.js';
import { COMPLETE, CALLED, CUT, NONE, OVER, REFUSED, RETURNED, WAITING } from './exchange.js';
import { Handles } from './handles.js';
import { importsFor } from './imports/table.js';
import { ERROR, Lines, INFO, WARN } from './log.js';
import { Memory } from './memory.js';
import { passed, passMessage } from './message.js';
import { checkInstance } from './module.js';
import { Owner } from './owner.js';
import { Exit } from './wasi-basic.js';

export const STARTING = 0, READY = 1, RUNNING = 2, ENDED = 3;
export const GRACE_MS = 1000;

export class Instance extends Owner {
    constructor(app) {
        super(); // it is the owner of handle 0
        this.app = app;
        this.log = app.log;
        this.direct = app.module.direct;
        this.state = STARTING;
        this.handles = new Handles();
        this.declared = { listening: false, reuse: 0, streams: false, bodyErrors: false, onDemand: false,
            replays: false, maxBody: undefined, maxMessage: undefined }; // undefined: the guest did not say
        this.output = new Lines(this.log, INFO);
        this.inbox = [];
        this.running = 'mocket_start'; // the export that was called last
        this.current = null; // the request whose mocket_handle runs or is suspended
        this.requests = 0;
        this.sockets = new Set();
        this.eventBytes = 0; // of messages of its sockets that wait for the guest
        this.socketsHeld = false; // none of its sockets is read from
        this.queued = new Set(); // handshakes that wait in the inbox
        this.inside = null; // the socket whose event the guest handles
        this.settling = []; // requests that may have come to their end
        this.place = null; // where the pool keeps it
        this.onReturned = () => this.returned();
        this.onFree = () => this.free();
        this.onFail = (reason) => this.fail(reason);
        this.exports = null;
        this.memory = null;
        try {
            this.start();
        } catch (reason) {
            this.forgetMemory();
            throw reason;
        }
    }

    get isRunning() {
        return this.state === RUNNING;
    }

    get isEnded() {
        return this.state === ENDED;
    }

    // ---- Life ----

    start() {
        let exports;
        try {
            ({ exports } = new WebAssembly.Instance(this.app.module.code, importsFor(this)));
        } catch (reason) { // a start section ran, and JavaScript has the memory only afterwards
            throw reason instanceof WebAssembly.LinkError ? reason
                : new Error(`its start section failed (imports have no memory there): ${reason.message}`);
        }
        checkInstance(exports);
        const wrap = (f) => f && this.direct ? WebAssembly.promising(f) : f;
        this.memory = new Memory(exports.memory, (bytes) => this.countMemory(bytes));
        this.alloc = exports.mocket_alloc;
        this.handle = wrap(exports.mocket_handle);
        this.event = wrap(exports.mocket_ws);
        this.exports = exports;
        try {
            exports._initialize?.();
            (exports.mocket_start ?? exports._start)();
        } catch (reason) {
            if (!(reason instanceof Exit && reason.code === 0))
                throw new Error(this.complaint(reason), { cause: reason });
        } finally {
            this.output.flushRest();
        }
        if (!this.declared.listening)
            throw new Error('its start returned without `listen`: main must end in mocket_listen');
        this.release(); // operations of the start end with it
        this.state = READY;
    }

    // The guest's memory counts like all that the host holds for the app. Its growth cannot be refused: it is counted
    // when the host looks at the memory next.
    countMemory(bytes) {
        if (this.state !== ENDED)
            this.app.till.held += bytes;
    }

    forgetMemory() {
        this.app.till.give(this.memory?.size ?? 0);
    }

    complaint(reason) {
        if (reason instanceof Exit)
            return `${this.running} called exit with code ${reason.code}`;
        const text = reason?.name === 'SuspendError' ? 'it called await, which only mocket_handle and mocket_ws may'
            : reason?.message ?? String(reason);
        return `${this.running} failed: ${text}`;
    }

    // A trap, or a limit: the instance ends, and the host answers its open requests.
    fail(reason) {
        if (this.state === ENDED)
            return;
        const guilty = this.current;
        this.log.write(ERROR, guilty ? `${guilty.method} ${guilty.target.slice(0, 256)}: ` +
            this.complaint(reason) : this.complaint(reason));
        this.end(guilty, 1011);
    }

    // guilty: the request that gets 500; the others get 503. code: the close code of the sockets.
    end(guilty, code) {
        this.state = ENDED;
        const waiting = this.inbox.splice(0);
        const things = new Set(this.handles.rows.values());
        if (this.current !== null)
            things.add(this.current); // it has no row while its call runs or is suspended
        for (const thing of things)
            if (thing.call !== undefined && thing.call !== OVER) {
                this.closeExchange(thing);
                thing.fail(thing === guilty ? 500 : 503);
            }
        for (const socket of [...this.sockets])
            if (socket.isGone)
                socket.ended(); // its last event was waiting
            else
                socket.orphan(code);
        this.release();
        for (const thing of things)
            thing.release?.();
        this.handles.clear();
        this.output.flushRest();
        this.forgetMemory();
        this.app.pool.ended(this);
        for (const ex of this.queued) {
            ex.instance = null;
            this.app.pool.serve(ex);
        }
        for (const { lost } of waiting)
            lost?.();
    }

    // ---- The entry rule ----

    // job: calls the export `name` and returns its result: a promise, when the guest may be suspended. lost: called in
    // the place of the job when the instance ends, or has ended, before the job's turn.
    enter(name, job, lost) {
        if (this.state === ENDED)
            return void lost?.();
        this.inbox.push({ name, job, lost });
        if (this.state === READY)
            this.drain();
    }

    drain() {
        while (this.state === READY && this.inbox.length > 0) {
            const { name, job } = this.inbox.shift();
            this.state = RUNNING;
            this.running = name;
            let promise;
            try {
                promise = job();
            } catch (reason) {
                return this.fail(reason);
            }
            if (promise !== undefined)
                return void promise.then(this.onFree, this.onFail);
            this.state = this.state === ENDED ? ENDED : READY;
            this.settle();
        }
        if (this.state === READY)
            this.app.pool.free(this);
    }

    free() {
        if (this.state === ENDED)
            return;
        this.state = READY;
        this.settle();
        this.drain();
    }

    // ---- Requests ----

    // The instance is READY and its inbox empty.
    serve(ex) {
        this.state = RUNNING;
        let promise;
        try {
            promise = this.call(ex);
        } catch (reason) {
            return this.fail(reason);
        }
        if (promise !== undefined)
            promise.then(this.onReturned, this.onFail);
        else
            this.returned();
    }

    call(ex) {
        this.running = 'mocket_handle';
        this.requests++;
        ex.instance = this;
        ex.handle = this.handles.number();
        ex.call = CALLED;
        this.current = ex;
        const ptr = passMessage(this.memory, this.alloc, ex, this.declared.onDemand);
        if (ptr !== 0)
            return this.handle(ex.handle, ptr, passed.length);
        this.log.write(WARN, 'mocket_alloc has no memory for a request');
        ex.refuse(503);
        return undefined;
    }

    // For one that takes its turn among the sockets of the instance.
    queue(ex) {
        this.queued.add(ex);
        ex.instance = this;
        this.enter('mocket_handle', () => {
            this.queued.delete(ex);
            if (ex.call !== WAITING)
                return undefined;
            const promise = this.call(ex);
            return promise === undefined ? this.after() : promise.then(() => this.after());
        });
    }

    returned() {
        if (this.state === ENDED)
            return;
        this.after();
        this.free();
    }

    after() {
        const ex = this.current;
        this.current = null;
        ex.call = RETURNED;
        if (this.direct)
            ex.release();
        else if (ex.operations > 0)
            this.handles.keep(ex);
        if (ex.operations === 0)
            return this.settleOne(ex);
        ex.watch(); // the time limit holds for what a guest does after its answer, too
        if (ex.answer !== NONE)
            ex.complete(); // the guest may ask for it later
    }

    // An owner has one operation less. Requests are settled when no export runs.
    noteSettled(owner) {
        if (owner.operations === 0 && owner.call === RETURNED)
            this.settling.push(owner);
    }

    settle() {
        while (this.settling.length > 0) {
            const ex = this.settling.pop();
            if (ex.call === RETURNED && ex.operations === 0)
                this.settleOne(ex);
        }
    }

    // The request can no longer be completed.
    settleOne(ex) {
        if (ex.answer < COMPLETE)
            this.failUnanswered(ex);
        ex.release();
        this.closeExchange(ex);
    }

    failUnanswered(ex) {
        const error = ex.source?.error;
        if (error === ETOOBIG || error === ETIMEDOUT || error === EINVAL)
            return ex.fail(error === ETOOBIG ? 413 : error === ETIMEDOUT ? 408 : 400);
        if (ex.isShort)
            return ex.fail(503);
        if (ex.dead === 0)
            this.log.write(ERROR, `${ex.method} ${ex.target.slice(0, 256)}: ` +
                'mocket_handle returned without an answer');
        ex.fail(500);
    }

    closeExchange(ex) {
        ex.close();
        this.requests--;
        this.handles.forget(ex);
    }

    // The client left (ECLOSED), or the request's time is up (ETIMEDOUT). The guest gets a grace to return by itself.
    kill(ex, code) {
        if (ex.call === OVER || ex.dead !== 0)
            return;
        if (code === ETIMEDOUT && ex.answer < COMPLETE)
            ex.fail(ex.source?.waited ? 408 : 504);
        else if (ex.answer < COMPLETE)
            ex.answer = ex.answer === NONE ? REFUSED : CUT;
        if (ex.call === WAITING) {
            ex.dead = code;
            this.queued.delete(ex);
            return void ex.close();
        }
        if (this.direct)
            setTimeout(() => this.overstay(ex), GRACE_MS);
        else if (ex.answer !== COMPLETE && this.exports.mocket_gone)
            this.enter('mocket_gone', () => ex.call === OVER ? undefined : this.exports.mocket_gone(ex.handle));
        ex.die(code);
        ex.source?.fail(code);
        ex.roomy();
    }

    overstay(ex) {
        if (this.state !== ENDED && ex.call !== OVER)
            this.fail(new Error('did not return within its grace after the request had ended'));
    }

    find(handle) {
        return this.current !== null && this.current.handle === handle ? this.current : this.handles.get(handle);
    }
}
