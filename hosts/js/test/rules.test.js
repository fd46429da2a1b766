// Which servers may be reached, what the log lets through, what `load` refuses.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseAddress } from '../src/address.js';
import { Nets } from '../src/allow.js';
import { load } from '../src/index.js';
import { Log, WARN, escapeBytes, escapeLine } from '../src/log.js';
import { clock } from '../src/timer.js';
import { example } from './guests.js';

const allows = (rules, url) => new Nets(rules).allowsUrl(new URL(url));
const connects = (rules, host, port, address) => new Nets(rules).allowsAddress(host, port, parseAddress(address));

test('names, names below a name, ports', () => {
    assert.ok(allows(['example.com'], 'https://EXAMPLE.com./'));
    assert.ok(!allows(['example.com'], 'https://a.example.com/'));
    assert.ok(allows(['*.example.com'], 'https://a.b.example.com/'));
    assert.ok(!allows(['*.example.com'], 'https://example.com/'));
    assert.ok(!allows(['*.example.com'], 'https://evilexample.com/'));
    assert.ok(allows(['example.com:8080'], 'http://example.com:8080/'));
    assert.ok(!allows(['example.com:8080'], 'http://example.com/'));
    assert.ok(allows(['example.com:443'], 'https://example.com/'));
    assert.ok(allows(['all'], 'https://anything.example/'));
    assert.ok(!allows([], 'https://example.com/'));
});

test('addresses in the spellings that a URL has are the same address', () => {
    for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '017700000001']) {
        assert.ok(!allows(['all'], `http://${host}/`), host);
        assert.ok(allows(['127.0.0.0/8'], `http://${host}/`), host);
    }
    assert.ok(!allows(['all'], 'http://localhost/'));
    assert.ok(!allows(['all'], 'http://[fe80::1]/'));
    assert.ok(!allows(['all'], 'http://[2002:7f00:1::]/'));
    assert.ok(allows(['all'], 'http://8.8.8.8/'));
    assert.ok(allows(['[::1]:80'], 'http://[::1]/'));
});

test('a name reaches public addresses; localhost reaches this machine, and nothing else', () => {
    assert.ok(connects(['example.com'], 'example.com', 80, '93.184.216.34'));
    assert.ok(!connects(['example.com'], 'example.com', 80, '10.0.0.1'));
    assert.ok(connects(['example.com', '10.0.0.0/8'], 'example.com', 80, '10.0.0.1'));
    assert.ok(!connects(['all'], 'localhost', 80, '127.0.0.1'));
    assert.ok(connects(['localhost'], 'localhost', 80, '::1'));
    assert.ok(!connects(['localhost'], 'localhost', 80, '8.8.8.8'));
});

test('a rule that is none is named', () => {
    for (const rule of ['', 'a b', 'http://a', 'a.com:0', 'a.com:99999', '10.0.0.0/33', '1.2.3', '*.*.a', '[::1'])
        assert.throws(() => new Nets([rule]), /allowNet/, rule);
});

test('a log line holds nothing that could harm a reader', () => {
    assert.equal(escapeLine('red \x1b[31m \r \\ \u2028'), 'red \\x1b[31m \\x0d \\\\ \\xe2\\x80\\xa8');
    assert.equal(escapeBytes(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xc3)), 'a\\xffé\\xc3');
    assert.equal(escapeLine('w'.repeat(5000)).length, 4096 + ' ...'.length);
});

test('lines beyond the rate are counted', () => {
    const lines = [], log = new Log((level, line) => lines.push([level, line]));
    for (let i = 0; i < 3000; i++)
        log.write(WARN, `line ${i}`);
    assert.ok(lines.length >= 1000 && lines.length < 1100, String(lines.length));
    log.filled = clock() - 2000;
    log.write(WARN, 'later');
    assert.match(lines.at(-2)[1], /^\d+ lines dropped$/);
});

test('bytes beyond the rate are dropped too', () => {
    const lines = [], log = new Log((_level, line) => lines.push(line));
    for (let i = 0; i < 900; i++)
        log.write(WARN, 'w'.repeat(4000));
    assert.ok(lines.length >= 32 && lines.length < 60, String(lines.length));
});

// A module from its sections: [id, ...bytes].
const wasm = (...sections) => Uint8Array.from([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0,
    ...sections.flatMap(([id, ...bytes]) => [id, bytes.length, ...bytes])]);
const name = (text) => [text.length, ...Buffer.from(text)];
const MEMORY = [5, 1, 0, 1];

test('what is no guest is refused by name', async () => {
    const refused = (bytes, pattern) => assert.rejects(load(bytes), pattern);
    await refused(Buffer.from('#!/bin/sh\n'), /does not begin with/);
    await refused(Uint8Array.of(0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0), /component/);
    await refused(wasm([1, 200]), /cannot be compiled/);
    await refused(wasm(), /no memory named "memory"/);
    await refused(wasm(MEMORY, [7, 1, ...name('memory'), 2, 0]), /"mocket_alloc".*not a Mocket app/);
    await assert.rejects(load(42), /load takes/);
});

test('an import that nobody provides is named', async () => {
    const exports = ['mocket_alloc', 'mocket_handle', 'mocket_start'].flatMap((text) => [...name(text), 0, 0]);
    const bytes = (module, field) => wasm([1, 1, 0x60, 0, 0], [2, 1, ...name(module), ...name(field), 0, 0], MEMORY,
        [7, 4, ...name('memory'), 2, 0, ...exports]);
    await assert.rejects(load(bytes('mocket', 'fly')), /imports mocket\.fly, which this host \(guest ABI 1\.\d+\)/);
    await assert.rejects(load(bytes('env', 'f')), /imports env\.f/);
    await assert.rejects(load(bytes('wasi_snapshot_preview1', 'fly')), /imports wasi_snapshot_preview1\.fly/);
    await assert.rejects(load(bytes('mocket', 'sleep')), /neither imports mocket\.await nor exports "mocket_done"/);
});

test('where the engine cannot suspend, an app that waits is refused, and others run', async () => {
    const { Suspending } = WebAssembly;
    delete WebAssembly.Suspending;
    try {
        await assert.rejects(load(example('realtime')), /no WebAssembly\.Suspending .*Node 24/);
        await (await load(example('hello'))).close();
    } finally {
        WebAssembly.Suspending = Suspending;
    }
});

test('an option that does not exist is named, and so is a bad value', async () => {
    const rejects = (options, pattern) => assert.rejects(load(example('hello'), options), pattern);
    await rejects({ instance: 1 }, /no option "instance"\. Did you mean "maxInstances"\? The options are: maxInst/);
    await rejects({ maxbody: 1 }, /Did you mean "maxBody"\?/);
    await rejects({ sockets: 1 }, /Did you mean "maxSockets"\?/);
    await rejects({ frobnicate: 1 }, /no option "frobnicate"\. The options are/);
    await rejects({ maxInstances: 0 }, /"maxInstances" must be/);
    await rejects({ env: { A: 1 } }, /"env" must be/);
});
