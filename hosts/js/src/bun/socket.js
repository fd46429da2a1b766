// WebSockets of Bun. Bun answers pings itself, at once, and cannot stop reading.
import { ECLOSED, ENOTSUP, WS_BINARY, WS_PING, WS_PONG, WS_TEXT } from '../abi.js';
import { handshakeOf } from '../handshake.js';
import { addFields } from '../headers.js';
import { Idle } from '../idle.js';
import { isMessage, Port } from '../port.js';
import { utf8Of } from '../text.js';

const PAYLOAD_MAX = 0x7FFFFFFF;
const UPGRADED = undefined; // the handler's result for a request that has become a socket

// Bun tells bad frames by their reason, with 1006; the client got these codes.
const FAILURES = { 'Received too big message': 1009, 'Received invalid UTF-8': 1007 };
const codeOf = (code, reason) => code === 1006 && reason.startsWith('Received ') ? FAILURES[reason] ?? 1002 : code;

class BunPort extends Port {
    constructor(ws, socket, wsIdle) {
        super(ws, socket);
        this.idle = new Idle(wsIdle, () => ws.ping(), () => socket.orphan(1001));
    }

    hear(kind, data) {
        this.idle.heard();
        this.socket.message(kind, typeof data === 'string' ? utf8Of(data) : data);
    }

    // Bun tells the end from within close(), while the guest that closed is still running.
    end(code, reason) {
        this.idle.stop();
        queueMicrotask(() => {
            this.socket.closed(codeOf(code, reason), reason);
            this.roomy();
        });
    }

    send(kind, data) {
        const { ws } = this;
        if (ws.readyState !== WebSocket.OPEN)
            return ECLOSED;
        if (isMessage(kind))
            ws.send(data);
        else if (kind === WS_PING)
            ws.ping(data);
        else if (kind === WS_PONG)
            ws.pong(data);
        else
            return ENOTSUP;
        return 0;
    }

    waiting() {
        return this.ws.getBufferedAmount();
    }
}

// Completes a handshake for an exchange.
export function accepter(server, wsIdle) {
    return (head, socket, ex) => {
        const { fields, protocol } = handshakeOf(head), headers = addFields(new Headers(), fields);
        headers.set('sec-websocket-protocol', protocol ?? ''); // without it Bun takes the client's first offer
        const data = { socket, wsIdle, port: null };
        return server.upgrade(ex.request, { data, headers }) ? UPGRADED : ECLOSED;
    };
}

// The `websocket` of Bun.serve.
export function events(app) {
    return {
        maxPayloadLength: Number.isFinite(app.maxMessage) ? Math.min(app.maxMessage, PAYLOAD_MAX) : PAYLOAD_MAX,
        backpressureLimit: PAYLOAD_MAX, // socket.js has its own, and here more would be dropped
        idleTimeout: 0,
        sendPings: false,
        perMessageDeflate: false,
        open: (ws) => {
            const { data } = ws;
            data.port = new BunPort(ws, data.socket, data.wsIdle);
            data.socket.opened(data.port);
        },
        message: (ws, message) => ws.data.port.hear(typeof message === 'string' ? WS_TEXT : WS_BINARY, message),
        ping: (ws, bytes) => ws.data.port.hear(WS_PING, bytes),
        pong: (ws) => ws.data.port.idle.heard(),
        drain: (ws) => ws.data.port.roomy(),
        close: (ws, code, reason) => ws.data.port.end(code, reason),
    };
}
