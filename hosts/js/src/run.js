// An app as a process of its own, which the command and bundles are: it is loaded, the log names its bytes, and SIGTERM
// or SIGINT end it. Node, Deno and Bun all have the global `process`.
import { INFO } from './log.js';
import { GRACE_MS } from './serving.js';

async function hashOf(bytes) {
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// entry: a module with `load` and `serve`. bytes: the module. name: of its file, for the log.
export async function run(entry, bytes, options = {}) {
    const { name = 'app.wasm', grace = GRACE_MS, app: appOptions, serve: serveOptions } = options;
    const app = await entry.load(bytes, appOptions);
    const server = await entry.serve(app, serveOptions);
    app.log.write(INFO, `serving ${name} (SHA-256 ${await hashOf(bytes)}) on ${server.url}`);
    const { process } = globalThis;
    const stop = async () => {
        await server.close({ grace });
        process.exit(0);
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
}
