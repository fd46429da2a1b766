// Deno and Bun: the host's own tests there, the entries, and the command. Node drives them.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { contractApp, hostile, sleep } from './guests.js';

const PACKAGE = path.resolve(import.meta.dirname, '..');
const { MODULES } = process.env;
const skip = MODULES ? false : 'MODULES names no folder beside the runtimes (tools/setup-js)';
const BIN = path.join(MODULES ?? '', '../bin');
const run = promisify(execFile);
const folder = mkdtempSync(path.join(tmpdir(), 'mocket-runtimes-'));
after(() => rmSync(folder, { recursive: true }));
const GUEST = path.join(folder, 'app.wasm');
writeFileSync(GUEST, contractApp('sockets'));

const RUNTIMES = {
    node: { words: [], test: null },
    deno: { words: ['run', '-A'], test: (file) => ['test', '-A', '--no-check', file] },
    bun: { words: [], test: (file) => ['test', file] },
};

// A program that serves, until its test is over: { address, said }. It must then end well.
async function started(t, runtime, words, env = {}) {
    const child = spawn(path.join(BIN, runtime), [...RUNTIMES[runtime].words, ...words],
        { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...env } });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (piece) => { said += piece; });
    while (!/http:\S+/.test(said) && child.exitCode === null)
        await Promise.race([once(child.stderr, 'data'), once(child.stdout, 'data'), once(child, 'exit')]);
    assert.equal(child.exitCode, null, said);
    t.after(async () => {
        child.kill();
        assert.deepEqual(await once(child, 'exit'), [0, null], said);
    });
    return { address: /http:(\S+)\//.exec(said)[1], said };
}

// A client that sends a handshake and resets its connection.
function leaveEarly(address) {
    const [host, port] = address.split(':');
    return new Promise((resolve) => {
        const socket = net.connect(port, host, () => socket.write('GET /echo HTTP/1.1\r\nHost: a\r\n' +
            'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n', () => socket.resetAndDestroy()));
        socket.on('error', () => {}).on('close', resolve);
    });
}

for (const [runtime, { words, test: testing }] of Object.entries(RUNTIMES)) {
    const command = path.join(PACKAGE, 'bin/mocket.js'), entry = path.join(PACKAGE, `src/${runtime}.js`);
    const options = { env: { ...process.env, NO_COLOR: '1' }, timeout: 60000 };
    const fails = (file, ...more) => run(path.join(BIN, runtime), [...words, file, ...more], options)
        .then(() => 'no error', (error) => `${error.code} ${error.stderr}`);

    for (const file of testing === null ? [] : ['hostile', 'outgoing', 'web', 'message', 'rules'])
        test(`${runtime}: ${file}.test.js`, { skip }, async () => {
            const done = run(path.join(BIN, runtime), testing(path.join(import.meta.dirname, `${file}.test.js`)),
                options);
            await assert.doesNotReject(done.catch(({ stdout, stderr }) => { throw new Error(stdout + stderr); }));
        });

    test(`${runtime}: the command serves, and says what is wrong`, { skip }, async (t) => {
        const { address, said } = await started(t, runtime, [command, 'serve', GUEST, '--listen', '127.0.0.1:0']);
        assert.match(said, /SHA-256 [0-9a-f]{64}/);
        const answer = await fetch(`http:${address}/echo`); // no handshake
        assert.equal(answer.status, 426);
        const listen = address.slice(2);
        assert.match(await fails(command, 'serve', GUEST, '--listen', listen), /^1 mocket: .*(?:in use|EADDRINUSE)/is);
        assert.match(await fails(command, 'serve', '/nowhere/a.wasm'), /^1 mocket: .*\/nowhere\/a\.wasm/);
        assert.match(await fails(command, 'serve', command), /^1 mocket: .*does not begin with/);
    });

    test(`${runtime}: PORT and HOST, a socket, and close`, { skip: skip || runtime === 'node' }, async (t) => {
        const script = path.join(folder, `${runtime}.mjs`);
        writeFileSync(script, `import { load, serve } from '${entry}';
            const app = await load(new URL('file://${GUEST}'));
            await serve(app, { ports: 1 }).catch((error) => console.error(error.message));
            await serve(app, { port: 'x' }).catch((error) => console.error(error.message));
            const server = await serve(app, { wsIdle: 5e9 }); // longer than a timer can be
            console.error(server.url);
            process.once('SIGTERM', async () => {
                await server.close({ grace: 2000 });
                await fetch(server.url).catch(() => console.error('closed'));
                process.exit(0);
            });`);
        const { address, said } = await started(t, runtime, [script], { PORT: '0', HOST: '127.0.0.1' });
        assert.match(said, /there is no option "ports".*The options are: port, hostname, wsIdle/);
        assert.match(said, /the port \(port\) must be a number of 0 to 65535, not "x"/);
        assert.match(address, /^\/\/127\.0\.0\.1:\d+$/);
        const socket = new WebSocket(`ws:${address}/echo`);
        await once(socket, 'open');
        socket.send('hello');
        assert.equal((await once(socket, 'message'))[0].data, 'hello');
        const closed = once(socket, 'close');
        socket.close(1000, 'bye');
        assert.equal((await closed)[0].code, 1000);
    });

    test(`${runtime}: large answers count until they were sent`, { skip }, async (t) => {
        const script = path.join(folder, `${runtime}-large.mjs`), guest = path.join(folder, 'large.wasm');
        writeFileSync(guest, hostile('requests'));
        writeFileSync(script, `import { load, serve } from '${entry}';
            const app = await load(new URL('file://${guest}'), { maxMemoryTotal: 72 << 20, log: () => {} });
            const server = await serve(app, { port: 0, hostname: '127.0.0.1' });
            console.error(server.url);
            process.once('SIGTERM', () => process.exit(0));`);
        const { address } = await started(t, runtime, [script]), slow = [];
        const get = (target) => fetch(`http:${address}${target}`);
        for (let i = 0; i < 6; i++)
            slow.push(await get('/large')); // the body is not read
        assert.deepEqual(slow.map(({ status }) => status), [200, 200, 200, 200, 503, 503]);
        assert.equal((await get('/ok')).status, 200);
        for (const { body } of slow)
            await body.cancel();
        for (const end = Date.now() + 10000; (await get('/large')).status !== 200; await sleep(100))
            assert.ok(Date.now() < end, 'what was held is not given back');
    });

    const skipNode = skip || runtime === 'node';
    test(`${runtime}: a client that leaves early takes no place for good`, { skip: skipNode }, async (t) => {
        const script = path.join(folder, `${runtime}-left.mjs`), places = 3;
        writeFileSync(script, `import { load, serve } from '${entry}';
            const app = await load(new URL('file://${GUEST}'), { maxSockets: ${places}, log: () => {} });
            const server = await serve(app, { port: 0, hostname: '127.0.0.1' });
            console.error(server.url);
            process.once('SIGTERM', () => process.exit(0));`);
        const { address } = await started(t, runtime, [script]);
        for (let i = 0; i < places; i++)
            await leaveEarly(address.slice(2));
        const opens = () => new Promise((resolve) => {
            const socket = new WebSocket(`ws:${address}/echo`);
            socket.onopen = () => resolve(true);
            socket.onerror = () => resolve(false);
        });
        for (const end = Date.now() + 10000; !await opens(); await sleep(100))
            assert.ok(Date.now() < end, 'no place');
    });
}
