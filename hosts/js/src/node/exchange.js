// Answers to node:http: straight into its response, and a small one in one write with its head.
import { STATUS_CODES } from 'node:http';
import { Exchange } from '../exchange.js';
import { bodylessLength } from '../head.js';
import { endSlowly, noteEnding } from './errors.js';
import { reasonOf, refusalFields, refusalText } from '../reasons.js';
import { dateText, Reply } from './reply.js';
import { readLatin1 } from '../text.js';

const SMALL = 4096; // bytes of a body that leave as one string with the head

export class NodeExchange extends Exchange {
    constructor(app, req, res) {
        super(app, req.method, req.url, 0, '', 0); // readRequest sets the rest
        this.req = req;
        this.res = res;
        this.expects = false; // the client sent an expectation
        this.upgrade = null; // how a handshake is completed (socket.js)
        this.isFull = false;
        this.isEntering = false; // the guest is called for the first time, and has not returned
        this.text = null; // an answer that is sent when the guest has returned
    }

    // The guest's first call. A small answer is sent behind it: writing costs less when it does not stand between two
    // parts of the guest's work.
    enter() {
        this.isEntering = true;
        this.app.serve(this);
        this.isEntering = false;
        if (this.text !== null)
            this.res.sendText(this.text);
    }

    sendWhole(head, memory, ptr, len) {
        const { res } = this, none = head.isBodyless || this.isHead;
        if (!none && len <= SMALL && isUsual(this, head)) {
            const text = textOf(head, readLatin1(memory.fresh(), ptr, len));
            if (this.isEntering)
                this.text = text;
            else
                res.sendText(text);
            return;
        }
        writeHead(this, head, none ? bodylessLength(head, len) : len);
        if (none || len === 0)
            res.end();
        else if (len <= SMALL)
            res.end(readLatin1(memory.fresh(), ptr, len), 'latin1');
        else
            res.end(memory.copy(ptr, len));
    }

    holdAnswer(bytes) {
        const { till } = this.app;
        if (!till.take(bytes))
            return false;
        this.res.once('close', () => till.give(bytes));
        return true;
    }

    sendHead(head) {
        const { res } = this;
        writeHead(this, head, head.status === 204 ? -1 : head.status === 205 ? 0 : head.length);
        res.flushHeaders();
        res.on('drain', () => {
            this.isFull = false;
            this.roomy();
        });
    }

    sendBytes(bytes) {
        this.isFull = !this.res.write(bytes);
    }

    hasRoom() {
        return !this.isFull;
    }

    sendEnd() {
        this.res.end();
    }

    cut() {
        const { req, res } = this, { socket } = res;
        if (socket === null)
            return void res.destroy(); // its turn has not come
        noteEnding(socket);
        if (res.writableCorked > 0)
            res.uncork(); // bytes that were written are still sent
        if (res.chunkedEncoding || this.toSend >= 0)
            socket.destroySoon();
        else
            socket.resetAndDestroy(); // without chunks or a length only a reset shows that something is missing
        req.resume();
    }

    sendRefusal(status) {
        refuse(this.req, this.res, status, this.hasBody && !this.req.complete);
    }

    accept(head, socket) {
        return this.upgrade === null ? super.accept() : this.upgrade(head, socket);
    }
}

// May the answer take the short way of reply.js? The connection is kept without a word, and nothing is left to read.
function isUsual({ req, res, hasBody, expects, app }, head) {
    return res instanceof Reply && res.isReady && req.httpVersionMinor > 0 && (!hasBody || req.complete) && !expects &&
        !app.closing && head.status !== 426;
}

// An answer as it is sent. The head comes again and again: its own part is made once.
function textOf(head, body) {
    const front = head.text ??= frontOf(head), date = head.isDated ? '' : `Date: ${dateText()}\r\n`;
    return `${front}${body.length}\r\n${date}\r\n${body}`;
}

function frontOf(head) {
    let text = `HTTP/1.1 ${head.status} ${reason(head.status)}\r\n`;
    for (let i = 0; i < head.fields.length; i += 2)
        text += `${head.fields[i]}: ${head.fields[i + 1]}\r\n`;
    return `${text}Content-Length: `;
}

// Node keeps nothing of the array, so that a head that comes again needs no new one.
function writeHead(ex, head, length) {
    let { fields } = head;
    if (length >= 0) {
        fields = head.flat ??= [...head.fields, 'Content-Length', ''];
        fields[fields.length - 1] = String(length);
    }
    const { res } = ex;
    if (head.status === 426)
        fields = [...fields, 'Upgrade', 'websocket', 'Connection', res.shouldKeepAlive ? 'Upgrade' : 'Upgrade, close'];
    else if (ex.hasBody && !ex.req.complete)
        fields = closing(ex.req, res, fields);
    else
        keep(ex, res);
    res.writeHead(head.status, reason(head.status), fields);
}

const reason = (status) => reasonOf(status) ?? STATUS_CODES[status] ?? '';

// HTTP/1.1 connections are kept without a word; only their end is announced.
function keep(ex, res) {
    if (ex.app.closing)
        res.shouldKeepAlive = false;
    if (res.shouldKeepAlive && ex.req.httpVersionMinor > 0)
        res.removeHeader('Connection');
}

// More of the request is still to come: the client gets its answer, and then the end.
function closing(req, res, fields) {
    if (res.socket !== null)
        linger(req, res.socket);
    return [...fields, 'Connection', 'close'];
}

// An answer of the host's own. unread: more of the request is still to come.
export function refuse(req, res, status, unread) {
    const text = refusalText(status), fields = [...refusalFields(status), 'Content-Length', String(text.length)];
    res.writeHead(status, reason(status), unread ? closing(req, res, fields) : fields);
    res.end(req.method === 'HEAD' ? '' : text);
}

// node:http ends the connection with destroySoon when the answer is out.
function linger(req, socket) {
    noteEnding(socket);
    const { destroySoon } = socket;
    socket.destroySoon = () => {
        socket.destroySoon = destroySoon;
        req.removeAllListeners('data'); // whoever read the body has stopped
        req.on('data', () => {});
        req.resume();
        endSlowly(socket);
    };
}
