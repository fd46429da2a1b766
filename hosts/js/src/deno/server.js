// A guest behind Deno.serve.
import { unmapped } from '../address.js';
import { whenLeftLater } from '../left.js';
import { shareTimers } from '../limits.js';
import { GRACE_MS, readServing, urlOf } from '../serving.js';
import { clock } from '../timer.js';
import { respondTo } from '../web.js';
import { useQuickAnswers } from './answer.js';
import { accepter } from './socket.js';

const STEP_MS = 20;

const peerOf = (_request, { remoteAddr }) => unmapped(remoteAddr.hostname);

// A large answer counts until Deno says that it was sent, or will not be.
function holdAnswer({ app: { till }, connection }, bytes) {
    if (connection?.completed === undefined) // a Deno before it, or a program that calls the handler
        return true;
    if (!till.take(bytes))
        return false;
    const give = () => till.give(bytes);
    connection.completed.then(give, give);
    return true;
}

// A handler for a server of one's own: Deno.serve(handler(app)).
export function handler(app, { wsIdle } = readServing({}, {})) {
    shareTimers();
    useQuickAnswers();
    const info = { peer: peerOf, accept: accepter(wsIdle), whenLeft: whenLeftLater, holdAnswer };
    return (request, connection) => respondTo(app, request, info, connection);
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
            // A server that shuts down cuts the bodies that still come, and says nothing more of its sockets: the app
            // ends first. Requests that come meanwhile are answered 503.
            const until = clock() + grace;
            await app.close({ grace });
            const down = server.shutdown();
            // Connections that are busy still, with an answer on its way or half a request, end with the process: a
            // server that shuts down cannot be aborted.
            const left = Math.max(until - clock(), STEP_MS);
            let timer;
            await Promise.race([down, new Promise((resolve) => { timer = setTimeout(resolve, left); })]);
            clearTimeout(timer);
            server.unref();
        },
    };
}
