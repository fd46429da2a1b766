// WebSockets by the package `ws`, an optional peer dependency.
import { ECLOSED, ENOTSUP, WS_BINARY, WS_PING, WS_PONG, WS_TEXT } from '../abi.js';
import { LOST } from '../close.js';
import { handshakeOf } from '../handshake.js';
import { Idle } from '../idle.js';
import { WARN } from '../log.js';
import { CLOSE_MS, isMessage, Port } from '../port.js';

const PONG_MS = 1000;
// Codes of the package's errors -> close codes of the connection.
const FAILURES = new Proxy({ WS_ERR_INVALID_UTF8: 1007, WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
    WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009 }, {
    get: (table, code) => table[code] ?? (String(code).startsWith('WS_ERR_') ? 1002 : undefined),
});
const PROTOCOL = Symbol('protocol');

// The package's server, or null where it is not installed.
export async function webSockets(app) {
    let ws;
    try {
        ws = await import('ws');
    } catch (reason) {
        if (reason.code !== 'ERR_MODULE_NOT_FOUND')
            throw reason;
        app.log.write(WARN, 'this app serves WebSockets, which need the package "ws" (npm install ws): ' +
            'handshakes are answered 501 until it is there');
        return null;
    }
    return new ws.WebSocketServer({
        noServer: true, clientTracking: false, perMessageDeflate: false, autoPong: false, closeTimeout: CLOSE_MS,
        // A handler that may be suspended answers a message before the next frame, a close for one, is looked at.
        allowSynchronousEvents: !app.module.direct,
        maxPayload: Number.isFinite(app.maxMessage) ? app.maxMessage : 0,
        handleProtocols: (_offered, req) => req[PROTOCOL] ?? false,
    });
}

class NodePort extends Port {
    constructor(ws, socket, connection, idle) {
        super(ws, socket);
        this.connection = connection;
        this.idle = new Idle(idle, () => ws.ping(), () => socket.orphan(1001));
        this.sent = () => this.roomy();
        this.failure = 0; // the close code for an error of the client
        ws.on('message', (data, isBinary) => this.hear(isBinary ? WS_BINARY : WS_TEXT, data));
        ws.on('ping', (data) => this.pong(data));
        ws.on('pong', () => this.idle.heard());
        ws.on('error', (error) => { this.failure = FAILURES[error.code] ?? 0; });
        ws.on('close', (code, reason) => this.end(code, reason.toString()));
    }

    hear(kind, data) {
        this.idle.heard();
        this.socket.message(kind, data);
    }

    // The pong follows the answers to the messages in front, but waits for no guest that takes long.
    pong(data) {
        let due = true;
        const send = () => {
            if (due && this.isOpen)
                this.ws.pong(data);
            due = false;
        };
        this.socket.after(send);
        if (due)
            setTimeout(send, PONG_MS);
        this.hear(WS_PING, data);
    }

    get isOpen() {
        // A write that failed destroys the connection at once; the package hears of it later.
        return this.ws.readyState === this.ws.OPEN && this.connection.writable;
    }

    end(code, reason) {
        this.idle.stop();
        this.socket.closed(this.failure || code, reason);
        this.roomy();
    }

    send(kind, data) {
        if (!this.isOpen)
            return ECLOSED;
        if (isMessage(kind))
            this.ws.send(data, { binary: kind === WS_BINARY }, this.sent);
        else if (kind === WS_PING)
            this.ws.ping(data, false, this.sent);
        else if (kind === WS_PONG)
            this.ws.pong(data, false, this.sent);
        else
            return ENOTSUP;
        return 0;
    }

    waiting() {
        return this.ws.bufferedAmount;
    }

    hold(on) {
        if (on)
            this.ws.pause();
        else
            this.ws.resume();
    }
}

// Completes a handshake with a head of the guest. An exchange calls it as `upgrade`.
export function completer(server, req, connection, rest, idle) {
    return (head, socket) => {
        const { fields, protocol } = handshakeOf(head);
        const add = (lines) => {
            for (let i = 0; i < fields.length; i += 2)
                lines.push(`${fields[i]}: ${fields[i + 1]}`);
        };
        req[PROTOCOL] = protocol;
        server.once('headers', add);
        let port = null;
        server.handleUpgrade(req, connection, rest, (ws) => {
            port = new NodePort(ws, socket, connection, idle);
        });
        server.off('headers', add);
        if (port !== null)
            socket.opened(port);
        else
            socket.closed(LOST, ''); // the client has left
        return 0;
    };
}
