// WebSockets of workerd. workerd answers pings itself. It reports neither pings nor how many bytes wait for a client,
// and cannot stop reading.
import { ECLOSED, ENOTSUP } from '../abi.js';
import { CLOSE_MS, isMessage, Port } from '../port.js';

const ABNORMAL = 1006, NO_CODE = 1005;

// Closes a socket, which may have ended already.
export function shut(ws, ...why) {
    try {
        ws.close(...why);
    } catch { /* it has ended */ }
}

export class WorkerdPort extends Port {
    // gone: called when the socket has ended.
    constructor(ws, socket, gone = () => {}) {
        super(ws, socket);
        this.gone = gone;
        this.timer = null;
    }

    // A client's close is answered with its own code.
    end(code, reason) {
        if (code === NO_CODE || code === ABNORMAL)
            shut(this.ws);
        else
            shut(this.ws, code, reason);
        this.finish(code, reason);
    }

    finish(code, reason) {
        clearTimeout(this.timer);
        this.socket.closed(code, reason);
        this.gone();
    }

    // ---- The port of socket.js ----

    send(kind, data) {
        if (!isMessage(kind))
            return ENOTSUP;
        try {
            this.ws.send(data);
        } catch {
            return ECLOSED; // the close is on its way
        }
        return 0;
    }

    close(code, reason) {
        if (code === 0)
            shut(this.ws);
        else
            shut(this.ws, code, reason);
        this.timer = setTimeout(() => this.finish(ABNORMAL, ''), CLOSE_MS);
    }

    waiting() {
        return 0;
    }

    whenRoom(callback) {
        queueMicrotask(callback);
        return () => {};
    }
}

// Events of a socket that keeps its object in memory.
export function listen(ws, port) {
    ws.addEventListener('message', ({ data }) => port.hear(data));
    ws.addEventListener('close', ({ code, reason }) => port.end(code, reason));
    ws.addEventListener('error', () => port.end(ABNORMAL, ''));
}
