// Sockets that are played again (docs/abi.md, section 7): the part of a handshake that is kept beside its socket, and
// the exchange that passes it to a new guest.
import { UPGRADE, VOUCHED } from '../abi.js';
import { Exchange } from '../exchange.js';

const DROPPED = new Set(['connection', 'upgrade', 'sec-websocket-key', 'sec-websocket-version',
    'sec-websocket-extensions']);

// number: handshakes are played again in the order in which they came.
export function kept(message, number) {
    const { target, authority, peer, flags, fields } = message.complete(), rows = [];
    for (let i = 0; i < fields.length; i += 2)
        if (!DROPPED.has(fields[i].toLowerCase()))
            rows.push(fields[i], fields[i + 1]);
    return { number, target, authority, peer, flags, fields: rows };
}

// A handshake that is played again. The answer is discarded: the client got it the first time.
//
// What must stay true: `settled` is called once, whichever way the handshake ends, because everything else of the
// Durable Object waits for that call.
export class ReplayExchange extends Exchange {
    // attach: (socket) -> its port. settled: called once, with false when the guest did not accept the handshake.
    constructor(app, { target, authority, peer, flags, fields }, attach, settled) {
        super(app, 'GET', target, 0, authority, flags | UPGRADE | VOUCHED);
        this.peer = peer;
        this.fields = fields;
        this.attach = attach;
        this.settled = settled;
    }

    get isReplay() {
        return true;
    }

    accept(_head, socket) {
        const { instance } = socket, settled = () => this.settled(true);
        // A job of the instance: when its turn comes, the instance is free for the next handshake. A job in front of it
        // may trap; then the instance ends, and so does the wait.
        socket.replayed = () => instance.enter('mocket_ws', settled, settled);
        socket.opened(this.attach(socket));
        return 0;
    }

    sendWhole() {
        this.settled(false);
    }

    sendHead() {
        this.settled(false);
    }

    sendRefusal() {
        this.settled(false);
    }

    sendBytes() {}
    sendEnd() {}
    cut() {}

    hasRoom() {
        return true;
    }
}
