// The Durable Object that holds an app's sockets. Everything in an object runs in one context, so that requests may
// wait for each other, unlike in the Worker.
//
// A socket is accepted plainly: it then keeps its object, with the guest's instance, in memory. When the app says that
// its sockets may be played again, the platform keeps the socket and may end the object (it hibernates). The next
// object is AWAKE once it has played the kept handshakes again; events in the meantime wait.
//
//     AWAKE (no sockets were kept)        WAKING -> AWAKE
import { WARN } from '../log.js';
import { handshakeOf } from '../handshake.js';
import { addFields } from '../headers.js';
import { refusal, respondTo } from '../web.js';
import { kept, ReplayExchange } from './replay.js';
import { peerOf, Setup } from './setup.js';
import { listen, shut, WorkerdPort } from './socket.js';

const RESTARTED = 1012, FAILED = 1011;

function headersOf(head) {
    const { fields, protocol } = handshakeOf(head), headers = addFields(new Headers(), fields);
    if (protocol !== undefined)
        headers.set('sec-websocket-protocol', protocol);
    return headers;
}

class Host {
    constructor(context, start) {
        this.context = context;
        this.start = start;
        this.app = null;
        this.ports = new Map(); // of sockets that are kept
        this.accepted = 0;
        this.waking = null; // a promise while handshakes are played again
        this.info = { peer: peerOf, accept: (head, socket, ex) => this.accept(head, socket, ex) };
        const sockets = context.getWebSockets();
        if (sockets.length > 0)
            this.wake(sockets);
    }

    begin() {
        this.app ??= this.start();
        return this.app;
    }

    whenAwake(job) {
        return this.waking === null ? job() : this.waking.then(job);
    }

    fetch(request) {
        return this.whenAwake(() => {
            const app = this.begin();
            return app === null ? refusal(500) : respondTo(app, request, this.info);
        });
    }

    publish(name, kind, data) {
        return this.whenAwake(() => { this.app?.topics.publish(name, kind, data); });
    }

    // ---- Handshakes ----

    accept(head, socket, ex) {
        const { 0: client, 1: server } = new WebSocketPair();
        if (this.app.replays && this.keep(server, ex)) {
            this.context.acceptWebSocket(server);
            socket.opened(this.attach(server, socket));
        } else {
            const port = new WorkerdPort(server, socket);
            server.binaryType = 'arraybuffer'; // newer dates have Blobs, which are read later than they come
            server.accept();
            listen(server, port);
            socket.opened(port);
        }
        return new Response(null, { status: 101, webSocket: client, headers: headersOf(head) });
    }

    // The platform limits the size of the attachment of a socket. Returns false when the handshake is larger.
    keep(ws, message) {
        try {
            ws.serializeAttachment(kept(message, this.accepted++));
            return true;
        } catch (reason) {
            this.app.log.write(WARN, `a socket keeps its Durable Object in memory: its handshake is too large to be ` +
                `kept (${reason.message})`);
            return false;
        }
    }

    attach(ws, socket) {
        const port = new WorkerdPort(ws, socket, () => this.ports.delete(ws));
        this.ports.set(ws, port);
        return port;
    }

    // ---- Waking ----

    wake(sockets) {
        const rows = sockets.map((ws) => ({ ws, row: ws.deserializeAttachment() }))
            .sort((a, b) => a.row.number - b.row.number);
        this.accepted = rows.at(-1).row.number + 1;
        this.waking = this.replayAll(rows).finally(() => { this.waking = null; });
    }

    // One after the other: a guest in direct style then holds them all in one instance.
    async replayAll(rows) {
        for (const { ws, row } of rows)
            await this.replay(ws, row);
    }

    replay(ws, row) {
        if (this.begin() === null)
            return shut(ws, FAILED);
        return new Promise((resolve) => {
            const settled = (isAccepted) => {
                if (!isAccepted)
                    shut(ws, RESTARTED);
                resolve();
            };
            this.app.serve(new ReplayExchange(this.app, row, (socket) => this.attach(ws, socket), settled));
        });
    }

    // ---- Events of sockets that are kept ----

    hear(ws, data) {
        return this.whenAwake(() => this.ports.get(ws)?.hear(data));
    }

    end(ws, code, reason) {
        return this.whenAwake(() => this.ports.get(ws)?.end(code, reason));
    }
}

// cloudflare: the module `cloudflare:workers`. The class of the Durable Object that the Worker has as MOCKET.
export function socketObject({ DurableObject }, module, options) {
    const setup = new Setup(module, options);
    return class MocketSockets extends DurableObject {
        #host;

        constructor(context, bindings) {
            super(context, bindings);
            this.#host = new Host(context, () => setup.start(bindings));
        }

        fetch(request) {
            return this.#host.fetch(request);
        }

        // From the Worker's instances.
        publish(name, kind, data) {
            return this.#host.publish(name, kind, data);
        }

        webSocketMessage(ws, data) {
            return this.#host.hear(ws, data);
        }

        webSocketClose(ws, code, reason) {
            return this.#host.end(ws, code, reason);
        }

        webSocketError(ws) {
            return this.#host.end(ws, 1006, '');
        }
    };
}
