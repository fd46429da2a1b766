// An app: a module, the pool of its instances, and what these share.
import { WAITING } from './exchange.js';
import { Log } from './log.js';
import { Module } from './module.js';
import { nameOfLevel, readOptions } from './options.js';
import { Pool } from './pool.js';
import { Till } from './till.js';
import { clock } from './timer.js';
import { respondTo } from './web.js';

const STOP_STEP_MS = 20;
const SIZE_MAX = 1 << 20; // of a body or message, when neither guest nor operator says

const NO_PROXIES = { any: false, local: false, trusts: () => false };

// Of the guest's limit and the operator's the smaller one holds.
const smaller = (guest, operator) => guest === undefined && operator === undefined ? SIZE_MAX
    : Math.min(guest ?? Infinity, operator ?? Infinity);

export class App {
    // code: a WebAssembly.Module. parts: those that it needs (parts.js).
    constructor(code, options, parts) {
        this.options = readOptions(options);
        this.parts = parts;
        this.module = new Module(code, parts);
        this.log = new Log((level, line) => this.options.log(nameOfLevel(level), line));
        this.nets = parts.allow && new parts.allow.Nets(this.options.allowNet);
        this.proxies = parts.forwarded ? new parts.forwarded.Proxies(this.options.trustedProxy) : NO_PROXIES;
        this.transport = this.options.transport ?? parts.fetch?.fetchTransport;
        this.topics = parts.socket && new parts.socket.Topics();
        this.handedOver = null; // large answers that a platform has, and may have sent (handed-over.js)
        this.till = new Till(this.options.maxMemoryTotal, this.log, () => this.recount());
        this.socketCount = 0;
        this.closing = false;
        this.pool = new Pool(this);
        const declared = this.pool.begin();
        this.streams = declared.streams;
        this.bodyErrors = declared.bodyErrors;
        this.maxBody = smaller(declared.maxBody, this.options.maxBody);
        this.maxMessage = smaller(declared.maxMessage, this.options.maxMessage);
        this.replays = declared.replays;
        this.address = declared.address;
    }

    // Bytes of a message that a guest sends or publishes.
    get sendMax() {
        return Math.max(SIZE_MAX, this.maxMessage);
    }

    // Frees what is no longer held, and was not noticed.
    recount() {
        this.pool.recount();
        this.handedOver?.recount();
    }

    get hasSockets() {
        return this.module.hasSockets;
    }

    // A Request -> a Response, or a promise of one. info: { peer, accept } as an entry knows them.
    fetch(request, info) {
        return respondTo(this, request, info);
    }

    // Serves an exchange: now, or when an instance is free.
    serve(ex) {
        if (this.closing)
            return ex.abandon(503);
        this.pool.serve(ex);
        if (ex.call === WAITING)
            ex.watch();
    }

    // Requests under way may finish within the grace, sockets are closed with 1001; then all ends.
    async close({ grace = 10000 } = {}) {
        this.closing = true;
        this.pool.closeSockets(1001);
        const until = clock() + grace;
        while ((this.pool.requests > 0 || this.socketCount > 0) && clock() < until)
            await new Promise((resolve) => { setTimeout(resolve, STOP_STEP_MS); });
        this.pool.end();
    }
}
