// A guest's WebSockets (tests/hostile/sockets.c) against a platform that is made up here: what the host does whichever
// platform it runs on.
import assert from 'node:assert/strict';
import test from 'node:test';
import { WS_BINARY, WS_TEXT } from '../src/abi.js';
import { load } from '../src/index.js';
import { hostile, recorder, sleep, text } from './guests.js';

const KINDS = { direct: [], events: ['-DEVENTS'] };
const UPGRADE = { headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } };

// The platform's socket, as its client sees it: what was sent is in `got`.
class Client {
    constructor() {
        this.got = [];
        this.code = null; // that the host closed it with
        this.full = 0; // bytes that wait
        this.held = false;
        this.room = null;
        this.socket = null;
    }

    send(kind, data) {
        this.got.push(kind === WS_TEXT ? data : data.length);
        return 0;
    }

    close(code) { this.code = code; }
    waiting() { return this.full; }
    hold(on) { this.held = on; }
    whenRoom(callback) {
        this.room = callback;
        return () => { this.room = null; };
    }

    say(line) { this.socket.message(WS_TEXT, new TextEncoder().encode(line)); }
    leave(code) { this.socket.closed(code, ''); }

    // The next message.
    async next() {
        for (let i = 0; i < 500 && this.got.length === 0; i++)
            await sleep(10);
        return this.got.shift();
    }

    ask(line) {
        this.say(line);
        return this.next();
    }
}

const until = async (condition) => {
    for (let i = 0; i < 500 && !condition(); i++)
        await sleep(10);
    assert.ok(condition());
};

// opens: 'now', while the guest runs; 'later'; 'never'.
async function connect(app, path, opens = 'now') {
    const client = new Client();
    const accept = (_head, socket) => {
        client.socket = socket;
        if (opens === 'now')
            socket.opened(client);
        else if (opens === 'later')
            setTimeout(() => socket.opened(client), 20);
        return new Response(null, { status: 200 }); // Node makes no Response of status 101
    };
    const answer = await app.fetch(new Request(`http://localhost${path}`, UPGRADE), { accept });
    if (client.socket === null)
        client.refused = [answer.status, await answer.text()];
    return client;
}

function each(name, run, options) {
    for (const [kind, flags] of Object.entries(KINDS))
        test(`${name} (${kind})`, async () => {
            const { log, has } = recorder();
            const app = await load(hostile('sockets', ...flags), { log, timeout: 2000, ...options });
            await run(app, { has, kind });
            await app.close({ grace: 0 });
        });
}

each('what is sent before the socket is open leaves in order, and a topic counts from then on', async (app) => {
    for (const opens of ['now', 'later']) {
        const client = await connect(app, '/early', opens);
        await until(() => client.code !== null);
        assert.deepEqual([client.got, client.code], [['one', 'two'], 4001]);
        client.leave(4001);
        await until(() => app.socketCount === 0);
    }
    await until(() => app.socketCount === 0);
    assert.match(await (await connect(app, '/ws')).ask('seen'), /early:0,0,0,0,-5;/);
});

each('what waits for the handshake is bounded', async (app) => {
    for (const opens of ['now', 'later']) {
        const client = await connect(app, '/much', opens);
        await until(() => client.got.length === 5);
        assert.deepEqual(client.got.splice(0), [50000, 50000, 50000, 50000, 50000]);
        assert.match(await client.ask('seen'), /queued:5,-13,1024;/);
        client.leave(1000);
    }
});

each('a handshake that fails: event 4 alone, with 1006', async (app) => {
    const client = await connect(app, '/ws', 'never');
    client.leave(1006);
    await until(() => app.socketCount === 0);
    assert.match(await (await connect(app, '/ws')).ask('seen'), /^a1;c1006:-4;a1;0;$/);
});

each('after its own close a guest is answered ESTATE, and event 4 comes last', async (app) => {
    const client = await connect(app, '/ws');
    client.say('close 4000');
    await until(() => client.code === 4000);
    client.leave(4000);
    await until(() => app.socketCount === 0);
    assert.equal(await (await connect(app, '/ws')).ask('seen'), 'a1;0;close:0,-5,-5,-5,-5;c4000:-4;a1;0;');
});

each('an owner has 1024 operations at most', async (app) => {
    const client = await connect(app, '/ws');
    assert.equal(await client.ask('ops'), '1024 -6');
});

each('a trap closes the sockets of its instance with 1011, and they are not counted for good', async (app) => {
    for (const path of ['/trap-after-accept', '/trap-at-0', '/trap-at-1']) {
        const client = await connect(app, path);
        if (path === '/trap-at-1')
            client.say('x');
        await until(() => client.code === 1011);
        client.leave(1011);
        await until(() => app.socketCount === 0);
    }
    assert.equal(await (await connect(app, '/ws')).ask('echo on'), 'echo on');
});

each('no memory for an event: 1011, the instance stays, and later messages are passed', async (app) => {
    const neighbour = await connect(app, '/ws'), client = await connect(app, '/ws');
    client.say('alloc 1');
    client.say('echo lost');
    await until(() => client.code === 1011);
    client.leave(1011);
    await until(() => app.socketCount === 1);
    assert.equal(await neighbour.ask('echo on'), 'echo on');
});

each('a message beyond the limit is 1009, for the guest too when the client does not answer', async (app) => {
    const client = await connect(app, '/ws');
    client.socket.message(WS_BINARY, new Uint8Array(100001));
    assert.equal(client.code, 1009);
    client.leave(1006);
    await until(() => app.socketCount === 0);
    assert.match(await (await connect(app, '/ws')).ask('seen'), /c1009:-4;/);
});

each('the smaller limit of messages holds', async (app) => {
    const client = await connect(app, '/ws');
    client.socket.message(WS_BINARY, new Uint8Array(1025));
    assert.equal(client.code, 1009);
}, { maxMessage: 1024 });

each('a client that does not read is not read from', async (app) => {
    const client = await connect(app, '/ws');
    client.send = function (kind, data) {
        this.full += data.length;
        return 0;
    };
    client.say('fill');
    await until(() => client.held);
    assert.ok(client.full <= 262144 + 65536, String(client.full));
    client.full = 0;
    client.room();
    assert.equal(client.held, false);
});

test('a wait beyond the time of a request ends with ETIMEDOUT, and the socket lives on', async () => {
    const app = await load(hostile('sockets'), { log: () => {}, timeout: 200 });
    const client = await connect(app, '/ws');
    assert.equal(await client.ask('sleep 60000'), 'slept -7');
    assert.match(await client.ask('seen'), /slept:-7,0;/);
    assert.equal(await client.ask('sleep 10'), 'slept 0'); // the next call has its own time
    client.say('forever');
    await until(() => client.code === 1011);
    await app.close({ grace: 0 });
});

test('sockets of an app that waits are spread, and those of others may fill several instances', async () => {
    const direct = await load(hostile('sockets'), { log: () => {} });
    for (let i = 0; i < 130; i++)
        await connect(direct, '/ws');
    assert.equal(direct.pool.all.size, 3);
    await direct.close({ grace: 0 });
    const { log, has } = recorder(), events = await load(hostile('sockets', '-DEVENTS'), { log, socketsEach: 2 });
    const all = [];
    for (let i = 0; i < 40; i++)
        all.push(await connect(events, '/ws'));
    assert.equal(all.filter(({ socket }) => socket !== null).length, 34);
    assert.equal(events.pool.all.size, 17);
    assert.ok(has('no place in its instance'));
    all[0].leave(1000);
    assert.ok((await connect(events, '/ws')).socket !== null);
    assert.equal(await text(events.fetch(new Request('http://localhost/ok'))), 'hello');
    await events.close({ grace: 0 });
});
