// WebSockets of workerd. It answers pings itself and says neither that one came nor how much waits for a client; it
// cannot stop reading.
import { ECLOSED, ENOTSUP, WS_BINARY, WS_TEXT } from '../abi.js';
import { utf8Of } from '../text.js';

const CLOSE_MS = 5000; // for a client's answer to a close
const ABNORMAL = 1006, NO_CODE = 1005;

export class Port {
    // gone: called when the socket has ended.
    constructor(ws, socket, gone = () => {}) {
        this.ws = ws;
        this.socket = socket;
        this.gone = gone;
        this.timer = null;
    }

    // What the platform tells.
    hear(data) {
        if (typeof data === 'string')
            this.socket.message(WS_TEXT, utf8Of(data));
        else
            this.socket.message(WS_BINARY, new Uint8Array(data));
    }

    // A client's close is answered with its own code.
    end(code, reason) {
        if (code === NO_CODE || code === ABNORMAL)
            this.shut();
        else
            this.shut(code, reason);
        this.finish(code, reason);
    }

    finish(code, reason) {
        clearTimeout(this.timer);
        this.socket.closed(code, reason);
        this.gone();
    }

    shut(...why) {
        try {
            this.ws.close(...why);
        } catch { /* it is closed already */ }
    }

    // ---- The port of socket.js ----

    send(kind, data) {
        if (kind !== WS_TEXT && kind !== WS_BINARY)
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
            this.shut();
        else
            this.shut(code, reason);
        this.timer = setTimeout(() => this.finish(ABNORMAL, ''), CLOSE_MS);
    }

    waiting() {
        return 0;
    }

    whenRoom(callback) {
        queueMicrotask(callback);
        return () => {};
    }

    hold() {}
}

// Events of a socket that keeps its object in memory.
export function listen(ws, port) {
    ws.addEventListener('message', ({ data }) => port.hear(data));
    ws.addEventListener('close', ({ code, reason }) => port.end(code, reason));
    ws.addEventListener('error', () => port.end(ABNORMAL, ''));
}
