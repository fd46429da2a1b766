// The entry for node:http, over sockets.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { load, serve } from '../src/node.js';
import { contractApp, example, hostile, recorder, sleep } from './guests.js';

async function serving(bytes, run, options = {}) {
    const app = await load(bytes, { log: () => {}, ...options });
    const server = await serve(app, { port: 0, hostname: '127.0.0.1' });
    try {
        await run(server);
    } finally {
        await server.close({ grace: 1000 });
    }
}

// Sends bytes, and reads until the server closes or nothing more comes for a while.
function raw({ port }, bytes, quiet = 300) {
    return new Promise((resolve, reject) => {
        let text = '', timer = null;
        const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
        const done = () => {
            clearTimeout(timer);
            socket.destroy();
            resolve(text);
        };
        socket.setEncoding('latin1');
        socket.on('data', (piece) => {
            text += piece;
            clearTimeout(timer);
            timer = setTimeout(done, quiet);
        });
        socket.on('end', done);
        socket.on('error', reject);
    });
}

test('an answer says its length, and connections are kept', () => serving(example('routes'), async (server) => {
    const text = await raw(server, 'GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
    assert.equal(text.match(/HTTP\/1.1 200 OK/g).length, 2);
    assert.match(text, /Content-Length: 9\r\n/);
    assert.doesNotMatch(text, /Connection|chunked/);
}));

test('a bad request behind a small answer is refused, and the answer stands', () =>
    serving(example('routes'), async (server) => {
        const text = await raw(server, 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\nFROB / HTTP/1.1\r\nHost: a\r\n\r\n');
        assert.match(text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nHello world!HTTP\/1\.1 501 /s);
        assert.equal(text.match(/^Date: /gm).length, 2);
    }));

test('a small answer behind one that waits keeps its turn', () => serving(example('realtime'), async (server) => {
    const text = await raw(server, ['200', '0', 'x'].map((ms) =>
        `GET /sleep/${ms} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''), 600);
    assert.deepEqual(text.match(/slept \d+|ms: 0/g), ['slept 200', 'slept 0', 'ms: 0']);
}));

test('a client that closes its side behind a request of HTTP/1.0 or with close gets an ordinary answer', () =>
    serving(example('routes'), async (server) => {
        for (const head of ['GET /hello HTTP/1.0\r\n\r\n',
            'GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'])
            assert.match(await raw(server, head), /^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*Hello world!$/s);
    }));

test('two Hosts, a bad Host, CONNECT, an unknown coding', () => serving(example('routes'), async (server) => {
    for (const [head, status] of [
        ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400], ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
        ['GET / HTTP/1.1\r\n\r\n', 400], ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 405],
        ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 501],
        ['GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 400], ['FROB / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
        [`GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ])
        assert.match(await raw(server, head), new RegExp(`^HTTP/1\\.1 ${status} `), head);
}));

test('an absolute form is reduced to its path', () => serving(contractApp('echo'), async (server) => {
    const text = await raw(server, 'GET http://b.example:8/query/x?x=1 HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(text, /\r\n\r\n\[1\]$/);
}));

test('a trap, and the next request', () => serving(hostile('requests'), async (server) => {
    const answer = await fetch(`${server.url}trap`);
    assert.deepEqual([answer.status, await answer.text()], [500, 'Internal Server Error']);
    assert.equal(await (await fetch(`${server.url}ok`)).text(), 'hello');
}));

test('a client that leaves ends what its handler waits for', async () => {
    const { log, has } = recorder();
    await serving(contractApp('waits'), async (server) => {
        const socket = net.connect(server.port, '127.0.0.1');
        socket.write('GET /watched/60000?as=left HTTP/1.1\r\nHost: a\r\n\r\n');
        await sleep(100);
        socket.destroy();
        for (let i = 0; i < 100 && !has('left: cleaned up'); i++)
            await sleep(10);
        assert.ok(has('left: cleaned up'));
    }, { log });
});

test('without the package ws an app with sockets is served, and says what is missing', async () => {
    const { log, has } = recorder();
    await serving(example('chat'), async (server) => {
        assert.equal((await fetch(server.url)).status, 200);
        assert.ok(has('need the package "ws" (npm install ws)'));
    }, { log });
});

test('a port that is none is named', async () => {
    const app = await load(example('hello'));
    for (const port of ['x', -1, 65536, 1.5])
        await assert.rejects(serve(app, { port }), /the port .* must be a number of 0 to 65535/);
    await app.close();
});

test('stop: no new connections, what is under way finishes', async () => {
    const app = await load(example('realtime')), server = await serve(app, { port: 0, hostname: '127.0.0.1' });
    const slow = fetch(`${server.url}sleep/300`);
    await sleep(100);
    const closing = server.close({ grace: 2000 });
    await assert.rejects(fetch(server.url));
    assert.equal((await slow).status, 200);
    await closing;
});
