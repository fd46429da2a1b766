// The two messages: golden bytes that every codec gives (tests/golden), and heads that are none.
import assert from 'node:assert/strict';
import test from 'node:test';
import { EINVAL, NORMALISED, ON_DEMAND, TLS } from '../src/abi.js';
import { Head, readHead, writeHead } from '../src/head.js';
import { Memory } from '../src/memory.js';
import { Message, passMessage, passed, writeFields } from '../src/message.js';
import { utf8Of } from '../src/text.js';
import { golden } from './guests.js';

const PAGE = 65536;
const room = () => new Memory(new WebAssembly.Memory({ initial: 2 }));
const bytesAt = (memory, at, len) => memory.u8.slice(at, at + len);

function request(fields) {
    const message = new Message('POST', '/a?b=c', 'example.org', TLS);
    message.fields = fields;
    message.peer = '::1';
    return message;
}
const FIELDS = ['Host', 'example.org', 'X-Two', 'b', 'X-Two', ''];

test('a request has the golden bytes', () => {
    const memory = room();
    const ptr = passMessage(memory, () => 64, { message: request(FIELDS), body: utf8Of('body'), left: 0 }, false);
    assert.equal(ptr, 64);
    assert.deepEqual(bytesAt(memory, 64, passed.length), golden('request.hex'));
});

test('fields of the connection are not passed, nor those that it names', () => {
    const memory = room(), plain = room();
    const more = ['Connection', 'close, X-Secret', 'Keep-Alive', '5', 'x-secret', '1', ...FIELDS, 'TE', 'trailers'];
    const pass = (to, fields) =>
        passMessage(to, () => 64, { message: request(fields), body: utf8Of('body'), left: 0 }, false);
    pass(memory, more);
    const len = passed.length;
    pass(plain, FIELDS);
    assert.deepEqual(bytesAt(memory, 64, len), bytesAt(plain, 64, passed.length));
});

test('an odd pointer, one outside the memory and none at all are seen', () => {
    const ex = { message: request(FIELDS), body: utf8Of('body'), left: 0 };
    assert.equal(passMessage(room(), () => 0, ex, false), 0);
    assert.throws(() => passMessage(room(), () => 12, ex, false), /not 8-aligned/);
    assert.throws(() => passMessage(room(), () => 2 * PAGE - 8, ex, false), /outside the memory/);
});

test('fields on demand: the first message leaves them out, `fields` has them', () => {
    const memory = room(), message = new Message('GET', '/', 'a', NORMALISED);
    message.later = (m) => {
        m.fields = ['host', 'a'];
        m.peer = '::1';
    };
    passMessage(memory, () => 64, { message, body: new Uint8Array(0), left: 0 }, true);
    assert.equal(memory.u32[17] & ON_DEMAND, ON_DEMAND);
    assert.deepEqual([memory.u32[16 + 9], memory.u32[16 + 10]], [0, 0]);
    const size = writeFields(memory, 1024, 0, message);
    assert.equal(memory.u32[256], 0); // it did not fit
    assert.equal(writeFields(memory, 1024, size, message), size);
    assert.equal(memory.u32[256 + 1] & ON_DEMAND, 0);
    assert.deepEqual([memory.u32[256 + 9], memory.u32[256 + 10]], [3, 1]);
});

test('a head is read from the golden bytes, and written as them', () => {
    const memory = room(), bytes = golden('head.hex');
    memory.u8.set(bytes, 64);
    const head = readHead(memory, 64, bytes.length, false);
    assert.ok(head instanceof Head);
    assert.deepEqual([head.status, head.typed], [201, true]);
    assert.deepEqual(head.fields, ['Content-Type', 'text/plain', 'X-Empty', '']);
    assert.equal(readHead(memory, 64, bytes.length, false), head); // the same bytes are read once
    const size = writeHead(memory, 4096, PAGE, 201, head.fields);
    const lower = bytes.map((b, i) => i >= 48 && b >= 65 && b <= 90 ? b + 32 : b);
    assert.deepEqual(bytesAt(memory, 4096, size), lower);
});

test('heads that are malformed are EINVAL', () => {
    const memory = room(), bytes = golden('head.hex');
    const broken = (change, len = bytes.length, at = 64) => {
        memory.u8.set(bytes, at);
        if (at % 4 === 0)
            change(memory.u32.subarray(at / 4), memory.u8.subarray(at));
        return readHead(memory, at, len, false);
    };
    assert.equal(broken(() => {}, 15), EINVAL);
    assert.equal(broken(() => {}, bytes.length, 66), EINVAL);
    for (const [word, value] of [[0, 199], [0, 600], [0, 101], [1, 1], [2, 0x10000000], [2, 3], [3, 18],
        [3, 0xFFFFFFF0], [4, 0xFFFFFFFF], [5, 0], [5, 999], [7, 999]])
        assert.equal(broken((words) => { words[word] = value; }), EINVAL, `word ${word} is ${value}`);
    for (const byte of [0, 10, 13, 31, 127])
        assert.equal(broken((_words, all) => { all[0x3c] = byte; }), EINVAL, `a value with ${byte}`);
    assert.equal(broken((_words, all) => { all[0x30] = 32; }), EINVAL, 'a name with a blank');
    assert.ok(broken((_words, all) => { all[0x3c] = 9; }) instanceof Head, 'a tab may be in a value');
});
