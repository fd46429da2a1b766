// The package as a user has it: its types, what it exports, and WebSockets with the package ws beside it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import test, { after } from 'node:test';

const PACKAGE = path.resolve(import.meta.dirname, '..');
const { MODULES } = process.env;
const skip = MODULES ? false : 'MODULES names no folder with typescript, publint and ws (tools/setup-js)';
const folder = mkdtempSync(path.join(tmpdir(), 'mocket-package-'));
after(() => rmSync(folder, { recursive: true }));

function install() {
    const modules = path.join(folder, 'node_modules');
    mkdirSync(path.join(modules, '@types'), { recursive: true });
    cpSync(PACKAGE, path.join(modules, 'mocket'), { recursive: true });
    for (const name of ['ws', '@types/node', 'undici-types'])
        symlinkSync(path.join(MODULES, name), path.join(modules, name));
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
}
if (!skip)
    install();

const USE = `
import { BadModule, load as loadAnywhere, type Options } from 'mocket';
import { handler, load, serve } from 'mocket/node';
import * as deno from 'mocket/deno';
import * as bun from 'mocket/bun';
import * as generic from 'mocket/generic';
import * as worker from 'mocket/service-worker';
import 'mocket/page';
import { type Cloudflare, socketObject, worker as edge } from 'mocket/cloudflare';
import http from 'node:http';
const options: Options = { maxInstances: 2, env: { A: '1' }, allowNet: ['example.com'],
    log: (level, line) => void (level + line) };
const app = await load('app.wasm', options);
const server = await serve(app, { port: '3000', wsIdle: 1000 });
const port: number = server.port;
http.createServer(handler(app)).listen(port + 1);
const answer: Response = await (await loadAnywhere(new Uint8Array())).fetch(new Request('http://a/'));
const bad: TypeError = new BadModule(String(answer.status));
await server.close({ grace: Infinity });
declare const cloudflare: Cloudflare, module: WebAssembly.Module;
const { fetch: serveWorker } = edge(cloudflare, module, { envNames: ['A'], maxInstances: 2 });
const Sockets: new (context: never, bindings: never) => object = socketObject(cloudflare, module, { queue: 1 });
void [serveWorker(new Request('http://a/'), {}), Sockets];
// @ts-expect-error nothing waits in a Worker
edge(cloudflare, module, { queue: 1 });
const other = await deno.serve(await deno.load(new URL('file:///app.wasm')), { hostname: '::1' });
other.server.unref();
const bunServer = await bun.serve(await bun.load('app.wasm'), { port: 0 });
const options2: { idleTimeout: number } = bun.handler(await generic.load(fetch(bunServer.url)));
const same: (request: Request, info: { remoteAddr: unknown }) => unknown = deno.handler(app, { wsIdle: 1 });
void [options2, same];
worker.serve('app.wasm', { hash: '00', base: '/shop', passthrough: (request) => request.method === 'PUT',
    app: { timeout: 1000 } });
// @ts-expect-error the hash is needed
worker.serve('app.wasm', {});
// @ts-expect-error an option that does not exist
await load('app.wasm', { instance: 1 });
// @ts-expect-error an option that does not exist
await deno.serve(app, { ports: 1 });
// @ts-expect-error not a source
await load(undefined);
throw bad;
`;

test('the types fit a user', { skip }, () => {
    writeFileSync(path.join(folder, 'use.ts'), USE);
    const tsc = path.join(MODULES, 'typescript/bin/tsc');
    try {
        execFileSync(process.execPath, [tsc, '--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext',
            '--lib', 'es2024,dom,dom.iterable', '--types', 'node', 'use.ts'], { cwd: folder, stdio: 'pipe' });
    } catch (error) {
        assert.fail(String(error.stdout) + error.stderr);
    }
});

test('publint finds nothing', { skip }, () => {
    const cli = path.join(MODULES, 'publint/src/cli.js');
    const words = [cli, '--strict', '--pack', 'false', path.join(folder, 'node_modules/mocket')];
    const said = execFileSync(process.execPath, words, { encoding: 'utf8' });
    assert.match(said, /All good/);
});

test('the package needs nothing, and every file that it exports is there', () => {
    const { dependencies, exports } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json')));
    assert.equal(dependencies, undefined);
    for (const conditions of Object.values(exports))
        for (const file of Object.values(conditions))
            assert.ok(readFileSync(path.join(PACKAGE, file)).length > 0, file);
});

// ---- WebSockets, by the command ----

async function serving(module, run) {
    const command = path.join(folder, 'node_modules/mocket/bin/mocket.js');
    const words = [command, 'serve', module, '--listen', '127.0.0.1:0'];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => { said += piece; });
    while (!/http:\S+/.test(said) && child.exitCode === null)
        await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    try {
        await run(/http:(\S+)\//.exec(said)[1], said);
    } finally {
        child.kill();
        assert.deepEqual(await once(child, 'exit'), [0, null], said);
    }
}

const GUESTS = process.env.GUESTS ?? path.resolve(PACKAGE, '../../build');

test('the command names the bytes that it serves, and sockets echo', { skip }, async () => {
    const module = path.join(GUESTS, 'contract/sockets.wasm');
    await serving(module, async (address, said) => {
        assert.match(said, /SHA-256 [0-9a-f]{64}/);
        const socket = new WebSocket(`ws:${address}/echo`);
        await once(socket, 'open');
        socket.send('hello');
        const [event] = await once(socket, 'message');
        assert.equal(event.data, 'hello');
        const closed = once(socket, 'close');
        socket.close(1000, 'bye');
        assert.equal((await closed)[0].code, 1000);
        const answer = await fetch(`http:${address}/echo`); // no handshake
        assert.deepEqual([answer.status, answer.headers.get('upgrade')], [426, 'websocket']);
    });
});

test('the command says what is wrong', { skip }, () => {
    const command = path.join(PACKAGE, 'bin/mocket.js');
    const fails = (...words) => {
        try {
            execFileSync(process.execPath, [command, ...words], { stdio: 'pipe' });
        } catch (error) {
            return `${error.status} ${error.stderr}`;
        }
        return 'no error';
    };
    assert.match(fails('serve'), /^2 mocket: serve needs a file/);
    assert.match(fails('fly'), /^2 mocket: unknown verb fly/);
    assert.match(fails('serve', 'a.wasm', '--fly'), /^2 mocket: unknown argument --fly/);
    assert.match(fails('serve', 'a.wasm', '--timeout', 'x'), /^2 mocket: --timeout x: not a time/);
    assert.match(fails('serve', 'a.wasm', '--listen', 'x'), /^2 mocket: --listen x: not an address/);
    assert.match(fails('serve', '/nowhere/a.wasm'), /^1 mocket: .*\/nowhere\/a\.wasm/);
    assert.match(fails('serve', import.meta.filename), /^1 mocket: .*does not begin with/);
});
