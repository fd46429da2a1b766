// Which parts of the host an app brings along.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { allParts } from '../src/all-parts.js';
import { load } from '../src/index.js';
import { partsFor } from '../src/parts.js';
import { example, hostile } from './guests.js';

const named = (parts) => Object.keys(parts).filter((name) => parts[name] !== null).sort();
const partsOf = async (bytes, options) => named(await partsFor(new WebAssembly.Module(bytes), options));

test('an app brings what it imports', async () => {
    assert.deepEqual(await partsOf(example('hello')), []);
    assert.deepEqual(await partsOf(example('routes')), ['body']);
    assert.deepEqual(await partsOf(example('chat')), ['body', 'socket', 'wait']);
    assert.deepEqual(await partsOf(example('proxy')), ['allow', 'body', 'fetch', 'wait', 'wasi']);
    assert.deepEqual(await partsOf(hostile('events')), ['body', 'wait']);
});

test('an option brings what it needs, and is checked although the app has no use for it', async () => {
    assert.deepEqual(await partsOf(example('hello'), { allowNet: ['a.example'] }), ['allow']);
    assert.deepEqual(await partsOf(example('hello'), { trustedProxy: ['::1'], allowNet: [] }), ['forwarded']);
    await assert.rejects(load(example('hello'), { allowNet: ['a b'] }), /allowNet: "a b"/);
    await assert.rejects(load(example('hello'), { trustedProxy: ['x'] }), /trustedProxy: "x" is not a network/);
    for (const options of [null, 5, 'text'])
        await assert.rejects(load(example('hello'), options ?? { allowNet: null, x: 1 }), /option/);
});

test('platforms without import() have the same parts', async () => {
    const parts = await partsFor(new WebAssembly.Module(example('hello')));
    assert.deepEqual(Object.keys(allParts).sort(), Object.keys(parts).sort());
});

test('the base imports no part', () => {
    const src = new URL('../src/', import.meta.url), seen = new Set();
    const follow = (url) => {
        if (seen.has(url.href))
            return;
        seen.add(url.href);
        for (const [, target] of readFileSync(url, 'utf8').matchAll(/^(?:import|export)[^;]*? from '(\.[^']+)'/gm))
            follow(new URL(target, url));
    };
    follow(new URL('generic.js', src));
    const parts = [...readFileSync(new URL('parts.js', src), 'utf8').matchAll(/import\('([^']+)'\)/g)];
    assert.equal(parts.length, Object.keys(allParts).length);
    for (const [, target] of parts)
        assert.ok(!seen.has(new URL(target, src).href), target);
    for (const name of ['socket', 'outgoing', 'operation', 'topics', 'transport', 'network', 'address'])
        assert.ok(readdirSync(src).includes(`${name}.js`) && !seen.has(new URL(`${name}.js`, src).href), name);
});
