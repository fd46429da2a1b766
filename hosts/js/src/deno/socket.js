// WebSockets of Deno. It sends pings of its own and no others, tells no pings of clients, cannot stop reading, and says
// how much is waiting, but not when that has become less.
import { ECLOSED, EINVAL, ENOTSUP, WS_BINARY, WS_TEXT } from '../abi.js';
import { handshakeOf } from '../handshake.js';
import { utf8Of } from '../text.js';
import { capped } from '../timer.js';

const HALF_FULL = 131072, LOOK_MS = 5;
const CLOSE_MS = 5000; // for a client's answer to a close: the guest waits no longer, the connection is Deno's

// Deno names bad frames by a text; a close follows it.
function codeOf(error) {
    if (error.includes('UTF-8'))
        return 1007;
    if (error.startsWith('Frame too large'))
        return 1009;
    return /^(?:Invalid|Reserved|Control|Ping)/.test(error) ? 1002 : 1006;
}

class DenoPort {
    constructor(ws, socket) {
        this.ws = ws;
        this.socket = socket;
        this.timer = null;
        this.late = null;
        ws.binaryType = 'arraybuffer';
        ws.onmessage = ({ data }) => this.hear(data);
        this.error = ''; // why it ends
        ws.onclose = ({ code, reason, wasClean }) => this.end(wasClean ? code : codeOf(this.error), reason);
        ws.onerror = ({ message }) => { this.error = message; };
    }

    hear(data) {
        if (typeof data === 'string')
            this.socket.message(WS_TEXT, utf8Of(data));
        else
            this.socket.message(WS_BINARY, new Uint8Array(data));
    }

    end(code, reason) {
        clearInterval(this.timer);
        clearTimeout(this.late);
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
        this.late = setTimeout(() => this.end(1006, ''), CLOSE_MS);
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

// Completes a handshake for an exchange; returns its Response.
export function accepter(wsIdle) {
    const idleTimeout = wsIdle === Infinity ? 0 : capped(wsIdle) / 1000;
    return (head, socket, ex) => {
        const { fields, protocol } = handshakeOf(head);
        let upgraded;
        try {
            upgraded = Deno.upgradeWebSocket(ex.request, { idleTimeout });
        } catch {
            return EINVAL; // Deno finds that it is none
        }
        const { socket: ws, response } = upgraded;
        for (let i = 0; i < fields.length; i += 2)
            response.headers.append(fields[i], fields[i + 1]);
        if (protocol !== undefined) // Deno's own option looks for it where offers are split by ", "
            response.headers.set('sec-websocket-protocol', protocol);
        ws.onopen = () => socket.opened(new DenoPort(ws, socket));
        return response;
    };
}
