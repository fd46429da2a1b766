// Topics of a Worker. A Worker has no subscribers, because all sockets are in the Durable Object: messages are sent to
// the object by RPC. The messages of one request leave by one stub, which keeps their order.
import { WARN } from '../log.js';
import { Topics } from '../topics.js';

export class ObjectTopics extends Topics {
    // open: () -> a stub of the object. waitUntil: keeps the request that runs alive until a promise has settled.
    constructor(log, open, waitUntil) {
        super();
        this.log = log;
        this.open = open;
        this.waitUntil = waitUntil;
        this.stubs = new WeakMap(); // of requests under way: calls by one stub keep their order
    }

    publish(name, kind, data, instance) {
        const told = this.stubOf(instance.current).publish(name, kind, data);
        this.waitUntil(Promise.resolve(told).catch((reason) => {
            this.log.write(WARN, `publish: the Durable Object did not take a message: ${reason.message}`);
        }));
    }

    stubOf(ex) {
        if (ex === null)
            return this.open();
        if (!this.stubs.has(ex))
            this.stubs.set(ex, this.open());
        return this.stubs.get(ex);
    }
}
