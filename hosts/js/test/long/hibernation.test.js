// Sockets that hibernate in a real Durable Object, which workerd ends after 10 seconds without an event.
import assert from 'node:assert/strict';
import test from 'node:test';
import { sleep } from '../guests.js';
import { client, file, serving, until } from '../workerd.js';

const IDLE_MS = 13000;
const count = (text, word) => text.split(word).length - 1;

test('sockets outlive their object: a new one plays them again, in order, and clients see nothing twice', async () => {
    await serving(file('contract/replay'), [], async ({ address, said }) => {
        const ann = await client(address, '/members?name=ann&wait=50');
        await until(() => ann.got.includes('ann came'), () => ann.got);
        const bob = await client(address, '/members?name=bob');
        await until(() => bob.got.includes('bob came'), () => bob.got);
        ann.socket.send('before');
        await until(() => bob.got.at(-1) === 'ann: before', () => bob.got);
        const seen = [ann.got.length, bob.got.length];
        await sleep(IDLE_MS);
        assert.equal(count(said(), 'ann opens'), 1);

        ann.socket.send('count'); // the message that wakes the object
        await until(() => ann.got.length > seen[0], () => ann.got);
        assert.equal(ann.got.at(-1), '2 opens, 0 messages'); // one instance has both, and has forgotten the message
        assert.deepEqual([count(said(), 'ann opens'), count(said(), 'bob opens')], [2, 2]);
        bob.socket.send('after');
        await until(() => ann.got.at(-1) === 'bob: after', () => ann.got);
        assert.deepEqual([ann.got.length, bob.got.length], [seen[0] + 2, seen[1] + 1]);

        await sleep(IDLE_MS);
        bob.socket.close(4000, 'bye'); // a close wakes it too
        assert.equal((await bob.ended).code, 4000);
        await until(() => ann.got.at(-1) === 'bob went', () => ann.got);
        await sleep(IDLE_MS);
        await fetch(`http://${address}/announce/dinner`, { method: 'POST' }); // and so does what the Worker publishes
        await until(() => ann.got.at(-1) === 'dinner', () => ann.got);
    });
});

test('a handshake that is too large to be kept keeps its object, and so does an app that did not ask', async () => {
    const stays = async (module, target, headers) => serving(file(module), [], async ({ address, said }) => {
        const { socket, got } = await client(address, target, headers);
        await until(() => got.length > 0, () => got);
        const before = said();
        await sleep(IDLE_MS);
        socket.send('x');
        await until(() => got.length > 1, () => got);
        assert.equal(count(said(), 'opens'), count(before, 'opens'));
        return before;
    });
    await Promise.all([
        stays('contract/replay', '/members?name=a', { 'x-large': 'y'.repeat(17000) }),
        stays('contract/rooms', '/echo'),
    ]);
});
