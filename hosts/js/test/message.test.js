// The messages of tests/abi/golden in this host's codec, and pointers that are none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BODY_HERE, EINVAL, NORMALISED, ON_DEMAND, TLS } from '../src/abi.js';
import { writeHead } from '../src/fetched-head.js';
import { Head, readHead } from '../src/head.js';
import { parse } from '../src/imports/fetch.js';
import { Memory } from '../src/memory.js';
import { Message, passMessage, passed, writeFields } from '../src/message.js';
import { latin1Of, utf8Of } from '../src/text.js';
import { golden } from './golden.js';

const AT = 64, PAGE = 65536;
const room = () => new Memory(new WebAssembly.Memory({ initial: 4 }));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytesAt = (memory, len) => hex(memory.u8.slice(AT, AT + len));
const flat = (fields) => fields.flatMap(([name, value]) => [name, latin1Of(value)]);

function exchangeOf(file) {
    const flags = file.flags & ~(BODY_HERE | ON_DEMAND);
    const message = new Message(file.method, latin1Of(file.target), 0, file.authority, flags);
    if (file.flags & ON_DEMAND) {
        message.read = () => assert.fail('the fields were not asked for');
    } else {
        message.fields = flat(file.fields);
        message.peer = file.peer;
    }
    const body = file.flags & BODY_HERE ? file.body : null;
    return Object.assign(message, { body, left: file.left, bodyError: file.error });
}

for (const file of golden('request'))
    test(`passes ${file.name}`, () => {
        const memory = room();
        assert.equal(passMessage(memory, () => AT, exchangeOf(file), (file.flags & ON_DEMAND) !== 0), AT);
        assert.equal(bytesAt(memory, passed.length), hex(file.bytes));
    });

for (const file of golden('fields'))
    test(`writes ${file.name}`, () => {
        const memory = room(), ex = exchangeOf(file);
        const size = writeFields(memory, AT, 0, ex);
        assert.equal(bytesAt(memory, 4), '00000000'); // it did not fit
        assert.equal(writeFields(memory, AT, size, ex), size);
        assert.equal(bytesAt(memory, size), hex(file.bytes));
    });

for (const file of golden('fetch'))
    test(`reads ${file.name}`, () => {
        const request = parse(Uint8Array.from(file.bytes), null);
        assert.equal(request.method, file.method);
        assert.equal(request.url.href, new URL(latin1Of(file.target)).href);
        const sent = flat(file.fields);
        assert.deepEqual(request.fields.slice(0, sent.length), sent);
    });

for (const file of golden('fetch', true))
    test(`refuses ${file.name}`, () => assert.equal(parse(Uint8Array.from(file.bytes), null), EINVAL));

for (const file of golden('head'))
    test(`reads ${file.name}`, () => {
        const memory = room();
        memory.u8.set(file.bytes, AT);
        const read = () => readHead(memory, AT, file.bytes.length, file.status === 101), head = read();
        assert.ok(head instanceof Head);
        assert.equal(head.status, file.status);
        assert.deepEqual(head.fields, flat(file.fields));
        assert.equal(read(), head); // the same bytes are read once
    });

for (const file of golden('head', true))
    test(`refuses ${file.name}`, () => {
        const memory = room();
        memory.u8.set(file.bytes, AT);
        assert.equal(readHead(memory, AT, file.bytes.length, false), EINVAL);
    });

for (const file of golden('fetched'))
    test(`writes ${file.name}`, () => {
        const memory = room(), fields = flat(file.fields), size = writeHead(memory, AT, 0, file.status, fields);
        assert.equal(writeHead(memory, AT, size, file.status, fields), size);
        assert.equal(bytesAt(memory, size), hex(file.bytes));
    });

function request(fields) {
    const message = new Message('POST', '/a?b=c', 0, 'example.org', TLS);
    return Object.assign(message, { fields, body: utf8Of('body'), left: 0, bodyError: 0 });
}
const FIELDS = ['Host', 'example.org', 'X-Two', 'b'];

test('fields of the connection are not passed, nor those that it names', () => {
    const memory = room(), plain = room();
    const more = ['Connection', 'close, X-Secret', 'Keep-Alive', '5', 'x-secret', '1', ...FIELDS, 'TE', 'trailers'];
    passMessage(memory, () => AT, request(more), false);
    const len = passed.length;
    assert.equal(memory.u32[AT / 4 + 5], '/a?b=c'.length);
    passMessage(plain, () => AT, request(FIELDS), false);
    assert.equal(bytesAt(memory, len), bytesAt(plain, passed.length));
});

test('an odd pointer, one outside the memory and none at all are seen', () => {
    assert.equal(passMessage(room(), () => 0, request(FIELDS), false), 0);
    assert.throws(() => passMessage(room(), () => 12, request(FIELDS), false), /not 8-aligned/);
    assert.throws(() => passMessage(room(), () => 4 * PAGE - 8, request(FIELDS), false), /outside of the memory/);
});

test('fields on demand are made when the guest asks, and once', () => {
    const memory = room(), message = new Message('GET', '/', 0, 'a', NORMALISED);
    let made = 0;
    message.read = () => {
        made++;
        message.fields = ['host', 'a'];
        message.peer = '::1';
    };
    const ex = Object.assign(message, { body: new Uint8Array(0), left: 0, bodyError: 0 });
    passMessage(memory, () => AT, ex, true);
    assert.deepEqual([made, memory.u32[AT / 4 + 1] & ON_DEMAND], [0, ON_DEMAND]);
    writeFields(memory, AT, PAGE, ex);
    writeFields(memory, AT, PAGE, ex);
    assert.equal(made, 1);
    assert.deepEqual([memory.u32[AT / 4 + 1], memory.u32[AT / 4 + 10]], [NORMALISED, 1]);
});
