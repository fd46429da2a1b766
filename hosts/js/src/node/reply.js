// Responses of a server of ours: those of node:http, and a short way for answers that are complete and small.
//
// node:http checks and joins each field again, corks the socket, and finishes in several steps. `sendText` writes the
// whole answer as one text instead, and reports its end as node:http does, by `finish`: then node:http lets go of the
// socket, starts the time of a connection without a request, and turns to the next answer.
import { ServerResponse } from 'node:http';

export class Reply extends ServerResponse {
    isSent = false; // by sendText

    get headersSent() {
        return this.isSent || super.headersSent;
    }

    get writableFinished() {
        return this.isSent || super.writableFinished;
    }

    // May the answer be sent by sendText? Not before its turn on the connection.
    get isReady() {
        return this.socket !== null && this.socket.writable && this.shouldKeepAlive;
    }

    // text: code units below 0x100, from the status line to the end of the body.
    sendText(text) {
        this.isSent = true;
        this.socket.write(text, 'latin1');
        this.emit('finish');
    }
}

// The value of Date: it changes once a second.
let date = '', second = 0;
export function dateText() {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
        second = now;
        date = new Date(now * 1000).toUTCString();
    }
    return date;
}
