// WebSockets of Deno. It sends pings of its own and no others, tells no pings of clients, cannot stop reading, and says
// how much is waiting, but not when that has become less.
import { ECLOSED, ENOTSUP, WS_BINARY, WS_TEXT } from '../abi.js';
import { handshakeOf } from '../handshake.js';
import { utf8Of } from '../text.js';

const HALF_FULL = 131072, LOOK_MS = 5;

class DenoPort {
    constructor(ws, socket) {
        this.ws = ws;
        this.socket = socket;
        this.timer = null;
        ws.binaryType = 'arraybuffer';
        ws.onmessage = ({ data }) => this.hear(data);
        ws.onclose = ({ code, reason }) => this.end(code, reason);
        ws.onerror = () => {}; // a close follows
    }

    hear(data) {
        if (typeof data === 'string')
            this.socket.message(WS_TEXT, utf8Of(data));
        else
            this.socket.message(WS_BINARY, new Uint8Array(data));
    }

    end(code, reason) {
        clearInterval(this.timer);
        this.socket.closed(code, reason);
    }

    send(kind, data) {
        if (kind !== WS_TEXT && kind !== WS_BINARY)
            return ENOTSUP;
        if (this.ws.readyState !== WebSocket.OPEN)
            return ECLOSED;
        this.ws.send(data);
        return 0;
    }

    close(code, reason) {
        if (code === 0)
            this.ws.close();
        else
            this.ws.close(code, reason);
    }

    waiting() {
        return this.ws.bufferedAmount;
    }

    whenRoom(callback) {
        this.timer = setInterval(() => {
            if (this.ws.bufferedAmount > HALF_FULL && !this.socket.isGone)
                return;
            clearInterval(this.timer);
            callback();
        }, LOOK_MS);
        return () => clearInterval(this.timer);
    }

    hold() {}
}

// What an exchange calls to complete a handshake: its Response.
export function accepter(wsIdle) {
    const idleTimeout = wsIdle === Infinity ? 0 : wsIdle / 1000;
    return (head, socket, ex) => {
        const { fields, protocol } = handshakeOf(head);
        const { socket: ws, response } = Deno.upgradeWebSocket(ex.request, { protocol, idleTimeout });
        for (let i = 0; i < fields.length; i += 2)
            response.headers.append(fields[i], fields[i + 1]);
        ws.onopen = () => socket.opened(new DenoPort(ws, socket));
        return response;
    };
}
