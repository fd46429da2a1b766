// WebSockets of Deno. Deno sends pings of its own and no others, reports no pings of clients, and cannot stop reading.
// It shows how many bytes are waiting, but does not report when they have become fewer.
import { ECLOSED, EINVAL, ENOTSUP } from '../abi.js';
import { LOST } from '../close.js';
import { handshakeOf } from '../handshake.js';
import { addFields } from '../headers.js';
import { CLOSE_MS, isMessage, Port } from '../port.js';
import { capped } from '../timer.js';

const LOOK_MS = 5;
const OPEN_MS = 5000; // for a handshake's answer to be sent

// Deno names bad frames by a text; a close follows it.
function codeOf(error) {
    if (error.includes('UTF-8'))
        return 1007;
    if (error.startsWith('Frame too large'))
        return 1009;
    return /^(?:Invalid|Reserved|Control|Ping)/.test(error) ? 1002 : 1006;
}

class DenoPort extends Port {
    constructor(ws, socket) {
        super(ws, socket);
        this.timer = null;
        this.late = null;
        ws.binaryType = 'arraybuffer';
        ws.onopen = () => this.open();
        // Deno reports nothing of a client that left before the socket was open.
        this.opening = setTimeout(() => this.end(LOST, ''), OPEN_MS);
        ws.onmessage = ({ data }) => this.hear(data);
        this.error = ''; // why it ends
        ws.onclose = ({ code, reason, wasClean }) => this.end(wasClean ? code : codeOf(this.error), reason);
        ws.onerror = ({ message }) => { this.error = message; };
    }

    open() {
        clearTimeout(this.opening);
        if (this.socket.isGone)
            this.ws.close();
        else
            this.socket.opened(this);
    }

    end(code, reason) {
        clearInterval(this.timer);
        clearTimeout(this.late);
        clearTimeout(this.opening);
        this.socket.closed(code, reason);
    }

    send(kind, data) {
        if (!isMessage(kind))
            return ENOTSUP;
        if (this.ws.readyState !== WebSocket.OPEN)
            return ECLOSED;
        this.ws.send(data);
        return 0;
    }

    close(code, reason) {
        super.close(code, reason);
        // The guest waits no longer for the client's answer; the connection is Deno's.
        this.late = setTimeout(() => this.end(LOST, ''), CLOSE_MS);
    }

    waiting() {
        return this.ws.bufferedAmount;
    }

    whenRoom(callback) {
        this.timer = setInterval(() => {
            if (!this.hasRoom)
                return;
            clearInterval(this.timer);
            callback();
        }, LOOK_MS);
        return () => clearInterval(this.timer);
    }
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
            return EINVAL; // for Deno the request is not a handshake
        }
        const { socket: ws, response } = upgraded;
        addFields(response.headers, fields);
        if (protocol !== undefined) // Deno's own option looks for it where offers are split by ", "
            response.headers.set('sec-websocket-protocol', protocol);
        new DenoPort(ws, socket); // the platform's socket keeps it
        return response;
    };
}
