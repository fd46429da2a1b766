// Which instance a request gets.
//
// `none` makes an instance for each request. `serial` keeps free instances and gives each one request at a time.
// `concurrent` has one instance that gets all requests. An instance of a direct-style guest that owns sockets gets no
// requests but handshakes, which wait in its inbox while the instance is busy. Requests that find no instance wait
// here, up to `queue`.
import { REUSE_CONCURRENT, REUSE_NONE, UPGRADE } from './abi.js';
import { Instance, READY } from './instance.js';
import { ERROR } from './log.js';

const SHARED_MAX = 1366; // requests of one concurrent instance
// The declarations that must be the same in every instance of a module.
const COMPARED = ['reuse', 'streams', 'bodyErrors', 'maxBody', 'maxMessage', 'replays'];

// Where an instance is kept.
export const IDLE = 'idle', HOST = 'host', SHARED = 'shared', BUSY = 'busy';

export class Pool {
    constructor(app) {
        this.app = app;
        this.max = app.options.maxInstances;
        this.queueMax = app.options.queue;
        this.reuse = REUSE_NONE;
        this.all = new Set();
        this.idle = [];
        this.hosts = new Set();
        this.shared = null;
        this.waiting = new Set(); // requests without an instance, oldest first; Exchange.close removes a request
        this.pumping = false;
        this.size = 0; // of the memory of an instance that has just started
    }

    // The first instance shows what the app declares; the caller gets an error of its start.
    begin() {
        const first = this.make(), { till } = this.app;
        if (till.held > till.most)
            throw new Error(`an instance has ${this.size} bytes of memory, more than maxMemoryTotal (${till.most})`);
        this.reuse = Math.min(first.declared.reuse, this.app.options.reuse); // the stricter of the two holds
        this.declared = first.declared;
        this.free(first);
        return first.declared;
    }

    make() {
        const instance = new Instance(this.app);
        const same = (name) => instance.declared[name] === this.declared[name];
        if (this.declared !== undefined && !COMPARED.every(same)) {
            instance.forgetMemory();
            throw new Error('the instance declares something else than the first one did');
        }
        this.size = instance.memory.size;
        instance.place = BUSY;
        this.all.add(instance);
        return instance;
    }

    // Sockets keep other requests out of an instance.
    pins(instance) {
        return (instance.direct || this.reuse === REUSE_NONE) && instance.sockets.size > 0;
    }

    serve(ex) {
        if ((ex.flags & UPGRADE) !== 0 && this.app.hasSockets)
            return this.app.parts.socket.serveHandshake(this, ex);
        const instance = this.find();
        if (instance !== null)
            this.serveBy(instance, ex);
        else
            this.wait(ex);
    }

    wait(ex) {
        if (this.waiting.size < this.queueMax && this.all.size > 0)
            this.waiting.add(ex);
        else
            ex.abandon(503);
    }

    serveBy(instance, ex) {
        if (instance.place === IDLE)
            instance.place = BUSY;
        if (instance.state === READY && instance.inbox.length === 0)
            instance.serve(ex);
        else
            instance.queue(ex);
    }

    // An instance that is free, a new one, or null. take: takes a free one away.
    find(take) {
        if (this.reuse === REUSE_CONCURRENT)
            return this.findShared();
        return (take ? take() : this.idle.pop()) ?? (this.all.size < this.max ? this.makeLater() : null);
    }

    findShared() {
        if (this.shared === null) {
            this.shared = this.makeLater();
            if (this.shared !== null)
                this.shared.place = SHARED;
        }
        return this.shared !== null && this.shared.requests < SHARED_MAX ? this.shared : null;
    }

    // Null when no further instance can be made.
    makeLater() {
        try {
            return this.app.till.hasRoom(this.size) ? this.make() : null;
        } catch (reason) {
            this.app.log.write(ERROR, `an instance cannot be made: ${reason.message}`);
            return null;
        }
    }

    // No export of the instance runs.
    free(instance) {
        if (this.reuse === REUSE_CONCURRENT) {
            this.freeConcurrent(instance);
        } else if (this.pins(instance)) {
            instance.place = HOST;
            this.hosts.add(instance);
        } else if (instance.requests === 0 && instance.place !== IDLE) {
            if (instance.place === HOST)
                this.hosts.delete(instance);
            this.keep(instance);
        }
        if (this.waiting.size > 0)
            this.pump();
    }

    freeConcurrent(instance) {
        this.shared ??= instance;
        if (this.shared === instance) {
            if (instance.place === HOST)
                this.hosts.delete(instance);
            instance.place = SHARED;
        } else if (instance.sockets.size === 0 && instance.requests === 0) {
            instance.end(null, 1012);
        }
    }

    keep(instance) {
        if (this.reuse === REUSE_NONE && instance.running !== 'mocket_start') {
            instance.end(null, 1012);
            return;
        }
        instance.place = IDLE;
        this.idle.push(instance);
    }

    ended(instance) {
        this.all.delete(instance);
        this.hosts.delete(instance);
        if (this.shared === instance)
            this.shared = null;
        const at = this.idle.indexOf(instance);
        if (at >= 0)
            this.idle.splice(at, 1);
        this.pump();
    }

    pump() {
        if (this.pumping)
            return;
        this.pumping = true;
        for (const ex of this.waiting) {
            const instance = this.find();
            if (instance === null)
                break;
            this.waiting.delete(ex);
            this.serveBy(instance, ex);
        }
        this.pumping = false;
    }

    get requests() {
        let count = this.waiting.size;
        for (const instance of this.all)
            count += instance.requests + instance.queued.size;
        return count;
    }

    // Counts the bytes that still wait for the clients of sockets.
    recount() {
        for (const instance of this.all)
            for (const socket of instance.sockets)
                socket.recount();
    }

    // Closes the sockets because the server stops; requests may finish.
    closeSockets(code) {
        for (const instance of this.all)
            for (const socket of instance.sockets)
                socket.orphan(code);
    }

    end() {
        for (const ex of this.waiting)
            ex.abandon(503);
        for (const instance of [...this.all])
            instance.end(null, 1001);
    }
}
