// Limits that share a timer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Limits } from '../src/limits.js';
import { sleep } from './guests.js';

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
