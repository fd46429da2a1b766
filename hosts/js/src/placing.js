// Which instance gets a handshake, and later the socket: beside pool.js, for apps with WebSockets.
import { REUSE_CONCURRENT, REUSE_NONE } from './abi.js';
import { READY } from './instance.js';
import { WARN } from './log.js';
import { HOST } from './pool.js';

const SPREAD_EACH = 64, SPREAD_SHARE = 4; // sockets of an instance before another one takes some, up to this part
const HOSTS_SHARE = 0.75; // of the instances that may be kept for sockets
const LINGERING_MAX = 16; // concurrent instances that are there for their sockets alone

// A handshake goes to an instance that has sockets and room for one more. It goes to another instance when the
// first is busy or has many sockets, as long as few instances are kept for sockets.
export function serveHandshake(pool, ex) {
    const host = pool.hosts.size > 0 && pool.reuse !== REUSE_NONE ? findHost(pool) : null;
    const isConcurrent = pool.reuse === REUSE_CONCURRENT;
    if (isConcurrent)
        makeRoom(pool, host);
    else if (host === null && pool.hosts.size >= Math.max(1, pool.max * HOSTS_SHARE))
        return refuse(pool, ex);
    const isSought = host === null || isConcurrent || isCrowded(pool, host);
    const instance = isSought ? pool.find(() => takeWithPlace(pool)) : null;
    if (instance !== null && (!isConcurrent || hasPlace(pool, instance)))
        pool.serveBy(instance, ex);
    else if (host !== null)
        pool.serveBy(host, ex);
    else if (isConcurrent && instance !== null)
        refuse(pool, ex);
    else
        pool.wait(ex);
}

function refuse(pool, ex) {
    pool.app.log.write(WARN, 'WebSocket refused: no place in its instance (socketsEach, maxInstances)');
    ex.abandon(503);
}

function hasPlace(pool, instance) {
    return instance.sockets.size + instance.queued.size < pool.app.options.socketsEach;
}

function isCrowded(pool, host) {
    return (host.state !== READY || host.sockets.size >= SPREAD_EACH) &&
        pool.hosts.size < Math.max(1, pool.max / SPREAD_SHARE);
}

// The concurrent instance has reached its number of sockets: another instance gets the requests from now on.
function makeRoom(pool, host) {
    const { shared } = pool;
    if (shared === null || host !== null || hasPlace(pool, shared) || pool.hosts.size >= LINGERING_MAX ||
        pool.all.size >= pool.max)
        return;
    shared.place = HOST;
    pool.hosts.add(shared);
    pool.shared = null;
}

// An instance with room for one more socket. Free instances come first, then the instance with the fewest sockets.
function findHost(pool) {
    let found = null;
    for (const host of pool.hosts) {
        const places = host.sockets.size + host.queued.size;
        if (!hasPlace(pool, host))
            continue;
        const better = found !== null && (host.state === READY) === (found.state === READY)
            ? places < found.sockets.size + found.queued.size : found === null || host.state === READY;
        found = better ? host : found;
    }
    return found;
}

function takeWithPlace(pool) {
    const at = pool.idle.findLastIndex((instance) => hasPlace(pool, instance));
    return at < 0 ? undefined : pool.idle.splice(at, 1)[0];
}
