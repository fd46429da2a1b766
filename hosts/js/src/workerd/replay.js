// Sockets that are played again (docs/abi.md, section 7): what is kept of a handshake beside its socket, and the
// exchange that passes it to a new guest.
import { UPGRADE, VOUCHED } from '../abi.js';
import { Exchange } from '../exchange.js';
import { ENDED } from '../instance.js';
import { Message } from '../message.js';

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

function messageOf({ target, authority, peer, flags, fields }) {
    const message = new Message('GET', target, authority, flags | UPGRADE | VOUCHED);
    message.peer = peer;
    message.fields = fields;
    return message;
}

// Its answer goes nowhere: the client had it the first time.
export class ReplayExchange extends Exchange {
    // attach: (socket) -> its port. settled: called once, with false when the guest did not accept the handshake.
    constructor(app, row, attach, settled) {
        super(app, messageOf(row));
        this.attach = attach;
        this.settled = settled;
    }

    get isReplay() {
        return true;
    }

    accept(_head, socket) {
        const { instance } = socket, settled = () => this.settled(true);
        // As a job of the instance: it is free for the next handshake once the job is done.
        socket.replayed = () => instance.state === ENDED ? settled() : instance.enter('mocket_ws', settled);
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
