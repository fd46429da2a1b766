// Anything in any order: tests/hostile/chaos.c calls every import with any arguments, from each export and below
// mocket_alloc, while its clients leave at any moment. Nothing is left behind.
import assert from 'node:assert/strict';
import http from 'node:http';
import test, { after, before } from 'node:test';
import { WS_BINARY, WS_PING, WS_TEXT } from '../src/abi.js';
import { load } from '../src/node.js';
import { hostile, sleep } from './guests.js';

const VISITORS = 16, VISITS = 6;
const any = (n) => Math.floor(Math.random() * n);
const HANDSHAKE = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };

const origin = http.createServer((req, res) => {
    req.resume();
    if (req.url === '/close')
        return void res.destroy();
    if (req.url === '/cut')
        res.writeHead(200, { 'content-length': 1000 });
    setTimeout(() => res.end('x'.repeat(any(300000))), any(30)).unref();
    res.on('error', () => {});
});
before(() => new Promise((resolve) => { origin.listen(0, '127.0.0.1', resolve); }));
after(() => origin.close(() => {}).closeAllConnections());

const port = {
    send: (kind) => kind === WS_PING ? -9 : 0,
    close: () => {},
    waiting: () => any(4) === 0 ? 300000 : 0,
    whenRoom: (callback) => {
        const timer = setTimeout(callback, any(20));
        return () => clearTimeout(timer);
    },
    hold: () => {},
};

async function socketVisit(app) {
    let socket = null;
    const accept = (_head, made) => {
        socket = made;
        setTimeout(() => any(8) > 0 ? made.opened(port) : made.closed(1006, ''), any(10));
        return new Response(null);
    };
    const answer = app.fetch(new Request(`http://a/${any(4)}`, { headers: HANDSHAKE }), { accept });
    await Promise.race([answer, sleep(600)]);
    for (let n = any(30); socket !== null && n > 0; n--) {
        await sleep(any(3));
        socket.message([WS_TEXT, WS_BINARY, WS_PING][any(3)], new Uint8Array(any(2) ? any(100) : any(50000)).fill(109));
    }
    await sleep(10);
    socket?.closed(any(2) ? 1000 : 1006, '');
}

async function requestVisit(app) {
    const leaving = new AbortController(), { signal } = leaving;
    setTimeout(() => leaving.abort(), any(100));
    const body = any(2) ? new Uint8Array(any(200000)) : undefined;
    const request = new Request(`http://a/${any(4)}`, body ? { method: 'POST', body, signal } : { signal });
    const answer = await Promise.race([app.fetch(request), sleep(600).then(() => new Response())]); // it may have left
    if (any(2))
        await answer.body?.cancel();
    else
        await Promise.race([answer.arrayBuffer(), sleep(200)]);
}

async function visit(app) {
    for (let n = VISITS; n > 0; n--)
        await (any(2) ? socketVisit(app) : requestVisit(app)).catch((reason) => {
            assert.match(String(reason), /did not complete its answer|AbortError/);
        });
}

const EVENTS = ['-DEVENTS'];
for (const [name, flags, reuse] of [['direct', [], 'serial'], ['direct', [], 'none'],
    ['events', EVENTS, 'concurrent'], ['events', EVENTS, 'serial']])
    test(`chaos (${name}, ${reuse})`, async () => {
        const { port: at } = origin.address(), errors = [];
        const app = await load(hostile('chaos', ...flags), {
            log: (level, line) => level === 'error' && errors.push(line), reuse, timeout: 400, maxInstances: 24,
            allowNet: ['127.0.0.0/8'], env: { ORIGIN: `http://127.0.0.1:${at}` } });
        await Promise.all(Array.from({ length: VISITORS }, () => visit(app)));
        for (let i = 0; i < 1000 && (app.pool.requests > 0 || app.socketCount > 0); i++)
            await sleep(10);
        assert.deepEqual([app.pool.requests, app.socketCount], [0, 0]);
        assert.deepEqual(errors.filter((line) => /not a function|undefined|null/.test(line)), []);
        await app.close({ grace: 0 });
        assert.equal(app.till.held, 0);
    });
