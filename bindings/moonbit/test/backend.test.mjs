// The MoonBit backend against a host of our own, on both targets. GUESTS is the folder with moonbit-routes.wasm and
// moonbit-routes-gc.wasm (tools/moonbit-examples builds them).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ERRORS, Host } from './host.mjs';

const here = import.meta.dirname;
const folder = process.env.GUESTS ?? path.join(here, '../../../build/examples');
const text = (request) => Buffer.from(request.answer.body).toString();
const field = (request, name) => request.answer.headers.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v);

for (const guest of ['moonbit-routes.wasm', 'moonbit-routes-gc.wasm']) {
    const open = (options) => new Host(path.join(folder, guest), options);
    const say = (what, f) => test(`${guest}: ${what}`, f);
    const enter = (host) => host.request({ target: '/ws', flags: 3 }).socket;

    say('it listens once, concurrently, with its limits', () => {
        const host = open();
        assert.deepEqual(host.listening, { flags: 2, address: ':4000' });
        assert.deepEqual([...host.options], [[1, 1048576n], [2, 1048576n]]);
    });

    say('a plain request is answered within the call', () => {
        const request = open().request({ target: '/hello/moon?x=1' });
        assert.equal(request.answer.status, 200);
        assert.equal(text(request), 'Hello, moon!');
        assert.deepEqual(field(request, 'content-type'), ['text/plain; charset=utf-8']);
    });

    say('repeated fields are joined, a missing host is the authority', () => {
        const headers = [['x-a', '1'], ['cookie', 'a=1'], ['x-a', 'zwei ✓'], ['cookie', 'b=2']];
        const request = open().request({ method: 'POST', target: '/echo', headers, authority: 'example.org' });
        assert.deepEqual(field(request, 'x-a'), ['1, zwei ✓']);
        assert.deepEqual(field(request, 'cookie'), ['a=1; b=2']);
        assert.deepEqual(field(request, 'host'), ['example.org']);
    });

    say('the golden request is understood', () => {
        const hex = fs.readFileSync(path.join(here, '../../../tests/golden/request.hex'), 'utf8').replace(/#.*/g, '');
        const golden = Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
        const request = open().request(golden);
        assert.equal(request.answer.status, 404);
        const target = golden.indexOf('/'.charCodeAt(0), 112);
        const echo = Uint8Array.from(golden);
        new DataView(echo.buffer).setUint32(20, 5, true);
        echo.set(Buffer.from('/echo'), target);
        const answer = open().request(echo);
        assert.equal(text(answer), 'body');
        assert.deepEqual(field(answer, 'x-two'), ['b, ']);
    });

    say('any method and any bytes come through', () => {
        const host = open();
        assert.equal(host.request({ method: 'PROPFIND', target: '/hello' }).answer.status, 404);
        const bad = host.request({ method: 'POST', target: '/echo', headers: [['x-a', Uint8Array.of(0xff, 0xc3,
            0x28)]] });
        assert.deepEqual(field(bad, 'x-a'), ['��(']);
        const body = Uint8Array.from({ length: 256 }, (_, i) => i);
        assert.deepEqual(host.request({ method: 'POST', target: '/echo', body }).answer.body, body);
    });

    say('what is no header is left out, line ends in values too, and a status that is none is 500', () => {
        const host = open();
        const request = host.request({ target: '/bad/header' });
        assert.deepEqual(field(request, 'x-good'), ['aX-Evil: 1']);
        assert.equal(request.answer.headers.some(([name]) => name === 'X Bad'), false);
        assert.equal(text(request), 'seen');
        assert.equal(host.request({ target: '/bad/status' }).answer.status, 500);
        assert.match(host.logs.at(-1)[1], /GET \/bad\/status: .*malformed/);
    });

    say('handlers that wait let others pass', () => {
        const host = open();
        const slow = host.request({ target: '/sleep/50' });
        const quick = host.request({ target: '/sleep/10' });
        assert.deepEqual([...host.ops.values()].map((op) => op.owner), [slow.handle, quick.handle]);
        assert.equal(text(host.request({ target: '/hello' })), 'Hello world!');
        host.advance(10);
        assert.equal(text(quick), 'slept');
        assert.equal(slow.answer, null);
        host.advance(40);
        assert.equal(text(slow), 'slept');
        assert.equal(host.ops.size, 0);
    });

    say('three hundred of them', () => {
        const host = open();
        const all = Array.from({ length: 300 }, (_, i) => host.request({ target: `/sleep/${(i * 7919) % 997}` }));
        host.advance(1000);
        assert.ok(all.every((request) => text(request) === 'slept'));
    });

    say('a client that leaves ends the wait', () => {
        const host = open();
        const request = host.request({ target: '/sleep/50' });
        host.leave(request);
        assert.equal(host.ops.size, 0);
        assert.equal(host.requests.size, 0);
        assert.match(host.logs.at(-1)[1], /GET \/sleep\/50: sleep: the peer is gone/);
    });

    say('a host that cannot wait is an error of the handler', () => {
        const host = open({ canWait: false });
        assert.equal(host.request({ target: '/sleep/50' }).answer.status, 500);
        assert.equal(host.request({ target: '/meet' }).answer.status, 500);
        assert.match(host.logs[0][1], /this host cannot do it/);
    });

    say('one request wakes others, which answer in their own name', () => {
        const host = open();
        const waiting = [host.request({ target: '/meet' }), host.request({ target: '/meet' })];
        assert.equal(host.ops.size, 2);
        assert.equal(text(host.request({ target: '/meet/open' })), 'woke 2');
        assert.deepEqual(waiting.map(text), ['the gate is open', 'the gate is open']);
        assert.equal(host.ops.size, 0);
    });

    say('nobody wakes it: the time is up, and a late wake does nothing', () => {
        const host = open();
        const request = host.request({ target: '/meet' });
        host.advance(5000);
        assert.equal(request.answer.status, 500);
        assert.equal(text(host.request({ target: '/meet/open' })), 'woke 1');
    });

    say('sockets open, talk, publish and close', () => {
        const host = open();
        const [a, b] = [enter(host), enter(host)];
        host.event(a, 0);
        host.event(b, 0);
        assert.deepEqual(a.sent, ['welcome']);
        host.event(a, 1, Buffer.from('héllo'));
        host.event(b, 2, Uint8Array.of(0, 255));
        host.event(b, 3);
        assert.deepEqual(a.sent, ['welcome', 'héllo']);
        assert.deepEqual(b.sent, ['welcome', 'héllo', [2, 0, 255], [4]]);
        host.event(b, 4, Uint8Array.of(0xe8, 3));
        assert.deepEqual(a.sent.at(-1), 'someone left');
    });

    say('a slow reader gets everything, in order', () => {
        const host = open();
        const socket = enter(host);
        host.event(socket, 0);
        socket.full = true;
        for (let i = 0; i < 5; i++)
            host.event(socket, 2, Uint8Array.of(i));
        assert.equal(host.owned(socket.handle).length, 1);
        host.writable(socket);
        assert.deepEqual(socket.sent.slice(1).map((m) => m[1]), [0, 1, 2, 3, 4]);
        host.event(socket, 2, Uint8Array.of(5));
        assert.deepEqual(socket.sent.at(-1), [2, 5]);
    });

    say('a reader that never reads is closed', () => {
        const host = open();
        const socket = enter(host);
        host.event(socket, 0);
        socket.full = true;
        for (let i = 0; i < 20 && !socket.closed; i++)
            host.event(socket, 2, new Uint8Array(1 << 20));
        assert.deepEqual(socket.closed, [1013, '']);
    });

    say('an upgrade without a socket route is a request like any other', () => {
        assert.equal(text(open().request({ target: '/hello', flags: 3 })), 'Hello world!');
    });

    say('memory stays bounded and bytes stay right', () => {
        const host = open();
        let seed = 7;
        const below = (n) => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) % n;
        const words = ['a', 'ünï', '漢字', '😀', 'x'.repeat(300), '', 'plain value'];
        const sleepers = [];
        const round = (count) => {
            for (let i = 0; i < count; i++) {
                const size = [0, 1, below(300), below(9000), below(70000)][below(5)];
                const body = Uint8Array.from({ length: size }, (_, k) => k * 31 + i);
                const headers = Array.from({ length: below(12) }, (_, k) => [`x-${k}`, words[below(words.length)]]);
                if (below(4) === 0)
                    sleepers.push(host.request({ target: `/sleep/${below(50)}` }));
                const request = host.request({ method: 'POST', target: '/echo', headers, body });
                assert.deepEqual(request.answer.body, body);
                for (const [name, value] of headers)
                    assert.deepEqual(field(request, name), [value]);
                host.advance(1);
            }
        };
        round(400);
        const before = host.exports.memory.buffer.byteLength;
        round(1200);
        host.advance(100);
        assert.ok(sleepers.every((request) => text(request) === 'slept'));
        assert.ok(host.exports.memory.buffer.byteLength <= before * 1.5,
            `${before} to ${host.exports.memory.buffer.byteLength}`);
    });
}
