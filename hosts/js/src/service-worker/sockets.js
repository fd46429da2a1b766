// WebSockets of pages: a page's script (page.js) sends a MessagePort for each, and these messages go over it.
//
//     page to worker    { data }    { close: code, reason }    { taken: bytes }
//     worker to page    { open: protocol, life }    { network: true }    { refused: status }
//                       { data }    { close: code, reason }    { taken: bytes }
//
// `taken` counts what the other side has handed on: a port has no flow control of its own. A port does not report that
// its other side has ended. A page therefore asks for the `life` of the worker now and then: another life means that
// the worker was started anew and has no sockets. And the worker looks which pages are gone whenever a page asks.
import { ENOTSUP, WS_BINARY, WS_TEXT } from '../abi.js';
import { isValidCloseCode, REASON_MAX } from '../close.js';
import { handshakeOf } from '../handshake.js';
import { isMessage, Port } from '../port.js';
import { utf8Of } from '../text.js';

const PROTOCOL_ERROR = 1002, UNSUPPORTED = 1003, NO_STATUS = 1005, ABNORMAL = 1006;

// May a page report this end? page.js checks what its page asks for; any script of the page can send another message.
const isEnd = (code, reason) => (isValidCloseCode(code) || code === NO_STATUS || code === ABNORMAL) &&
    Number.isInteger(code) && typeof reason === 'string' && utf8Of(reason).length <= REASON_MAX;

// The guest's side is socket.js; this is its port.
class PagePort extends Port {
    constructor(port, socket) {
        super(port, socket);
        this.sent = 0; // bytes that the page has not handed on
        this.ended = () => {};
    }

    send(kind, data) {
        if (!isMessage(kind))
            return ENOTSUP;
        this.sent += data.length;
        if (kind === WS_TEXT) {
            this.ws.postMessage({ data });
        } else {
            const { buffer } = data.slice(); // other subscribers get the same bytes
            this.ws.postMessage({ data: buffer }, [buffer]);
        }
        return 0;
    }

    close(code, reason) {
        this.end(code === 0 ? NO_STATUS : code, reason);
    }

    waiting() {
        return this.sent;
    }

    hear({ data, close, reason, taken }) {
        if (taken !== undefined)
            return this.take(Number(taken) || 0);
        if (close !== undefined)
            return isEnd(close, reason) ? this.end(close, reason) : this.end(PROTOCOL_ERROR, '');
        if (typeof data !== 'string' && !(data instanceof ArrayBuffer))
            return this.end(UNSUPPORTED, '');
        const isText = typeof data === 'string', bytes = isText ? utf8Of(data) : new Uint8Array(data);
        this.ws.postMessage({ taken: bytes.length });
        this.socket.message(isText ? WS_TEXT : WS_BINARY, bytes);
    }

    take(len) {
        this.sent = Math.max(0, this.sent - len);
        this.roomy();
    }

    // Either side closes: the page gets a message, and the guest an event when its call has returned.
    end(code, reason) {
        this.ws.postMessage({ close: code, reason });
        queueMicrotask(() => this.gone(code, reason));
    }

    gone(code, reason) {
        this.ws.close();
        this.ended();
        this.socket.closed(code, reason);
        this.roomy();
    }
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// A handshake, whose version and key are not needed (docs/abi.md, section 4).
function handshakeFrom({ url, protocols }, origin) {
    const { protocol, host, pathname, search } = new URL(url);
    const headers = new Headers({ upgrade: 'websocket', origin });
    if (protocols.length > 0)
        headers.set('sec-websocket-protocol', protocols.join(', '));
    const target = `${protocol === 'wss:' ? 'https' : 'http'}://${host}${pathname}${search}`;
    return { method: 'GET', url: target, headers, body: null, signal: undefined, mode: 'websocket' };
}

const isOpening = ({ url, protocols }) => typeof url === 'string' && URL.canParse(url) && /^wss?:/i.test(url) &&
    Array.isArray(protocols) && protocols.every((name) => typeof name === 'string' && TOKEN.test(name));

export class Sockets {
    // ask: (request, accept) -> promise of a Response, or of null: the request is for the network.
    constructor(ask) {
        this.ask = ask;
        this.life = crypto.randomUUID();
        this.ports = new Map(); // -> id of the page
    }

    async open(message, port, { source, origin }) {
        if (!isOpening(message))
            return port.postMessage({ refused: 400 });
        let accepted = false;
        const accept = (head, socket) => {
            accepted = true;
            this.begin(head, new PagePort(port, socket), source?.id);
            return new Response(null);
        };
        try {
            const response = await this.ask(handshakeFrom(message, origin), accept);
            if (!accepted)
                port.postMessage(response === null ? { network: true } : { refused: response.status });
        } catch (reason) {
            console.error(`mocket: error: a WebSocket cannot be opened: ${reason.message}`);
            port.postMessage({ refused: 503 });
        }
        return undefined;
    }

    begin(head, line, page) {
        const { ws: port, socket } = line;
        this.ports.set(line, page);
        line.ended = () => this.ports.delete(line);
        port.postMessage({ open: handshakeOf(head).protocol ?? '', life: this.life });
        socket.opened(line);
        port.onmessage = ({ data }) => line.hear(data ?? {});
    }

    async ping(port) {
        port.postMessage(this.life);
        for (const [line, page] of [...this.ports])
            if (page !== undefined && await self.clients.get(page) === undefined)
                line.gone(ABNORMAL, '');
    }
}
