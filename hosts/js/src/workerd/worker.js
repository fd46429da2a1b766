// The Worker. No request in it waits for another request: workerd ends a request that waits for something that only
// another request can bring about. So there is no queue; a request that finds no instance and cannot have a new one is
// answered 503.
import { ENOTSUP } from '../abi.js';
import { WARN } from '../log.js';
import { refusal, respondTo, whenLeft } from '../web.js';
import { ObjectTopics } from './topics.js';
import { objectOf, peerOf, Setup } from './setup.js';

const STRANGE_HOST = /[/?#\\]/; // workerd takes the rest for a part of the target

const isUpgrade = (request) => request.headers.get('upgrade')?.toLowerCase() === 'websocket';

const NO_OBJECT = 'this app serves WebSockets, which need a Durable Object bound as MOCKET: handshakes are refused ' +
    'until it is there';

// workerd ends the context of a request when its client has left, and with it the guest that is suspended in it: the
// instance would be lost to the pool. So the context is kept until the guest is done with the request.
function watch(cloudflare, request, callback) {
    const stop = whenLeft(request, callback);
    let done;
    cloudflare.waitUntil(new Promise((resolve) => { done = resolve; }));
    return () => {
        stop();
        done();
    };
}

// cloudflare: the module `cloudflare:workers`. module: a WebAssembly.Module.
export function worker(cloudflare, module, options) {
    const setup = new Setup(module, { ...options, queue: 0 }); // the object may have the same options, and one
    const refuseSocket = () => {
        setup.log.write(WARN, NO_OBJECT);
        return ENOTSUP;
    };
    const info = { peer: peerOf, whenLeft: (request, callback) => watch(cloudflare, request, callback) };
    const infoOfHandshake = { ...info, accept: refuseSocket };
    let app = null, usualHost = null; // the last Host that was found good: most requests have the same

    function isStrange(host) {
        if (host === usualHost)
            return false;
        if (STRANGE_HOST.test(host))
            return true;
        usualHost = host;
        return false;
    }

    function begin(bindings) {
        app = setup.start(bindings);
        if (app !== null && objectOf(bindings) !== null)
            app.topics = new ObjectTopics(app.log, () => objectOf(bindings), cloudflare.waitUntil);
        return app;
    }

    return {
        fetch(request, bindings) {
            if (isStrange(request.headers.get('host') ?? ''))
                return refusal(400);
            const handshake = setup.hasSockets && isUpgrade(request), object = handshake ? objectOf(bindings) : null;
            if (object !== null)
                return object.fetch(request);
            if (app === null && begin(bindings) === null)
                return refusal(500);
            return respondTo(app, request, handshake ? infoOfHandshake : info);
        },
    };
}
