// Trusted proxies: the rows of tests/unit/http/forwarded_test.c hold here too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { TLS } from '../src/abi.js';
import { parseAddress } from '../src/address.js';
import { Proxies } from '../src/forwarded.js';
import { Message } from '../src/message.js';

const SOURCE = readFileSync(path.resolve(import.meta.dirname, '../../../tests/unit/http/forwarded_test.c'), 'utf8');
const part = (name) => new RegExp(`\\b${name}\\[\\] = \\{\\n(.*?)\\n\\};`, 's').exec(SOURCE)[1]
    .replace(/\/\*.*?\*\//gs, '');
const unescaped = (text) => text.replaceAll('\\t', '\t').replace(/\\(.)/g, '$1');
const textsOf = (line) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => unescaped(text));
const NAMES = { FWD: 'Forwarded', XFF: 'X-Forwarded-For', XFP: 'X-Forwarded-Proto' };

const held = part('held_rows').split('\n').map((line) => [...textsOf(line), line.includes('true')]);
const bad = textsOf(part('bad_lists'));
const clients = part('client_rows').split('\n').filter((line) => line.includes('{ {')).map((line) => {
    const fields = [...line.matchAll(/(FWD|XFF|XFP)\("((?:[^"\\]|\\.)*)"\)/g)]
        .flatMap(([, macro, value]) => [NAMES[macro], unescaped(value)]);
    return { fields, want: textsOf(line).at(-1) };
});

test('networks', () => {
    assert.ok(held.length > 15 && bad.length > 15, 'the tables were found');
    for (const [list, address, isHeld] of held)
        assert.equal(new Proxies([list]).holds(parseAddress(address)), isHeld, `${list} ${address}`);
    for (const list of bad)
        assert.throws(() => new Proxies([list]), /trustedProxy: /, list);
    assert.ok(new Proxies(['unix', '::1']).local);
    assert.ok(!new Proxies(['0.0.0.0/0', '::/0']).local);
});

const proxies = new Proxies(['10.0.0.0/8', '::1']);
const saying = (fields) => {
    const message = new Message('GET', '/', 0, 'a', 0);
    message.fields = fields;
    message.peer = '10.9.9.9';
    return message;
};

test('the client, as far as trusted proxies name it', () => {
    assert.ok(clients.length > 45, 'the table was found');
    for (const { fields, want } of clients) {
        const { peer, isTls } = proxies.read(saying(fields)), [address, scheme] = want.split(' ');
        assert.equal(peer === undefined ? '-' : peer === '' ? '!' : peer, address, fields.join());
        assert.equal(isTls, scheme === 'https', fields.join());
    }
});

test('a message gets what they say', () => {
    const message = saying(['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Proto', 'https']);
    proxies.learn(message);
    assert.deepEqual([message.peer, message.flags & TLS], ['192.0.2.1', TLS]);
    const silent = saying([]);
    proxies.learn(silent);
    assert.deepEqual([silent.peer, silent.flags], ['10.9.9.9', 0]);
});
