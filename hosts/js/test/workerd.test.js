// The entry for workerd, in workerd: what is no matter of the contract (tests/contract runs there too).
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { client, file, serving, until } from './workerd.js';
import { hostile, sleep } from './guests.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mocket-workerd-'));
after(() => rmSync(folder, { recursive: true }));

const options = (given) => ['--options', JSON.stringify(given)];
const get = async (address, target, init) => (await fetch(`http://${address}${target}`, init)).text();
const status = async (address, target) => (await fetch(`http://${address}${target}`)).status;

test('no request waits for the instance of another one: a new one is made, then 503', async () => {
    await serving(file('examples/realtime'), options({ maxInstances: 3 }), async ({ address }) => {
        const began = Date.now();
        const answers = await Promise.all([1, 2, 3, 4, 5].map(() => status(address, '/sleep/300')));
        assert.deepEqual(answers.sort(), [200, 200, 200, 503, 503]);
        assert.ok(Date.now() - began < 900, 'they waited at once');
        assert.equal(await status(address, '/sleep/1'), 200);
    });
});

function request(address, target) {
    const [host, port] = address.split(':'), socket = net.connect(port, host);
    socket.on('error', () => {}).resume();
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return socket;
}

function statusOf(address, text) {
    const [host, port] = address.split(':'), socket = net.connect(port, host);
    socket.write(text);
    return new Promise((resolve, reject) => {
        socket.on('error', reject).once('data', (bytes) => {
            socket.destroy();
            resolve(Number(bytes.toString('latin1').split(' ')[1]));
        });
    });
}

test('no part of Host becomes a part of the target, also when a fragment takes the target away', async () => {
    await serving(file('examples/realtime'), [], async ({ address }) => {
        for (const host of ['a/sleep/1', 'a/sleep/1#', 'a?x', 'a?x#', 'a/echo#', 'a\\sleep/1#'])
            for (const head of ['GET /x', 'OPTIONS *', 'GET /sleep/1'])
                for (const rest of ['', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
                    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n'])
                    assert.equal(await statusOf(address, `${head} HTTP/1.1\r\nHost: ${host}\r\n${rest}\r\n`), 400,
                        `${head}, Host ${host}`);
        assert.equal(await get(address, '/sleep/1'), 'slept 1');
    });
});

test('instances of requests whose clients left are used again', async () => {
    await serving(file('examples/realtime'), options({ maxInstances: 2 }), async ({ address }) => {
        for (const target of ['/sleep/60000', '/sse', '/sleep/60000', '/sse', '/sleep/60000']) {
            const socket = request(address, target);
            await sleep(200);
            socket.resetAndDestroy();
            await sleep(200);
        }
        assert.equal(await get(address, '/sleep/1'), 'slept 1');
        assert.deepEqual(await Promise.all([status(address, '/sleep/50'), status(address, '/sleep/50')]), [200, 200]);
    });
});

test('an instance whose guest waits after its answer is used again', async () => {
    const guest = path.join(folder, 'waits.wasm');
    writeFileSync(guest, hostile('waits'));
    await serving(guest, options({ maxInstances: 1 }), async ({ address }) => {
        assert.equal(await get(address, '/answer-first'), 'early');
        for (const end = Date.now() + 10000; await status(address, '/ok') !== 200; await sleep(100))
            assert.ok(Date.now() < end, 'the instance is lost');
    });
});

test('a client that only closes is noticed when more is sent to it', async () => {
    await serving(file('examples/realtime'), options({ maxInstances: 1 }), async ({ address }) => {
        const socket = request(address, '/sse'); // an event each second
        await sleep(200);
        socket.destroy();
        assert.equal(await status(address, '/sleep/1'), 503);
        await sleep(2500);
        assert.equal(await status(address, '/sleep/1'), 200);
    });
});

test('variables that were granted, and requests to other servers', async () => {
    const upstream = http.createServer((req, res) => res.end(`${req.method} ${req.url}`)).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const url = `http://127.0.0.1:${upstream.address().port}`;
    const given = { envNames: ['UPSTREAM'], allowNet: ['127.0.0.1'] };
    try {
        await serving(file('examples/proxy'), [...options(given), '--binding', `UPSTREAM=${url}`],
            async ({ address, said }) => {
                assert.equal(await get(address, '/a?b=1'), 'GET /a?b=1', said());
                assert.equal(await get(address, '/c', { method: 'POST', body: 'x' }), 'POST /c');
            });
        await serving(file('examples/proxy'), options(given), async ({ address, said }) => {
            assert.equal(await status(address, '/a'), 500);
            await until(() => said().includes('error'), said);
            assert.match(said(), /error: the app cannot be started: "envNames" names UPSTREAM, and the Worker has no /);
        });
    } finally {
        upstream.close();
    }
});

test('the address of a client is that of its connection, whatever it claims', async () => {
    await serving(file('contract/middlewares'), [], async ({ address, said }) => {
        await get(address, '/log-all', { headers: { 'cf-connecting-ip': '10.9.8.7' } });
        assert.match(said(), /guest: 127\.0\.0\.1 GET \/log-all/);
    });
});

test('two members chat through the Durable Object', async () => {
    await serving(file('examples/chat'), [], async ({ address }) => {
        const ann = await client(address, '/rooms/r?name=ann'), bob = await client(address, '/rooms/r?name=b%C3%B6b');
        await until(() => ann.got.includes('join\tböb\t'), () => ann.got);
        ann.socket.send('Grüße, 世界');
        await until(() => bob.got.at(-1) === 'say\tann\tGrüße, 世界', () => bob.got);
        bob.socket.close(3001, 'bye');
        const { code, reason } = await bob.ended;
        assert.deepEqual([code, reason], [3001, 'bye']);
        await until(() => ann.got.at(-1) === 'leave\tböb\t', () => ann.got);
        const cid = await client(address, `/rooms/${'x'.repeat(61)}?name=cid`);
        assert.equal((await cid.ended).code, 1008);
        assert.equal(await status(address, '/'), 200);
    });
});

test('what requests of the Worker publish reaches the sockets, each request in its order', async () => {
    await serving(file('contract/replay'), [], async ({ address }) => {
        const { got } = await client(address, '/members?name=a'), wanted = [];
        for (let i = 0; i < 100; i++) {
            assert.equal(await get(address, `/announce/${i}`, { method: 'POST' }), 'announced');
            wanted.push(String(i));
        }
        await until(() => got.length >= 102, () => got);
        assert.deepEqual(got.filter((text) => /^\d+$/.test(text)), wanted);
    });
});

test('without a Durable Object handshakes are refused', async () => {
    await serving(file('examples/chat'), ['--without-object'], async ({ address, said }) => {
        const answer = await new Promise((resolve, reject) => {
            const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
                'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
            http.get(`http://${address}/rooms/r?name=a`, { headers }, resolve).on('error', reject);
        });
        assert.equal(answer.statusCode, 501);
        answer.destroy();
        await until(() => said().includes('warning'), said);
        assert.match(said(), /warning: this app serves WebSockets, which need a Durable Object bound as MOCKET/);
        assert.equal(await status(address, '/'), 200);
    });
});

// ---- Mistakes ----

async function startFails(module, words, message) {
    await serving(module, words, async ({ said, child, address }) => {
        assert.equal(address, undefined, said());
        assert.notEqual(child.exitCode, 0);
        assert.match(said(), message);
    });
}

test('mistakes of the module and of the options are found when the Worker is loaded', async () => {
    const plain = path.join(folder, 'plain.wasm');
    writeFileSync(plain, Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    await startFails(plain, [], /BadModule: it exports no memory named "memory"/);
    await startFails(file('examples/hello'), options({ instance: 1 }), /TypeError: there is no option "instance"/);
    await startFails(file('examples/hello'), options({ envNames: 'A' }), /"envNames" must be an array of names/);
});

test('a connection that sends garbage hurts nobody', async () => {
    await serving(file('examples/hello'), [], async ({ address }) => {
        const [host, port] = address.split(':');
        const socket = net.connect(port, host, () => socket.end('\x16\x03\x01 nonsense\r\n\r\n'));
        socket.resume();
        await once(socket, 'close');
        assert.equal(await status(address, '/'), 200);
    });
});
