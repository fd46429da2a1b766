// The Durable Object without its platform: what test/long/hibernation.test.js shows in workerd is shown here at once,
// and what cannot be brought about there.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { socketObject, worker } from '../src/workerd.js';
import { contractApp, hostile, recorder } from './guests.js';
import { until } from './workerd.js';

// A server's end of a socket, as far as the object uses it.
class FakeSocket {
    constructor() {
        this.sent = [];
        this.closed = null;
        this.kept = null;
    }

    send(data) {
        this.sent.push(data);
    }

    close(code, reason) {
        this.closed ??= [code, reason];
    }

    accept() {
        this.plain = true;
    }

    addEventListener() {}

    serializeAttachment(value) {
        if (JSON.stringify(value).length > 2048)
            throw new Error('too large');
        this.kept = structuredClone(value);
    }

    deserializeAttachment() {
        return this.kept;
    }
}

class FakeContext {
    constructor(sockets = []) {
        this.sockets = sockets;
    }

    acceptWebSocket(ws) {
        this.sockets.push(ws);
    }

    getWebSockets() {
        return [...this.sockets].reverse(); // in whatever order
    }
}

class DurableObject {}

const RealResponse = Response;
before(() => {
    globalThis.WebSocketPair = class {
        constructor() {
            this[0] = {};
            this[1] = new FakeSocket();
            FakeContext.last = this[1];
        }
    };
    globalThis.Response = class extends RealResponse { // Node's takes no 101
        constructor(body, init) {
            super(body, init?.status === 101 ? { headers: init.headers } : init);
            this.webSocket = init?.webSocket;
        }
    };
});
after(() => {
    globalThis.Response = RealResponse;
    delete globalThis.WebSocketPair;
});

const code = new WebAssembly.Module(contractApp('replay'));
const rooms = new WebAssembly.Module(contractApp('rooms'));
const HEADERS = { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };

// An object on sockets that were kept, or none.
function objectOf(sockets = [], module = code, options = {}) {
    const log = recorder(), Class = socketObject({ DurableObject }, module, { log: log.log, ...options });
    const context = new FakeContext(sockets);
    return { object: new Class(context, {}), context, log };
}

async function join({ object }, target, headers = {}) {
    const answer = await object.fetch(new Request(`http://a${target}`, { headers: { ...HEADERS, ...headers } }));
    assert.ok(answer.webSocket, `${answer.status}`);
    return FakeContext.last;
}

async function three() {
    const first = objectOf(), sockets = [];
    for (const name of ['a&wait=20', 'b', 'c&wait=5'])
        sockets.push(await join(first, `/members?name=${name}`));
    for (const name of ['a', 'b', 'c'])
        await until(() => sockets[0].sent.includes(`${name} came`), () => sockets.map((ws) => ws.sent));
    for (const ws of sockets)
        ws.sent.length = 0;
    return { first, sockets };
}

test('a new object plays the sockets again, in their order, in one instance, and muted, waits included', async () => {
    const { first, sockets } = await three();
    const { object, log } = objectOf(first.context.sockets);
    object.webSocketMessage(sockets[1], 'count'); // while they are played
    await until(() => sockets[1].sent.length > 0, () => log.lines);
    assert.deepEqual(sockets.map((ws) => ws.sent), [[], ['3 opens, 0 messages'], []]);
    assert.deepEqual(log.lines.map((line) => line.replace(/.*guest: /, '')),
        ['a opens, 1 in this instance', 'b opens, 2 in this instance', 'c opens, 3 in this instance']);
});

test('what comes while sockets are played again waits: messages, closes, publishes, handshakes', async () => {
    const { first, sockets } = await three();
    const second = objectOf(first.context.sockets);
    second.object.webSocketMessage(sockets[2], 'hello');
    second.object.publish('all', 1, 'dinner');
    second.object.webSocketClose(sockets[0], 4000, 'bye');
    const fourth = await join(second, '/members?name=d');
    await until(() => fourth.sent.includes('d came'), () => fourth.sent);
    await until(() => sockets[1].sent.includes('a went'), () => sockets[1].sent);
    assert.deepEqual([...sockets[1].sent].sort(), ['a went', 'c: hello', 'd came', 'd knocks', 'dinner']);
    assert.deepEqual(sockets[0].closed, [4000, 'bye']);
    assert.equal(fourth.kept.number, 3, 'numbers go on');
});

test('a handshake that the app refuses now ends its socket, and the others are played', async () => {
    const { first, sockets } = await three();
    sockets[0].kept.target = '/nowhere';
    const { object } = objectOf(first.context.sockets);
    object.webSocketMessage(sockets[1], 'count');
    await until(() => sockets[1].sent.length > 0, () => sockets[1].sent);
    assert.deepEqual([sockets[0].closed, sockets[1].sent], [[1012, undefined], ['2 opens, 0 messages']]);
});

test('an app that cannot be started ends all sockets', async () => {
    const { first, sockets } = await three();
    const { log } = objectOf(first.context.sockets, code, { envNames: ['MISSING'] });
    await until(() => sockets.every((ws) => ws.closed !== null), () => log.lines);
    assert.deepEqual(sockets.map((ws) => ws.closed[0]), [1011, 1011, 1011]);
    assert.ok(log.has('"envNames" names MISSING'));
});

// Sockets that an earlier object kept, one for each target.
function keptSockets(...targets) {
    return targets.map((target, number) => {
        const ws = new FakeSocket();
        ws.kept = { number, target, authority: 'a', peer: '', flags: 0, fields: [] };
        return ws;
    });
}

const styles = { direct: [], events: ['-DEVENTS'] };
for (const [style, target] of [['direct', '/trap'], ['direct', '/trap-open'], ['direct', '/stay'],
    ['events', '/trap'], ['events', '/trap-open'], ['events', '/trap-done']])
    test(`a guest that fails while ${target} is played again ends that socket alone (${style})`, async () => {
        const guest = new WebAssembly.Module(hostile('replay', ...styles[style]));
        const sockets = keptSockets(target, '/quiet');
        const { object, log } = objectOf(sockets, guest, { timeout: 200 });
        object.webSocketMessage(sockets[1], 'hello');
        await until(() => sockets[1].sent.length > 0, () => [log.lines, sockets], 4000);
        assert.deepEqual([sockets[0].closed?.[0], sockets[1].sent], [1011, ['heard']]);
    });

test('a socket that cannot be closed, because it has ended, holds up no other', async () => {
    const { first, sockets } = await three();
    sockets[0].kept.target = '/nowhere';
    sockets[0].close = () => { throw new TypeError('it is closed'); };
    const { object } = objectOf(first.context.sockets);
    object.webSocketMessage(sockets[1], 'count');
    await until(() => sockets[1].sent.length > 0, () => sockets[1].sent, 4000);
});

test('what is kept is the handshake without what belongs to the connection', async () => {
    const first = objectOf(), ws = await join(first, '/members?name=a', { cookie: 'k=v', origin: 'http://a' });
    const { fields, target, authority } = ws.kept;
    assert.deepEqual([target, authority], ['/members?name=a', 'a']);
    assert.equal(fields[fields.indexOf('cookie') + 1], 'k=v');
    for (const name of ['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version'])
        assert.ok(!fields.includes(name), name);
});

test('a handshake that is too large is accepted plainly, and so is every one of an app that did not ask', async () => {
    const first = objectOf(), large = await join(first, `/members?name=${'x'.repeat(3000)}`);
    assert.deepEqual([large.plain, first.context.sockets.length], [true, 0]);
    assert.ok(first.log.has('its handshake is too large to be kept (too large)'));
    const other = objectOf([], rooms), plain = await join(other, '/echo');
    assert.deepEqual([plain.plain, plain.kept, other.context.sockets.length], [true, null, 0]);
    await until(() => plain.sent.includes('open'), () => plain.sent);
});

test('the Worker has no queue, whatever its options say', async () => {
    const waits = new WebAssembly.Module(contractApp('waits')), options = { queue: 5, maxInstances: 1, log: () => {} };
    const { fetch } = worker({ waitUntil() {} }, waits, options), leaving = new AbortController();
    const first = fetch(new Request('http://a/sleep/60000', { signal: leaving.signal }), {});
    const second = await fetch(new Request('http://a/quick', { signal: leaving.signal }), {});
    leaving.abort();
    assert.deepEqual([second.status, (await first).status], [503, 499]);
});
