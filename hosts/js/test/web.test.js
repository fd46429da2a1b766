// Request and Response.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../src/index.js';
import { respondTo } from '../src/web.js';
import { contractApp, example, get, recorder, sleep, text } from './guests.js';

test('an answer of an app, fields and all', async () => {
    const app = await load(example('routes'));
    const answer = await get(app, '/hello/moon');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(await answer.text(), 'Hello, moon!');
    assert.equal((await get(app, '/nowhere')).status, 404);
    const head = await get(app, '/hello/moon', { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '12', '']);
    await app.close();
});

test('load takes a module, bytes, a Response, and promises', async () => {
    const bytes = example('hello');
    for (const source of [new WebAssembly.Module(bytes), bytes, bytes.buffer.slice(bytes.byteOffset,
        bytes.byteOffset + bytes.length), new Response(bytes), Promise.resolve(bytes),
        new URL(`data:application/wasm;base64,${bytes.toString('base64')}`)]) {
        const app = await load(source);
        assert.equal((await get(app, '/')).status, 200);
        await app.close();
    }
    await assert.rejects(load(new Response('', { status: 404 })), /404/);
});

test('a body: whole, too long by its length, too long by its bytes', async () => {
    const app = await load(contractApp('limit'));
    const post = (body) => get(app, '/form', { method: 'POST', body, duplex: 'half',
        headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    assert.equal(await text(post('a=1&b=2')), '2');
    const long = await post('a=0123456789abcdef');
    assert.deepEqual([long.status, await long.text()], [413, 'Request body too large']);
    await app.close();
});

test('a body without an end is not read beyond the limit', async () => {
    const app = await load(contractApp('echo'), { maxBody: 1 << 20 });
    let pulled = 0, cancelled = false;
    const endless = new ReadableStream({
        pull: (controller) => {
            pulled += 65536;
            controller.enqueue(new Uint8Array(65536));
        },
        cancel: () => { cancelled = true; },
    });
    const answer = await get(app, '/body', { method: 'POST', body: endless, duplex: 'half' });
    assert.equal(answer.status, 413);
    assert.ok(cancelled && pulled < 3 << 20, `${pulled} bytes`);
    await app.close();
});

test('a client that leaves: whoever called has an answer, be it nobody', async () => {
    const app = await load(contractApp('waits'), { log: () => {} }), leaving = new AbortController();
    const answer = get(app, '/sleep/60000', { signal: leaving.signal });
    setTimeout(() => leaving.abort(), 20);
    assert.equal((await answer).status, 499);
    assert.equal((await get(app, '/sleep/60000', { signal: AbortSignal.abort() })).status, 499);
    await app.close({ grace: 3000 });
});

test('a request that announces a body and has none', async () => {
    for (const [name, target, expected] of [['echo', '/body/len', 'POST 0 bytes'], ['waits', '/count', '0']]) {
        const app = await load(contractApp(name), { log: () => {} });
        const answer = await get(app, target, { method: 'POST', headers: { 'content-length': '5' } });
        assert.deepEqual([answer.status, await answer.text()], [200, expected], name);
        await app.close();
    }
});

test('a body that stops is 408', async () => {
    const app = await load(contractApp('echo'), { bodyTimeout: 100 });
    const stuck = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(3)) });
    assert.equal((await get(app, '/body', { method: 'POST', body: stuck, duplex: 'half' })).status, 408);
    await app.close();
});

test('a stream comes in pieces, waits for its reader, and ends when the reader leaves', async () => {
    const { log, has } = recorder(), app = await load(contractApp('waits'), { log });
    const answer = await get(app, '/write?as=reader-left'), reader = answer.body.getReader();
    assert.ok((await reader.read()).value.length > 0);
    await sleep(100); // the guest is suspended: what it may write ahead is bounded
    await reader.cancel();
    for (let i = 0; i < 100 && !has('reader-left: cleaned up'); i++)
        await sleep(10);
    assert.ok(has('reader-left: cleaned up'));
    await app.close();
});

test('a stream that is shorter than it said is an error for its reader', async () => {
    const app = await load(contractApp('stream'));
    const answer = await get(app, '/length/under');
    await assert.rejects(answer.text());
    await app.close();
});

test('MoonBit guests, with linear memory and with GC', async (t) => {
    for (const name of ['moonbit-routes', 'moonbit-routes-gc']) {
        let bytes;
        try {
            bytes = example(name);
        } catch {
            t.skip('no MoonBit guests were built');
            return;
        }
        const app = await load(bytes);
        assert.equal((await get(app, '/')).status, 200, name);
        await app.close();
    }
});

test('close: what is under way finishes, and what comes later is 503', async () => {
    const app = await load(example('realtime')), slow = get(app, '/sleep/200'), closing = app.close();
    assert.equal((await get(app, '/sleep/1')).status, 503);
    assert.equal((await slow).status, 200);
    await closing;
});

// What a platform can hand over, and a Request of our own cannot be.
const given = (fields) => ({ method: 'GET', url: 'http://a/', headers: new Headers(), body: null, ...fields });

test('requests that no guest sees are refused', async () => {
    const app = await load(example('hello'));
    const status = async (fields) => (await app.fetch(given(fields))).status;
    assert.equal(await status({}), 200);
    assert.equal(await status({ url: 'http://a b/' }), 400);
    assert.equal(await status({ url: 'http://user@a/' }), 400);
    assert.equal(await status({ url: 'http://a:99999/' }), 400);
    assert.equal(await status({ url: '/', headers: new Headers({ host: 'a b' }) }), 400);
    assert.equal(await status({ method: 'FROB' }), 501);
    assert.equal(await status({ method: 'get' }), 501);
    assert.equal(await status({ method: 'CONNECT' }), 405);
    assert.equal(await status({ url: `http://a/${'x'.repeat(8192)}` }), 414);
    const expects = (text) => status({ method: 'POST', body: new Blob(['x']).stream(),
        headers: { get: (name) => name === 'expect' ? text : null, has: () => false, forEach: () => {} } });
    assert.equal(await expects('magic'), 417);
    assert.notEqual(await expects('100-Continue, '), 417);
    await app.close();
});

test('without a port for sockets a handshake is 501, and none of another kind is one', async () => {
    const app = await load(contractApp('sockets'));
    const headers = { upgrade: 'websocket', connection: 'keep-alive, Upgrade', 'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const status = async (more) => (await app.fetch(given({ url: 'http://a/echo',
        headers: new Headers({ ...headers, ...more }) }))).status;
    assert.equal(await status({}), 501);
    assert.equal(await status({ connection: 'keep-alive' }), 426);
    assert.equal(await status({ upgrade: 'h2c' }), 426);
    assert.equal(await status({ 'content-length': '5' }), 400);
    await app.close();
});

test('a body that is too long by its length is not read, and a streamed one that stops is 408', async () => {
    const app = await load(contractApp('waits'), { bodyTimeout: 100, maxBody: 1000 });
    let pulled = 0, cancelled = false;
    const body = () => new ReadableStream({ pull: () => { pulled++; }, cancel: () => { cancelled = true; } },
        { highWaterMark: 0 });
    const post = (length) => app.fetch(given({ method: 'POST', url: 'http://a/count?as=js', body: body(),
        headers: new Headers({ 'content-length': String(length) }) }));
    assert.deepEqual([(await post(1001)).status, pulled, cancelled], [413, 0, true]);
    const began = Date.now();
    assert.deepEqual([(await post(10)).status, pulled], [408, 1]);
    assert.ok(Date.now() - began < 10000, 'bodyTimeout counts, and not timeout');
    await app.close();
});

test('the peer and the fields are made when the guest asks, with what the platform gave', async () => {
    const app = await load(contractApp('echo'));
    let asked = 0;
    const info = { peer: (_request, connection) => `10.0.0.${++asked + connection}` };
    await respondTo(app, given({ url: 'http://a/body' }), info, 6);
    assert.equal(asked, 0);
    const request = given({ url: 'http://a/header/host', headers: new Headers({ host: 'b' }) });
    const answer = await respondTo(app, request, info, 6);
    assert.equal(await answer.text(), '[a]', 'the authority of the URL takes the place of Host');
    assert.equal(asked, 1);
    await app.close();
});
