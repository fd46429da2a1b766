// How events of sockets are passed to an instance: beside instance.js, for apps with WebSockets.
import { ECLOSED, ETIMEDOUT, WS_CLOSED } from './abi.js';
import { GRACE_MS } from './instance.js';
import { WARN } from './log.js';
import { limits } from './timer.js';

const EVENT_BYTES_HELD = 16 << 20; // of messages that wait for an instance: then none of its sockets is read from

// Passes an event on. done: called when the guest has returned.
export function tellSocket(instance, socket, kind, data, done) {
    instance.enter('mocket_ws', () => {
        if (socket.handle === 0)
            return undefined;
        let ptr = 0;
        if (data.length > 0 && (ptr = pass(instance, data)) === 0) {
            instance.log.write(WARN, 'mocket_alloc has no memory for an event of a WebSocket');
            socket.orphan(1011);
            if (kind !== WS_CLOSED)
                return done();
        }
        instance.inside = socket;
        const promise = instance.event(socket.handle, kind, ptr, ptr === 0 ? 0 : data.length);
        return promise === undefined ? done() : timed(instance, socket, promise).then(done);
    });
}

// The bytes that wait for the guest have changed. No socket is read from while they are too many.
export function holdSockets(instance, change) {
    instance.eventBytes += change;
    const held = instance.eventBytes >= (instance.socketsHeld ? EVENT_BYTES_HELD / 2 : EVENT_BYTES_HELD);
    if (held === instance.socketsHeld)
        return;
    instance.socketsHeld = held;
    for (const socket of instance.sockets)
        socket.hold();
}

// The client of a socket left. A call that the guest is suspended in gets a grace.
export function socketLeft(instance, socket) {
    if (!instance.direct || instance.inside !== socket || !instance.isRunning)
        return;
    const late = new Error('did not return within its grace after its client had left');
    socket.grace = setTimeout(() => instance.fail(late), GRACE_MS);
}

// Copies bytes into memory from the guest's allocator. Returns their address, or 0: the guest has no memory.
function pass(instance, data) {
    const ptr = instance.alloc(data.length) >>> 0;
    if (ptr % 8 !== 0 || !instance.memory.fits(ptr, data.length))
        throw new RangeError('mocket_alloc answered no room');
    if (ptr !== 0)
        instance.memory.fresh().u8.set(data, ptr);
    return ptr;
}

// A call of mocket_ws that stays suspended is ended like a request: the socket lives on if the call returns.
function timed(instance, socket, promise) {
    const { timeout } = instance.app.options;
    let grace = null;
    const timer = timeout === Infinity ? null : limits.start(() => {
        socket.die(ETIMEDOUT);
        grace = setTimeout(() => instance.fail(new Error('did not return in time')), GRACE_MS);
    }, timeout);
    return promise.finally(() => {
        instance.inside = null;
        limits.stop(timer);
        clearTimeout(grace);
        clearTimeout(socket.grace);
        if (socket.dead === ETIMEDOUT) // the next call has its own time
            socket.dead = socket.isGone ? ECLOSED : 0;
    });
}
