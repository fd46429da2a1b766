// workerd, started by tests/workerd/serve with an app.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const SERVE = path.resolve(import.meta.dirname, '../../../tests/workerd/serve');
const BUILD = process.env.GUESTS ?? path.resolve(import.meta.dirname, '../../../build');

export const file = (name) => path.join(BUILD, `${name}.wasm`);

// run: ({ address, said }) -> a promise. said(): the log so far.
export async function serving(module, words, run) {
    const child = spawn(SERVE, [module, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (piece) => { log += piece; });
    const address = () => /http:\/\/(\S+)\//.exec(log)?.[1];
    while (address() === undefined && child.exitCode === null)
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    try {
        await run({ address: address(), said: () => log, child });
    } finally {
        const ended = child.exitCode === null ? once(child, 'exit') : null;
        child.kill();
        await ended;
    }
}

// A client that keeps what it receives: { socket, got, ended }.
export async function client(address, target, headers = {}) {
    const socket = new WebSocket(`ws://${address}${target}`, { headers }), got = [];
    socket.addEventListener('message', ({ data }) => got.push(data));
    const ended = new Promise((resolve) => { socket.addEventListener('close', resolve); });
    await new Promise((resolve, reject) => {
        socket.addEventListener('open', resolve);
        socket.addEventListener('error', () => reject(new Error(`no socket at ${target}`)));
    });
    return { socket, got, ended };
}

// Waits until a condition holds; what: named when it does not within the time.
export async function until(holds, what, ms = 10000) {
    for (const end = Date.now() + ms; !holds();) {
        if (Date.now() > end)
            throw new Error(`not within ${ms} ms: ${what()}`);
        await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
}
