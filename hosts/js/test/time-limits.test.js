// Time limits: several limits on one timer, and the limit of a request while its guest waits.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ETIMEDOUT } from '../src/abi.js';
import { Exchange } from '../src/exchange.js';
import { bodyImports } from '../src/imports/body.js';
import { load } from '../src/index.js';
import { Limits } from '../src/limits.js';
import { Source } from '../src/source.js';
import { clock } from '../src/timer.js';
import { get, hostile, sleep, text } from './guests.js';

test('limits end in time, each once, and never when they were stopped', async () => {
    const limits = new Limits(20), ended = [], began = performance.now();
    const start = (name, ms) => limits.start(() => ended.push([name, performance.now() - began - ms]), ms);
    start('long', 60);
    const stopped = start('stopped', 30);
    start('short', 40);
    start('below the step', 5);
    limits.stop(stopped);
    limits.stop(stopped);
    for (let i = 0; i < 200 && ended.length < 3; i++)
        await sleep(10);
    await sleep(50);
    assert.deepEqual(ended.map(([name]) => name).sort(), ['below the step', 'long', 'short']);
    assert.ok(ended.every(([, late]) => late > -2), `${ended}`);
    assert.equal(limits.timer, null);
});

test('a callback may start and stop others', async () => {
    const limits = new Limits(10), ended = [];
    let other = null;
    limits.start(() => {
        ended.push('first');
        limits.stop(other);
        limits.start(() => ended.push('second'), 15);
    }, 15);
    other = limits.start(() => ended.push('other'), 15);
    await sleep(200);
    assert.deepEqual(ended, ['first', 'second']);
});

test('an infinite limit never ends', async () => {
    const limits = new Limits(10);
    const limit = limits.start(() => assert.fail('it ended'), Infinity);
    await sleep(50);
    limits.stop(limit);
    assert.equal(limits.list.length, 0);
});

test('waits that are short each need no timer, and together they end in time', async () => {
    const ex = new Exchange({ options: { timeout: 200 } }, 'GET', '/', 0, 'a', 0);
    let ended = 0;
    ex.instance = { kill: (_ex, code) => { ended = code; } };
    ex.watch(clock() + 10);
    assert.equal(ex.timer, null);
    for (let i = 0; i < 50 && ended === 0; i++) {
        ex.watch(clock() + 20);
        await sleep(20);
    }
    assert.equal(ended, ETIMEDOUT);
});

test('bytes of a body move the end of a request that has a deadline too', async () => {
    const ex = new Exchange({ options: { timeout: 1000 } }, 'POST', '/', 0, 'a', 0);
    let ended = 0;
    ex.instance = { kill: (_ex, code) => { ended = code; } };
    ex.source = new Source(() => {});
    assert.equal(bodyImports({ find: () => ex }).deadline(1, 60000), 0);
    ex.watch();
    for (let i = 0; i < 10; i++) {
        await sleep(150);
        ex.source.push(new Uint8Array(1));
    }
    assert.equal(ended, 0);
    await sleep(1500);
    assert.equal(ended, ETIMEDOUT);
});

test('a clock that is set back delays neither a wait nor a limit', async (t) => {
    const app = await load(hostile('events'), { timeout: 300 }), { now } = Date;
    const slept = text(get(app, '/sleep?100')), endless = get(app, '/sleep?60000');
    t.mock.method(Date, 'now', () => now() - 3600000);
    const late = sleep(20000).then(() => ({ status: 'late' }));
    assert.equal(await Promise.race([slept, late]), 'slept 100');
    assert.equal((await Promise.race([endless, late])).status, 504);
    await app.close();
});
