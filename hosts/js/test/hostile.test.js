// Hostile guests of tests/hostile behind app.fetch, in one process: the host reports what is wrong and goes on. The
// rules of the ABI are shown by tests/abi, which runs on Node, Deno and Bun too.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from '../src/index.js';
import { example, get, hostile, recorder, sleep, text } from './guests.js';

const REQUESTS = [
    ['/trap', 500, 'Internal Server Error', 'GET /trap: mocket_handle failed'],
    ['/none', 500, 'Internal Server Error', 'GET /none: mocket_handle returned without an answer'],
    ['/late-trap', 200, 'complete', 'mocket_handle failed'],
    ['/exit', 500, null, 'called exit with code 3'],
];

for (const [path, status, body, line] of REQUESTS)
    test(`a guest with ${path}`, async () => {
        const { log, has } = recorder(), app = await load(hostile('requests'), { log, maxInstances: 2 });
        assert.equal(await text(get(app, '/ok')), 'hello');
        const answer = await get(app, path);
        assert.equal(answer.status, status);
        if (body !== null)
            assert.equal(await answer.text(), body);
        if (line !== null)
            assert.ok(has(line), line);
        assert.equal(await text(get(app, '/ok')), 'hello'); // the next request finds a good instance
        await app.close();
    });

test('a guest cannot write into the log what it likes, nor as much', async () => {
    const { lines, log, has } = recorder(), app = await load(hostile('requests'), { log });
    await text(get(app, '/escape'));
    assert.ok(has('guest: red \\x1b[31m and a carriage return \\x0d and invalid \\xff'));
    assert.ok(has("guest: a\\x0amocket: error: not the host's line"));
    const began = Date.now();
    await text(get(app, '/flood'));
    // 1000 lines at once, then 1000 a second, each with the count of those that were dropped
    assert.ok(lines.length < 1100 + 2 * (Date.now() - began + 100), String(lines.length));
    await app.close();
});

test('a log function that throws costs no request', async () => {
    const app = await load(hostile('requests'), { log: () => { throw new Error('the disk is full'); } });
    assert.equal((await get(app, '/trap')).status, 500);
    assert.equal(await text(get(app, '/ok')), 'hello');
    await app.close();
});

// ---- Event-driven: many requests in one instance ----

async function events(run, options) {
    const { log, has } = recorder(), app = await load(hostile('events'), { log, timeout: 1000, ...options });
    await run(app, has);
    await app.close({ grace: 0 });
}

test('requests wait side by side, in one instance', () => events(async (app) => {
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => text(get(app, '/sleep?300'))));
    assert.deepEqual(new Set(answers), new Set(['slept 300']));
    assert.ok(Date.now() - began < 3000);
    assert.equal(await text(get(app, '/count')), '51');
}));

test('time is up: 504, what it waited for ends, and the instance stays', () => events(async (app) => {
    const [first, second] = await Promise.all([get(app, '/forever'), get(app, '/sleep?60000')]);
    assert.deepEqual([first.status, second.status], [504, 504]);
    await sleep(20);
    assert.match(await text(get(app, '/books')), /^2 0 2 /);
}, { timeout: 300 }));

test('a client that leaves: the guest is told, and what it waited for ends', () => events(async (app) => {
    const leaving = new AbortController(), asked = get(app, '/sleep?60000', { signal: leaving.signal });
    asked.catch?.(() => {});
    await sleep(20);
    leaving.abort();
    await sleep(20);
    assert.match(await text(get(app, '/books')), /^1 1 0 /);
}));

test('a trap costs its request 500 and the neighbours 503; the next one is served', () => events(async (app) => {
    const neighbour = get(app, '/sleep?5000'), guilty = await get(app, '/trap');
    assert.equal(guilty.status, 500);
    const answer = await neighbour;
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1']);
    assert.equal(await text(get(app, '/ok')), 'hello');
}));

test('a guest that answers after a wait, and waits again, may ask for the fields', () => events(async (app, has) => {
    const headers = new Headers({ name: 'value' });
    let isAnswered = false;
    const answer = await app.fetch({ method: 'GET', url: 'http://a/ask', body: null, get headers() {
        assert.ok(!isAnswered, 'the platform has forgotten the request');
        return headers;
    } });
    isAnswered = true;
    assert.equal(await answer.text(), 'early');
    await sleep(100);
    const found = Number(await text(get(app, '/asked')));
    assert.ok(found > 64 && !has('failed'), String(found));
}));

// ---- Direct style ----

test('handlers that wait: an instance each, up to the limit, then a queue, then 503', async () => {
    const busy = await load(example('realtime'), { maxInstances: 2, queue: 1 });
    const began = Date.now(), asked = Array.from({ length: 5 }, () => get(busy, '/sleep/200'));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 200, 200, 503, 503]);
    assert.ok(Date.now() - began < 1500);
    await busy.close();
});

test('a client that leaves the queue makes room in it', async () => {
    const app = await load(example('realtime'), { maxInstances: 1, queue: 1 }), leaving = new AbortController();
    const slow = get(app, '/sleep/300'), left = get(app, '/sleep/1', { signal: leaving.signal });
    leaving.abort();
    assert.equal((await left).status, 499);
    assert.equal(app.pool.requests, 1);
    assert.equal((await get(app, '/sleep/1')).status, 200);
    assert.equal((await slow).status, 200);
    await app.close();
});

test('close: a handler that waits longer than the grace is answered for, and never goes on', async () => {
    const { log, lines } = recorder(), app = await load(example('realtime'), { log });
    const slow = get(app, '/sleep/300');
    await app.close({ grace: 50 });
    const answer = await slow;
    assert.deepEqual([answer.status, answer.headers.get('retry-after'), app.till.held], [503, '1', 0]);
    await sleep(400);
    assert.deepEqual([lines, app.till.held, app.pool.requests], [[], 0, 0]);
});
