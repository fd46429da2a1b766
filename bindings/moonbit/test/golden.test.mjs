// The messages of tests/abi/golden in the codecs that Node can run: JavaScript's (host.mjs) writes requests and reads
// heads; guests in C and MoonBit (mirror) read requests and write heads. tests/unit/abi/golden_test.c is C's own.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ERRORS, LIMIT, REQUEST_FLAG } from '../../../hosts/js/src/tables.js';
import { decodeHead, encodeClosed, encodeRequest, Host } from './host.mjs';

const here = import.meta.dirname;
const golden = path.join(here, '../../../tests/abi/golden');
const guests = path.join(process.env.GUESTS ?? path.join(here, '../../../build/examples'), '../abi');
const MULTIPLE = { cookie: '; ' };

// Bytes of a text in which \xHH stands for one.
function unescaped(text) {
    return Buffer.concat(text.split(/(\\x[0-9a-f]{2})/).map((piece) =>
        piece.startsWith('\\x') ? Buffer.from(piece.slice(2), 'hex') : Buffer.from(piece)));
}

function readFile(name) {
    const [head, bytes] = fs.readFileSync(path.join(golden, name), 'utf8').split(/^bytes\n/m);
    const file = { name, flags: 0, headers: [], authority: '', peer: '', body: '', left: 0 };
    for (const line of head.split('\n').filter((l) => l && !l.startsWith('#'))) {
        const [key, text] = line.match(/^(\w+) ?(.*)$/).slice(1);
        if (key === 'field')
            file.headers.push(text.match(/^([^:]+): ?(.*)$/).slice(1).map((part, i) => i ? unescaped(part) : part));
        else if (key === 'flags')
            file.flags = text.split(' ').reduce((all, flag) => all | REQUEST_FLAG[flag], 0);
        else if (key === 'left')
            file.left = text === 'unknown' ? LIMIT.UNKNOWN_LENGTH : Number(text);
        else if (key === 'error')
            file.error = ERRORS[text];
        else if (key === 'status')
            file.status = Number(text);
        else
            file[key] = key === 'body' || key === 'target' ? unescaped(text) : text;
    }
    file.bytes = Uint8Array.from(Buffer.from(bytes.replace(/#.*/g, '').replace(/\s/g, ''), 'hex'));
    return file;
}

const files = fs.readdirSync(golden).filter((name) => name.endsWith('.txt')).sort().map(readFile);
const of = (...kinds) => files.filter((file) => kinds.includes(file.kind) && !('refused' in file));

test('there are golden messages of each kind', () => {
    for (const kind of ['request', 'fields', 'fetch', 'head', 'fetched', 'closed'])
        assert.ok(of(kind).length > 0, kind);
});

for (const file of of('request', 'fields', 'fetch'))
    test(`JavaScript writes ${file.name}`, () => {
        assert.equal(Buffer.from(encodeRequest(file)).toString('hex'), Buffer.from(file.bytes).toString('hex'));
    });

for (const file of of('closed'))
    test(`JavaScript writes ${file.name}`, () => {
        assert.deepEqual(encodeClosed(file.status, file.body), file.bytes);
    });

for (const file of of('head'))
    test(`JavaScript reads ${file.name}`, () => {
        const got = decodeHead(file.bytes, (status) => status === 101 || (status >= 200 && status <= 599));
        assert.equal(got.status, file.status);
        assert.deepEqual(got.headers, file.headers.map(([name, value]) => [name, value.toString()]));
    });

for (const file of files.filter((f) => f.kind === 'head' && 'refused' in f))
    test(`JavaScript refuses ${file.name}`, () => {
        assert.equal(decodeHead(file.bytes), null);
    });

// What a guest sees: repeated fields as one value, and `host` where it was missing.
function seen(file) {
    const fields = new Map();
    for (const [name, value] of file.headers) {
        const before = fields.get(name);
        fields.set(name, before ? Buffer.concat([before, Buffer.from(MULTIPLE[name] ?? ', '), value]) : value);
    }
    if (!fields.has('host') && file.authority)
        fields.set('host', Buffer.from(file.authority));
    const lines = [`method ${file.method}\ntarget `, file.target];
    for (const [name, value] of fields)
        lines.push(`\nfield ${name}: `, value);
    return Buffer.concat([...lines, '\nbody ', file.body].map((piece) => Buffer.from(piece)));
}

for (const guest of ['mirror.wasm', 'moonbit-mirror.wasm', 'moonbit-mirror-gc.wasm']) {
    const moonbit = guest.startsWith('moonbit');
    const open = () => new Host(path.join(guests, guest));
    const whole = (file) => (file.flags & REQUEST_FLAG.BODY_HERE) && !(file.flags & REQUEST_FLAG.ON_DEMAND);

    for (const file of of('request').filter(whole))
        test(`${guest} reads ${file.name}`, () => {
            const answer = open().request(file.bytes).answer;
            // A MoonBit string holds text: bytes that are not UTF-8 are U+FFFD on both sides.
            assert.equal(Buffer.from(answer.body).toString(), seen(file).toString());
            if (!moonbit)
                assert.deepEqual(Buffer.from(answer.body), seen(file));
        });

    const repeats = (file) => new Set(file.headers.map(([name]) => name)).size < file.headers.length;
    for (const file of of('head').filter((f) => f.status !== 101 && !(moonbit && repeats(f))))
        test(`${guest} writes ${file.name}`, () => {
            const host = open();
            let bytes = null;
            host.respond = (req, p, n) => {
                bytes = host.copy(p, n);
                return ERRORS.ECLOSED;
            };
            const lines = file.headers.map(([name, value]) => `\n${name}: ${value}`);
            host.request({ method: 'POST', target: '/answer', body: `${file.status}${lines.join('')}` });
            assert.equal(Buffer.from(bytes).toString('hex'), Buffer.from(file.bytes).toString('hex'));
        });
}
