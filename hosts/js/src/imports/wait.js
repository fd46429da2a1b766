// Operations: sleep, ready, drop, await, await_any (docs/abi.md, sections 2 and 6).
import { EFAULT, EHANDLE, EINVAL, ELIMIT, ESTATE, READ, WRITE } from '../abi.js';
import { Exchange, NONE } from '../exchange.js';
import { ENDED, Operation, PENDING } from '../operation.js';
import { Owner } from '../owner.js';
import { capped, clock } from '../timer.js';
import { Waiters } from '../waiters.js';

const HANDLES_MAX = 8192; // of one await_any

// A live owner, or undefined.
export function ownerOf(instance, handle) {
    const owner = handle === 0 ? instance : instance.find(handle);
    return owner instanceof Owner ? owner : undefined;
}

// A new operation, which has ended if its owner is dead; or a code.
function open(instance, owner) {
    const op = new Operation(instance, owner), handle = instance.handles.open(op);
    if (handle < 0)
        return handle;
    const code = owner.adopt(op);
    if (code < 0) {
        op.drop();
        return code;
    }
    if (owner.dead !== 0)
        op.end(owner.dead);
    else if (owner.answer > NONE)
        owner.complete(); // as in suspend
    return op;
}

// Begins an operation: start(end) arranges that end(result) is called, and returns a function that
// stops it, or null. Returns the operation's handle, or a code.
export function begin(instance, owner, start) {
    const op = open(instance, owner);
    if (typeof op === 'number')
        return op;
    const cancel = op.state === PENDING ? start((result) => op.end(result)) ?? null : null;
    if (op.state === PENDING)
        op.cancel = cancel;
    return op.handle;
}

// Calls back once when more can be written, or the answer has ended. Returns a function that stops that.
function whenRoom(ex, callback) {
    ex.room ??= new Waiters();
    return ex.room.add(callback);
}

function readyExchange(instance, ex, dir) {
    if (dir !== READ && dir !== WRITE)
        return EINVAL;
    const { state } = ex;
    if (state === ESTATE || (dir === WRITE && ex.answer === NONE))
        return state !== 0 ? state : ESTATE;
    return begin(instance, ex, (end) => {
        if (state !== 0)
            return end(state);
        if (dir === READ)
            return ex.source === null || ex.source.isReady ? end(readCode(ex.source)) : ex.source.whenReady(end);
        return ex.discard || ex.hasRoom() ? end(0) : whenRoom(ex, end);
    });
}

const readCode = (source) => source === null || source.pieces.length > 0 ? 0 : source.error;

// For handles that are not requests: a response is read, every other handle is written.
function readyOther(instance, thing, dir) {
    if (dir !== (thing.isResponse ? READ : WRITE))
        return EINVAL;
    if (thing.isSocket && thing.state === ESTATE)
        return ESTATE;
    const owner = thing.isSocket ? thing : thing.owner;
    return begin(instance, owner, (end) => {
        if (thing.isResponse)
            return thing.source.isReady ? end(readCode(thing.source)) : thing.source.whenReady(end);
        if (thing.state !== 0)
            return end(thing.state);
        return thing.hasRoom() ? end(0) : thing.whenRoom(end);
    });
}

function ready(instance, handle, dir) {
    const thing = instance.find(handle);
    if (thing instanceof Exchange)
        return readyExchange(instance, thing, dir);
    return thing?.isSocket || thing?.isOutgoing || thing?.isResponse ? readyOther(instance, thing, dir) : EHANDLE;
}

function sleep(instance, handle, ms) {
    const owner = ownerOf(instance, handle);
    if (owner === undefined)
        return EHANDLE;
    const op = open(instance, owner);
    if (typeof op === 'number')
        return op;
    if (op.state === PENDING) {
        op.until = clock() + ms;
        op.timer = setTimeout(look, capped(ms), op);
        op.cancel = stopTimer;
    }
    return op.handle;
}

// The timer of a sleep went off.
function look(op) {
    const rest = op.until - clock();
    if (rest > 0) {
        op.timer = setTimeout(look, capped(rest), op);
        return;
    }
    op.cancel = null; // platforms charge for a timer that is cleared
    op.end(0);
}

function stopTimer() {
    clearTimeout(this.timer);
}

// The guest is about to be suspended, `until` at most. A platform forgets a request when it has the answer, and the
// guest may ask for rows and peer later.
function suspend({ current }, until) {
    if (current === null)
        return;
    if (current.answer !== NONE)
        current.complete();
    current.watch(until);
}

function awaitOne(instance, handle) {
    const op = instance.find(handle);
    if (!(op instanceof Operation))
        return EHANDLE;
    if (op.state === ENDED)
        return op.take();
    suspend(instance, op.until);
    return new Promise((resolve) => { op.taken = resolve; });
}

function awaitAny(instance, ptr, count) {
    const { memory } = instance, ops = [];
    if (count === 0 || count > HANDLES_MAX)
        return count === 0 ? EINVAL : ELIMIT;
    if (ptr % 4 !== 0)
        return EINVAL;
    if (!memory.fits(ptr, count * 4))
        return EFAULT;
    for (let i = 0; i < count; i++) {
        const op = instance.handles.get(memory.fresh().u32[(ptr >> 2) + i]);
        if (!(op instanceof Operation))
            return EHANDLE;
        ops.push(op);
    }
    const first = () => ops.findIndex((op) => op.state === ENDED);
    if (first() >= 0)
        return first();
    suspend(instance);
    return new Promise((resolve) => {
        const wake = () => {
            for (const op of ops)
                op.wake = null;
            resolve(first());
        };
        for (const op of ops)
            op.wake = wake;
    });
}

// A guest that is called through a plain export cannot be suspended: the engine then traps it.
const suspending = (f) => typeof WebAssembly.Suspending === 'function' ? new WebAssembly.Suspending(f) : f;

export function waitImports(instance) {
    const direct = !instance.direct ? {} : {
        await: suspending((op) => awaitOne(instance, op)),
        await_any: suspending((ptr, count) => awaitAny(instance, ptr >>> 0, count >>> 0)),
    };
    return {
        ...direct,
        sleep: (owner, ms) => sleep(instance, owner, ms >>> 0),
        ready: (handle, dir) => ready(instance, handle, dir),
        drop: (handle) => {
            const thing = instance.find(handle);
            if (thing?.isOperation || thing?.isOutgoing || thing?.isResponse)
                thing.drop();
        },
    };
}
