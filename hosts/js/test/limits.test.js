// Limits of the whole app, and those of node:http.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { load, serve } from '../src/node.js';
import { HandedOver } from '../src/handed-over.js';
import { Idle } from '../src/idle.js';
import { SMALL, Till } from '../src/till.js';
import { setTimer } from '../src/timer.js';
import { contractApp, example, get, hostile, recorder, sleep, text } from './guests.js';

const MIB = 1 << 20;
// Bytes that are held beside the memories of instances.
const beside = ({ till, pool }) => till.held - [...pool.all].reduce((sum, { memory }) => sum + memory.size, 0);

test('the till: what is taken is bounded, a part is kept for small things, and a refusal counts anew', () => {
    const { lines, log } = recorder(), told = { write: (level, line) => log(level, line) };
    let stale = 0;
    const till = new Till(16 * MIB, told, () => {
        till.give(stale);
        stale = 0;
    });
    assert.ok(till.take(15 * MIB));
    assert.ok(!till.take(SMALL + 1) && till.take(SMALL));
    assert.equal(lines.length, 1);
    till.give(SMALL);
    stale = 10 * MIB;
    till.told = -Infinity;
    assert.ok(till.take(MIB));
    assert.equal(till.held, 6 * MIB);
});

// A body of which `size` bytes come, and the rest when `go` is resolved.
function body(size, go) {
    return new ReadableStream({
        start: async (controller) => {
            controller.enqueue(new Uint8Array(size));
            await go;
            controller.close();
        },
    });
}

test('bodies together are bounded: 503 beyond it, and what is held is given back', async () => {
    const { log, has } = recorder();
    const app = await load(contractApp('echo'), { log, maxMemoryTotal: 1.25 * MIB });
    let go;
    const waits = new Promise((resolve) => { go = resolve; });
    const post = (size, until) => get(app, '/body', { method: 'POST', body: body(size, until), duplex: 'half' });
    const slow = [0, 1, 2].map(() => post(300 << 10, waits));
    await sleep(50);
    const refused = await post(300 << 10);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
    assert.ok(has('as much memory as it may (maxMemoryTotal)'));
    assert.equal((await post(1000)).status, 200);
    go();
    for (const answer of slow)
        assert.equal((await answer).status, 200);
    assert.equal(beside(app), 0);
    assert.equal((await post(300 << 10)).status, 200);
    await app.close();
});

async function serving(bytes, options, run, serveOptions = {}) {
    const { log, has } = recorder(), app = await load(bytes, { log, ...options });
    const server = await serve(app, { port: 0, hostname: '127.0.0.1', ...serveOptions });
    try {
        await run(server, app, has);
    } finally {
        await server.close({ grace: 1000 });
    }
}

test('on Node too: a body that cannot be held is 503, and the connection closes', () =>
    serving(contractApp('echo'), { maxMemoryTotal: MIB / 2 }, async (server, app) => {
        const answer = await fetch(`${server.url}body`, { method: 'POST', body: new Uint8Array(800 << 10) });
        assert.deepEqual([answer.status, answer.headers.get('connection')], [503, 'close']);
        await answer.text();
        assert.equal(await text(fetch(`${server.url}body`, { method: 'POST', body: 'abc' })), 'abc');
        await sleep(20);
        assert.equal(beside(app), 0);
    }));

test('an answer that cannot be held is refused, its client gets 503, and the next one is served', () =>
    serving(contractApp('echo'), { maxMemoryTotal: 2 * MIB }, async (server, app) => {
        const post = (size) => fetch(`${server.url}body`, { method: 'POST', body: new Uint8Array(size) });
        assert.equal((await post(700 << 10)).status, 503); // the body is held, and its echo cannot be
        const answer = await post(400 << 10);
        assert.equal((await answer.arrayBuffer()).byteLength, 400 << 10);
        for (let i = 0; i < 100 && beside(app) > 0; i++)
            await sleep(10);
        assert.equal(beside(app), 0);
    }));

test('memories of instances count from their start, as they grow, and until the instance ends', async () => {
    const { log, has } = recorder(), bytes = example('realtime');
    const app = await load(bytes, { log }), one = app.till.held;
    assert.ok(one >= 65536 && one % 65536 === 0, String(one));
    const asked = [1, 2, 3].map(() => get(app, '/sleep/50'));
    assert.equal(app.till.held, 3 * one);
    for (const answer of asked)
        assert.equal((await answer).status, 200);
    const [instance] = app.pool.all;
    instance.memory.memory.grow(2);
    instance.memory.fresh();
    assert.equal(app.till.held, 3 * one + 2 * 65536);
    instance.fail(new Error('it ends'));
    assert.equal(app.till.held, 2 * one);
    await app.close();
    assert.equal(app.till.held, 0);
    const few = await load(bytes, { log, queue: 0, maxMemoryTotal: 2.5 * one });
    const answers = await Promise.all([1, 2, 3].map(() => get(few, '/sleep/50')));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 503]);
    assert.ok(has('as much memory as it may (maxMemoryTotal)'));
    await few.close();
    await assert.rejects(load(bytes, { maxMemoryTotal: one - 1 }), /an instance has \d+ bytes .* maxMemoryTotal \(/);
});

test('answers that a server has and may have sent: of n requests under way the n largest count', () => {
    const till = new Till(16 * MIB, { write() {} }, () => answers.recount()), answers = new HandedOver(till);
    let pending = [2, 1];
    for (const at of [0, 1])
        answers.servers.add(() => pending[at]);
    for (const size of [1, 5, 2, 4, 3])
        assert.ok(answers.hold(size * MIB));
    assert.ok(answers.hold(3 * MIB) && till.held <= 15 * MIB, 'what is over does not count for long');
    assert.ok(!answers.hold(9 * MIB));
    assert.equal(till.held, 12 * MIB, '5, 4 and 3');
    pending = [0, 1];
    for (let i = 0; i < 1000; i++)
        assert.ok(answers.hold(20000));
    assert.ok(answers.sizes.length <= 70, String(answers.sizes.length));
    pending = [0, 0];
    answers.recount();
    assert.equal(till.held, 0);
});

// What the server sends until it closes, or for a while.
function raw({ port }, bytes, quiet = 200) {
    return new Promise((resolve, reject) => {
        let said = '';
        const socket = net.connect(port, '127.0.0.1', () => bytes && socket.write(bytes));
        socket.setEncoding('latin1').on('data', (piece) => { said += piece; });
        socket.on('error', reject);
        socket.on('close', () => resolve(said));
        socket.on('end', () => socket.end());
        if (quiet > 0)
            setTimeout(() => socket.destroy(), quiet);
    });
}

const GET = 'GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n';
const LOGGED = 'GET /log-all HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n'; // with its peer

test('connections of one address are bounded: more get 503', () => serving(example('routes'), {}, async (server) => {
    const open = [0, 1].map(() => raw(server, '', 600));
    await sleep(100);
    const refused = await raw(server, '', 300);
    assert.match(refused, /^HTTP\/1\.1 503 .*Retry-After: 1\r\n/s);
    assert.equal((await raw(server, GET, 300)).match(/HTTP\/1\.1/g).length, 1); // one answer, no second one
    await Promise.all(open);
    assert.match(await raw(server, GET), / 200 OK/);
}, { maxPerAddress: 2 }));

test('times that are longer than a timer can be do not end at once', async (t) => {
    const set = t.mock.method(globalThis, 'setTimeout'), long = 5e9;
    const idle = new Idle(long, () => assert.fail('pinged'), () => assert.fail('ended'));
    const timer = setTimer(() => assert.fail('went off'), long);
    await sleep(50);
    assert.equal(set.mock.callCount(), 3, 'no timer went off and was set again');
    idle.stop();
    clearTimeout(timer);
});

const HANDSHAKE = 'GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('a connection counts once, and gathers no listeners, however many handshakes on it are refused', () =>
    serving(contractApp('rooms'), {}, async (server) => {
        const times = 8;
        let most = 0;
        server.server.on('connection', (connection) => {
            most = Math.max(most, connection.listenerCount('error'), connection.listenerCount('close'));
        });
        const said = await raw(server, HANDSHAKE.repeat(times), 500);
        assert.equal(said.match(/HTTP\/1\.1 404/g).length, times, said);
        assert.ok(most < times / 2, `${most} listeners`);
    }, { maxPerAddress: 2 }));

test('connections of a trusted proxy are not counted, and its word on the client is believed', () =>
    serving(contractApp('middlewares'), { trustedProxy: ['127.0.0.0/8'] }, async (server, _app, has) => {
        const open = [0, 1, 2].map(() => raw(server, '', 300));
        await sleep(50);
        await raw(server, LOGGED);
        assert.ok(has('192.0.2.7'));
        await Promise.all(open);
    }, { maxPerAddress: 2 }));

test('nobody else is believed', () =>
    serving(contractApp('middlewares'), { trustedProxy: ['10.0.0.0/8'] }, async (server, _app, has) => {
        await raw(server, LOGGED);
        assert.ok(has('127.0.0.1') && !has('192.0.2.7'));
    }));

test('stacks of handlers that wait: small ones are enough, and endless recursion is a trap', async () => {
    const { log, has } = recorder(), app = await load(hostile('requests'), { log, stackKiB: 64, maxInstances: 2 });
    assert.equal(await text(get(app, '/sleep')), 'awake');
    assert.equal((await get(app, '/deep')).status, 500);
    assert.ok(has('call stack size exceeded'));
    assert.equal(await text(get(app, '/ok')), 'hello');
    await app.close();
    await assert.rejects(load(hostile('requests'), { stackKiB: 128 }), /stackKiB is 64 in this process/);
    for (const stackKiB of [63, 985, 1.5, '128'])
        await assert.rejects(load(hostile('requests'), { stackKiB }), /"stackKiB" must be a whole number of 64 to 984/);
});
