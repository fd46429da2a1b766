// Requests to other servers: the hostile guest `fetches` against a server of this file, by the platform's fetch and by
// node:http.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import { Nets } from '../src/allow.js';
import { load } from '../src/index.js';
import { lookup, nodeTransport } from '../src/node/transport.js';
import { fetchTransport } from '../src/transport.js';
import { get, hostile, recorder, text } from './guests.js';

const ANSWERS = {
    '/hello': (_req, res) => res.end('hello'),
    '/cut': (_req, res) => {
        res.writeHead(200, { 'Content-Length': 100 });
        res.write('some');
        setTimeout(() => res.destroy(), 50);
    },
    '/count': (req, res) => {
        let size = 0;
        req.on('data', (piece) => { size += piece.length; });
        req.on('end', () => res.end(String(size)));
    },
    '/hold': () => {},
    '/slow/60000': () => {},
};
const server = http.createServer((req, res) => ANSWERS[req.url](req, res)).listen(0, '127.0.0.1');
await new Promise((resolve) => { server.once('listening', resolve); });
const { port } = server.address(), origin = `http://127.0.0.1:${port}`;
after(() => {
    server.close();
    server.closeAllConnections();
});

for (const [name, transport] of [['fetch', fetchTransport], ['node:http', nodeTransport]]) {
    const open = (options) => load(hostile('fetches'),
        { transport, allowNet: ['127.0.0.0/8'], log: () => {}, timeout: 5000, ...options });
    const asks = async (app, path, to) => text(get(app, `${path}?${origin}${to}`));

    test(`${name}: a response, and one that is cut`, async () => {
        const app = await open();
        assert.equal(await asks(app, '/get', '/hello'), '200 hello');
        assert.equal(await asks(app, '/get', '/cut'), '-10');
        await app.close();
    });

    test(`${name}: messages, ranges and handles that are malformed`, async () => {
        const app = await open();
        assert.equal(await asks(app, '/malformed', '/hello'), new Array(12).fill('-1').join(' '));
        assert.match(await asks(app, '/ranges', '/hello'), /^-2/);
        assert.match(await asks(app, '/handles', '/hello'), /^-3 -3 -3 -3 -3 -3 /);
        await app.close();
    });

    test(`${name}: dropping one of the two handles, or what waits for it`, async () => {
        const app = await open();
        assert.equal(await asks(app, '/drops', '/hello'), '-3 -4 -4 5 -3 -3 -3 -5 -3 -3');
        await app.close();
    });

    test(`${name}: what a start has begun ends with it`, async () => {
        const app = await open({ env: { AT_START: `${origin}/hello` } });
        assert.equal(await text(get(app, '/started')), '1 -3');
        await app.close();
    });

    test(`${name}: what is not granted is denied, and the log names the rule`, async () => {
        const { log, has } = recorder(), app = await open({ allowNet: ['example.com'], log });
        assert.equal(await asks(app, '/get', '/hello'), '-8');
        assert.ok(has(`fetch denied (allowNet): it needs --allow-net 127.0.0.1:${port}`));
        await app.close();
    });

    test(`${name}: the time until a response`, async () => {
        const app = await open({ timeout: 500 });
        const answer = await get(app, `/get?${origin}/hold`);
        assert.ok(answer.status === 504 || await answer.text() === '-7', String(answer.status));
        await app.close();
    });
}

test('a name that leads to this machine is denied by its address', async () => {
    const options = { transport: nodeTransport, log: () => {} };
    const app = await load(hostile('fetches'), { ...options, allowNet: ['all'] });
    assert.equal(await text(get(app, `/get?http://localhost:${port}/hello`)), '-8');
    await app.close();
    const granted = await load(hostile('fetches'), { ...options, allowNet: ['localhost'] });
    assert.equal(await text(get(granted, `/get?http://localhost:${port}/hello`)), '200 hello');
    await granted.close();
});

test('a granted name whose addresses are this machine\'s is denied', async () => {
    const url = new URL('http://granted.example/');
    const found = (rules) => new Promise((resolve) => {
        const look = lookup(new Nets(rules), url, 'granted.example');
        look('localhost', { all: true }, (error, list) => resolve(error ?? list));
    });
    assert.equal((await found(['granted.example'])).constructor.name, 'Denied');
    assert.ok((await found(['granted.example', '127.0.0.0/8', '[::1]'])).length > 0);
});
