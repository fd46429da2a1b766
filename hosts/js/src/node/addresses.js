// The number of connections of one address (IPv6: of a /64) is bounded; more get 503 and end. Trusted proxies and
// clients of a Unix socket are not counted.
import { parseAddress } from '../address.js';
import { endSlowly, plainAnswer } from './errors.js';
import { isUnix, peerOf } from './request.js';

const FRONT = 8; // bytes of a /64

function keyOf(socket) {
    const text = peerOf(socket), address = parseAddress(text);
    return address === null || address.isMapped ? text : address.bytes.slice(0, FRONT).join();
}

// The listener of a server's connections.
export function perAddress(proxies, most) {
    const counts = new Map(), counted = new WeakSet();
    return (socket) => {
        if (counted.has(socket)) // a refused handshake hands its connection back to the server
            return;
        if (isUnix(socket) || proxies.trusts(peerOf(socket)))
            return;
        const key = keyOf(socket), count = counts.get(key) ?? 0;
        if (count >= most)
            return void endSlowly(socket, plainAnswer(503));
        counts.set(key, count + 1);
        counted.add(socket);
        socket.once('close', () => {
            const left = counts.get(key) - 1;
            if (left > 0)
                counts.set(key, left);
            else
                counts.delete(key);
        });
    };
}
