// Reads tests/abi/golden (README.md there).
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ERRORS, LIMIT, REQUEST_FLAG } from '../src/tables.js';

const FOLDER = path.resolve(import.meta.dirname, '../../../tests/abi/golden');

// Bytes of a text in which \xHH stands for one.
const unescaped = (text) => Uint8Array.from(Buffer.concat(text.split(/(\\x[0-9a-f]{2})/).map((piece) =>
    piece.startsWith('\\x') ? Buffer.from(piece.slice(2), 'hex') : Buffer.from(piece))));

function setLine(file, key, text) {
    const [, name, value] = key === 'field' ? text.match(/^([^:]+): ?(.*)$/) : [];
    switch (key) {
    case 'field': file.fields.push([name, unescaped(value)]); break;
    case 'flags': file.flags = text.split(' ').reduce((all, flag) => all | REQUEST_FLAG[flag], 0); break;
    case 'left': file.left = text === 'unknown' ? LIMIT.UNKNOWN_LENGTH : Number(text); break;
    case 'error': file.error = ERRORS[text]; break;
    case 'status': file.status = Number(text); break;
    case 'refused': file.refused = true; break;
    default: file[key] = key === 'body' || key === 'target' ? unescaped(text) : text;
    }
}

function read(name) {
    const [head, bytes] = readFileSync(path.join(FOLDER, name), 'utf8').split(/^bytes\n/m);
    const file = { name, flags: 0, fields: [], authority: '', peer: '', target: unescaped(''), body: unescaped(''),
        left: 0, error: 0, refused: false };
    for (const line of head.split('\n').filter((l) => l !== '' && !l.startsWith('#')))
        setLine(file, ...line.match(/^(\w+) ?(.*)$/).slice(1));
    file.bytes = Uint8Array.from(Buffer.from(bytes.replace(/#.*/g, '').replace(/\s/g, ''), 'hex'));
    return file;
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt')).sort().map(read);

export function golden(kind, refused = false) {
    const found = files.filter((file) => file.kind === kind && file.refused === refused);
    if (found.length === 0)
        throw new Error(`no golden messages of the kind ${kind}`);
    return found;
}
