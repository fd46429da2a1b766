// A guest behind Bun.serve.
import { unmapped } from '../address.js';
import { HandedOver } from '../handed-over.js';
import { whenLeftLater } from '../left.js';
import { shareTimers } from '../limits.js';
import { GRACE_MS, readServing, urlOf } from '../serving.js';
import { clock } from '../timer.js';
import { respondTo } from '../web.js';
import { accepter, events } from './socket.js';

const KEEP_ALIVE_S = 60, BODY_MAX = Number.MAX_SAFE_INTEGER;
const STEP_MS = 20;

// Options for a server of one's own: Bun.serve({ port, ...handler(app) }).
export function handler(app, { wsIdle } = readServing({}, {})) {
    shareTimers();
    let info = null; // the same for all requests of a server
    const infoOf = (server) => ({
        server,
        holdAnswer: (_ex, bytes) => app.handedOver.hold(bytes),
        peer: (request) => unmapped(server.requestIP(request)?.address ?? ''),
        accept: accepter(server, wsIdle),
        whenLeft: whenLeftLater,
    });
    return {
        fetch: (request, server) => {
            if (info === null || info.server !== server) {
                app.handedOver ??= new HandedOver(app.till);
                app.handedOver.servers.add(() => server.pendingRequests);
                info = infoOf(server);
            }
            return respondTo(app, request, info);
        },
        websocket: events(app),
        maxRequestBodySize: BODY_MAX, // the app has its own limit
        idleTimeout: KEEP_ALIVE_S,
        development: false,
        reusePort: false, // else a second server on the port would start, and get some of the requests
    };
}

// Serves an app until its `close` is called: { server, port, hostname, url, close }.
export async function serve(app, options = {}) {
    const serving = readServing(options, process.env), { port, hostname } = serving;
    const server = Bun.serve({ port, hostname, ...handler(app, serving) });
    const at = { port: server.port, hostname: server.hostname };
    return {
        server,
        ...at,
        url: urlOf(at),
        close: async ({ grace = GRACE_MS } = {}) => {
            const until = clock() + grace;
            server.stop();
            await app.close({ grace });
            while (server.pendingRequests > 0 && clock() < until) // answers that are still on their way
                await new Promise((resolve) => { setTimeout(resolve, STEP_MS); });
            await server.stop(true);
        },
    };
}
