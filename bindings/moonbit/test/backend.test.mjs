// The MoonBit backend against a host of our own, on both targets. GUESTS is the folder with moonbit-routes.wasm,
// moonbit-realtime.wasm and both for wasm-gc (tools/moonbit-examples builds them).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { OPTION, SOCKET } from '../../../hosts/js/src/tables.js';
import { encodeClosed, ERRORS, Host } from './host.mjs';

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

    say('any method and any bytes come through', () => {
        const host = open();
        assert.equal(host.request({ method: 'PROPFIND', target: '/hello' }).answer.status, 404);
        const bad = host.request({ method: 'POST', target: '/echo', headers: [['x-a', Uint8Array.of(0xff, 0xc3,
            0x28)]] });
        assert.deepEqual(field(bad, 'x-a'), ['��(']);
        const body = Uint8Array.from({ length: 256 }, (_, i) => i);
        assert.deepEqual(host.request({ method: 'POST', target: '/echo', body }).answer.body, body);
    });

    say('bodies of every length come back byte for byte', () => {
        const host = open();
        for (const length of [...Array(40).keys(), 65535, 65536, 65543, 1048575]) {
            const body = Uint8Array.from({ length }, (_, i) => (i * 7 + length + (i >> 8)) & 255);
            const answer = host.request({ method: 'POST', target: '/echo', body }).answer;
            assert.ok(Buffer.from(body).equals(Buffer.from(answer.body)), `${length} bytes`);
        }
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

    say('half a surrogate pair is U+FFFD, in bodies, headers and the log', () => {
        const host = open();
        const request = host.request({ target: '/bad/text' });
        assert.equal(text(request), 'a\ufffdz✓');
        assert.deepEqual(field(request, 'x-half'), ['a\ufffdz✓']);
        assert.deepEqual(host.logs.at(-1), [2, 'a\ufffdz✓']);
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
        assert.match(host.logs[0][1], /not supported here/);
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
        assert.deepEqual(b.sent, ['welcome', 'héllo', [2, 0, 255], [5]]);
        host.event(b, SOCKET.CLOSED, encodeClosed(1000));
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

    say('a page of another origin opens no socket', () => {
        const host = open();
        const ask = (...headers) => host.request({ target: '/ws', flags: 3, authority: 'shop.example:81',
            headers: [['host', 'Shop.example:81'], ...headers] }).answer.status;
        assert.equal(ask(), 101);
        assert.equal(ask(['origin', 'http://shop.example:81']), 101);
        assert.equal(ask(['origin', 'https://SHOP.example:81']), 101);
        for (const origin of ['http://shop.example', 'http://evil.example', 'null', '', 'http://', 'shop.example:81',
            'http://shop.example:81/', 'httpss://shop.example:81', 'http://a.shop.example:81'])
            assert.equal(ask(['origin', origin]), 403, origin);
    });

    say('what the host says against an upgrade is answered', () => {
        for (const [code, version, status] of [[ERRORS.EINVAL, '12', 426], [ERRORS.EINVAL, '13', 400],
            [ERRORS.ENOTSUP, '13', 501], [-6, '13', 503]]) {
            const host = open();
            host.wsAccept = () => code;
            const { answer } = host.request({ target: '/ws', flags: 3,
                headers: [['sec-websocket-version', version]] });
            assert.equal(answer.status, status);
            if (status === 426)
                assert.deepEqual(answer.headers.find(([n]) => n.toLowerCase() === 'sec-websocket-version'),
                    ['Sec-WebSocket-Version', '13']);
        }
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

for (const leaveOut of [false, true])
    test(`routes.wasm: fields ${leaveOut ? 'are asked for' : 'come'}`, () => {
        const host = new Host(path.join(folder, 'routes.wasm'), { leaveOut });
        assert.equal(host.options.get(OPTION.ON_DEMAND), 1n);
        assert.equal(text(host.request({ target: '/hello/moon' })), 'Hello, moon!');
        assert.equal(host.asked, 0);
        const type = `text/x-long; a=${'l'.repeat(4000)}`;
        const headers = [['x-a', '1'], ['content-type', type]];
        const request = host.request({ method: 'POST', target: '/echo', headers, body: 'body' });
        assert.equal(text(request), 'body');
        assert.deepEqual(field(request, 'content-type'), [type]);
        assert.equal(host.asked, leaveOut ? 2 : 0); // the first room was too small
        const plain = host.request({ method: 'POST', target: '/echo', body: 'body' });
        assert.deepEqual(field(plain, 'content-type'), ['application/octet-stream']);
        host.asked = 0;
        host.fields = () => ERRORS.ENOMEM; // no header is not the same as a header that cannot be had
        assert.equal(host.request({ method: 'POST', target: '/echo', headers }).answer.status, leaveOut ? 500 : 200);
    });

for (const guest of ['moonbit-realtime.wasm', 'moonbit-realtime-gc.wasm']) {
    const open = () => new Host(path.join(folder, guest));
    const say = (what, f) => test(`${guest}: ${what}`, f);
    const upload = (host, target) => host.request({ method: 'POST', target, flags: 0 });
    const bytes = (n, from = 0) => Uint8Array.from({ length: n }, (_, i) => i + from);

    say('it asks for bodies as they come', () => {
        assert.equal(open().listening.flags, 2 | 4);
    });

    say('an answer in pieces is whole, whatever its length', () => {
        const host = open();
        for (const n of [0, 1, 65535, 65536, 65537, 1000000]) {
            const { answer } = host.request({ target: `/bytes/${n}` });
            host.advance(0);
            assert.deepEqual([answer.status, answer.body.length, answer.done], [200, n, true]);
            assert.ok(answer.headers.some(([name, value]) => name === 'Content-Length' && value === `${n}`));
        }
    });

    say('a slow reader makes its own writer wait, and nobody else', () => {
        const host = open();
        const message = { target: '/bytes/300000' };
        const begin = host.respondBegin.bind(host);
        host.respondBegin = (...a) => {
            host.requests.get(a[0]).room = 1000;
            return begin(...a);
        };
        const [a, b] = [host.request(message), host.request(message)];
        assert.deepEqual([a.answer.body.length, b.answer.body.length], [1000, 1000]);
        for (let i = 0; i < 10; i++) {
            host.take(a, 29900);
            host.advance(0);
        }
        assert.deepEqual([a.answer.body.length, a.answer.done], [300000, true]);
        assert.deepEqual([b.answer.body.length, host.owned(b.handle).length], [1000, 1]);
        host.leave(b);
        assert.deepEqual([b.answer.done, host.requests.size, host.ops.size], [false, 0, 0]);
    });

    say('a fast reader does not keep others out', () => {
        const host = open();
        const long = host.request({ target: '/bytes/10000000' });
        assert.equal(long.answer.done, false);
        assert.equal(text(host.request({ method: 'POST', target: '/count' })), '0');
        host.advance(0);
        assert.deepEqual([long.answer.done, long.answer.body.length], [true, 10000000]);
    });

    say('an answer that fails on the way is cut', () => {
        const { answer } = open().request({ target: '/cut' });
        assert.deepEqual([Buffer.from(answer.body).toString(), answer.done, answer.cut], ['partly', false, true]);
    });

    say('events until the client leaves, which is no error', () => {
        const host = open();
        const request = host.request({ target: '/sse' });
        host.advance(2000);
        assert.equal(text(request), 'id: 1\ndata: tick 1\n\nid: 2\ndata: tick 2\n\nid: 3\ndata: tick 3\n\n');
        host.leave(request);
        assert.equal(host.requests.size, 0);
        assert.deepEqual(host.logs.filter(([level]) => level < 3), []);
    });

    say('a body is read as it comes', () => {
        const host = open();
        const request = upload(host, '/count');
        assert.equal(request.answer, null);
        for (let i = 0; i < 5; i++)
            host.feed(request, bytes(70000, i));
        host.feed(request, null);
        assert.equal(text(request), '350000');
        assert.equal(text(host.request({ method: 'POST', target: '/count', body: bytes(77) })), '77');
        assert.equal(text(host.request({ method: 'POST', target: '/count' })), '0');
    });

    say('a route that knows nothing of pieces gets the whole', () => {
        const host = open();
        const request = upload(host, '/length');
        for (let i = 0; i < 5; i++)
            host.feed(request, bytes(70000, i));
        assert.equal(request.answer, null);
        host.feed(request, null);
        assert.equal(text(request), '350000');
        assert.equal(text(host.request({ method: 'POST', target: '/length', body: bytes(9) })), '9');
    });

    say('too much is 413, and a client that leaves ends the reading', () => {
        const host = open();
        const [a, b] = [upload(host, '/length'), upload(host, '/count')];
        a.error = ERRORS.ETOOBIG;
        host.feed(a, null);
        assert.equal(a.answer.status, 413);
        host.leave(b);
        assert.deepEqual([host.requests.size, host.ops.size], [0, 0]);
    });

    say('uploads that wait hold no memory', () => {
        const host = open();
        const all = Array.from({ length: 1000 }, () => upload(host, '/count'));
        const before = host.exports.memory.buffer.byteLength;
        for (const request of all)
            host.feed(request, bytes(10));
        for (const request of all)
            host.feed(request, null);
        assert.ok(all.every((request) => text(request) === '10'));
        assert.ok(host.exports.memory.buffer.byteLength <= before + (1 << 20));
    });

    say('rooms', () => {
        const host = open();
        const members = [0, 1, 2].map(() => host.request({ target: '/room', flags: 3 }).socket);
        members.forEach((member) => host.event(member, 0));
        host.event(members[0], 1, Buffer.from('a'));
        host.event(members[2], 1, Buffer.from('b'));
        members.forEach((member) => assert.deepEqual(member.sent, ['a', 'b']));
    });
}
