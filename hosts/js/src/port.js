// The common part of the ports of the platforms' WebSockets; socket.js describes a port.
import { WS_BINARY, WS_TEXT } from './abi.js';
import { utf8Of } from './text.js';

export const CLOSE_MS = 5000; // for a client's answer to a close
const HALF_FULL = 131072; // bytes that may wait for the client when there is room again

export const isMessage = (kind) => kind === WS_TEXT || kind === WS_BINARY;

export class Port {
    // ws: the platform's socket.
    constructor(ws, socket) {
        this.ws = ws;
        this.socket = socket;
        this.room = null; // the callback that waits for room
    }

    // A message of the client: a text, or an ArrayBuffer.
    hear(data) {
        if (typeof data === 'string')
            this.socket.message(WS_TEXT, utf8Of(data));
        else
            this.socket.message(WS_BINARY, new Uint8Array(data));
    }

    close(code, reason) {
        if (code === 0)
            this.ws.close();
        else
            this.ws.close(code, reason);
    }

    whenRoom(callback) {
        this.room = callback;
        return () => { this.room = null; };
    }

    get hasRoom() {
        return this.socket.isGone || this.waiting() <= HALF_FULL;
    }

    // Less may be waiting now, or the socket is gone.
    roomy() {
        if (this.room === null || !this.hasRoom)
            return;
        const { room } = this;
        this.room = null;
        room();
    }

    // A platform that cannot stop reading: messages pile up to the socket's limit.
    hold() {}
}
