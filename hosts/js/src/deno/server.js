// A guest behind Deno.serve.
import { GRACE_MS, readServing, urlOf } from '../serving.js';
import { respondTo } from '../web.js';
import { accepter } from './socket.js';

const STEP_MS = 20;

const plain = (address) => address.startsWith('::ffff:') ? address.slice(7) : address;

// A handler for a server of one's own: Deno.serve(handler(app)).
export function handler(app, { wsIdle } = readServing({}, {})) {
    const accept = accepter(wsIdle);
    return (request, info) =>
        respondTo(app, request, { peer: () => plain(info.remoteAddr.hostname), accept });
}

// Serves an app until its `close` is called: { server, port, hostname, url, close }.
export async function serve(app, options = {}) {
    const env = { PORT: Deno.env.get('PORT'), HOST: Deno.env.get('HOST') };
    const serving = readServing(options, env), { port, hostname } = serving;
    const server = Deno.serve({ port, hostname, onListen: () => {} }, handler(app, serving));
    const at = { port: server.addr.port, hostname: server.addr.hostname };
    return {
        server,
        ...at,
        url: urlOf(at),
        close: async ({ grace = GRACE_MS } = {}) => {
            const until = Date.now() + grace, down = server.shutdown();
            await app.close({ grace });
            // Connections that are busy still, with an answer on its way or half a request, end with the process: a
            // server that shuts down cannot be aborted.
            const left = Math.max(until - Date.now(), STEP_MS);
            let timer;
            await Promise.race([down, new Promise((resolve) => { timer = setTimeout(resolve, left); })]);
            clearTimeout(timer);
            server.unref();
        },
    };
}
