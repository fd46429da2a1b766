// Request messages (docs/abi.md, section 4). One call writes all texts of a message: what costs is the way between
// JavaScript and a guest's memory, not the bytes.
import { BODY_HERE, METHODS, ON_DEMAND, REQUEST_BYTES, UNKNOWN_LENGTH } from './abi.js';
import { namedByConnection, passedName } from './names.js';
import { Owner } from './owner.js';
import { writeLatin1, writePart } from './text.js';

const GET = METHODS.get('GET'); // without a look-up, which hashes a text that the platform has made for this request
export const TARGET_MAX = 8192; // bytes of a target: more are 414

// What is known of a request before its body. fields: flat, names as they came. They are null where `read` of a derived
// class sets fields and peer when they are asked for: platforms that hold them in objects of their own charge for each.
export class Message extends Owner {
    // whole: a text that ends with the target, which begins at wholeAt.
    constructor(method, whole, wholeAt, authority, flags) {
        super();
        this.method = method;
        this.whole = whole;
        this.wholeAt = wholeAt;
        this.authority = authority;
        this.flags = flags;
        this.peer = '';
        this.fields = null;
    }

    get target() {
        return this.whole.slice(this.wholeAt);
    }

    get targetLength() {
        return this.whole.length - this.wholeAt;
    }

    complete() {
        if (this.fields === null)
            this.read();
        return this;
    }

    // The values of a field, in order; the name is in lower case.
    values(name) {
        const { fields } = this.complete(), found = [];
        for (let i = 0; i < fields.length; i += 2)
            if (fields[i].length === name.length && fields[i].toLowerCase() === name)
                found.push(fields[i + 1]);
        return found;
    }
}

// A message laid out: its text and the lengths of the fields' texts. One object serves all: nothing else runs between
// `layOut` and `write`.
const lengths = [];
const laid = { message: null, count: 0, text: '', flags: 0, bodyAt: 0, size: 0 };

// Connection may name further fields that belong to it.
function addNamed(named, name, value) {
    const names = name.toLowerCase() === 'connection' ? namedByConnection(value) : null;
    return names === null ? named : new Set([...named ?? [], ...names]);
}

function layOut(m, onDemand, body) {
    const later = onDemand && m.fields === null;
    if (later)
        return layOutBare(m, body);
    const { method, target, authority, peer, fields } = m.complete();
    let text = method + target + authority + peer, n = 0, named = null;
    for (let i = 0; i < fields.length; i += 2) {
        const name = passedName(fields[i]);
        if (name === null) {
            if (fields[i].length === 10)
                named = addNamed(named, fields[i], fields[i + 1]);
            continue;
        }
        const value = fields[i + 1];
        text += name + value;
        lengths[n++] = name.length;
        lengths[n++] = value.length;
    }
    if (named !== null)
        return layOut(withoutNamed(m, named), false, body);
    laid.count = n >> 1;
    laid.text = text;
    laid.flags = m.flags;
    return place(m, text.length, body);
}

// Without rows and peer.
function layOutBare(m, body) {
    laid.count = 0;
    laid.text = null;
    laid.flags = m.flags | ON_DEMAND;
    return place(m, m.method.length + m.targetLength + m.authority.length, body);
}

function place(m, textLen, body) {
    laid.message = m;
    laid.bodyAt = (REQUEST_BYTES + laid.count * 16 + textLen + 3) & ~3;
    laid.size = laid.bodyAt + (body === null ? 0 : body.length);
    return laid;
}

function withoutNamed(m, named) {
    const fields = [];
    for (let i = 0; i < m.fields.length; i += 2)
        if (!named.has(m.fields[i].toLowerCase()) && passedName(m.fields[i]) !== null)
            fields.push(m.fields[i], m.fields[i + 1]);
    m.fields = fields;
    return m;
}

// body: bytes, or null when it is still to be read, or cannot be had: left is its length then, error why not.
function write(memory, ptr, body, left, error) {
    const { method, targetLength, authority, peer } = laid.message;
    const w = memory.u32, rows = laid.count * 2;
    let i = ptr >> 2, o = REQUEST_BYTES + rows * 8;
    w[i] = method === 'GET' ? GET : METHODS.get(method) ?? 0;
    w[i + 1] = body === null ? laid.flags : laid.flags | BODY_HERE;
    w[i + 2] = o; o += w[i + 3] = method.length;
    w[i + 4] = o; o += w[i + 5] = targetLength;
    w[i + 6] = o; o += w[i + 7] = authority.length;
    w[i + 8] = o; o += w[i + 9] = laid.text === null ? 0 : peer.length;
    w[i + 10] = laid.count;
    w[i + 11] = REQUEST_BYTES;
    w[i + 12] = laid.bodyAt;
    w[i + 13] = body === null ? 0 : body.length;
    w[i + 14] = body === null ? left : 0;
    w[i + 15] = error;
    i += 16;
    for (let k = 0; k < rows; k++) {
        w[i++] = o;
        o += w[i++] = lengths[k];
    }
    if (laid.text === null)
        writeBare(memory, ptr + REQUEST_BYTES);
    else
        writeLatin1(memory, ptr + REQUEST_BYTES + rows * 8, laid.text);
    if (body !== null && body.length > 0)
        memory.u8.set(body, ptr + laid.bodyAt);
}

// Texts that are few and short are not joined first.
function writeBare(memory, at) {
    const { method, whole, wholeAt, targetLength, authority } = laid.message;
    writeLatin1(memory, at, method);
    writePart(memory, at + method.length, whole, wholeAt, targetLength);
    writeLatin1(memory, at + method.length + targetLength, authority);
}

// Passes a message to a guest: `alloc` is its mocket_alloc. Returns the pointer, 0 when the guest has no memory; the
// length is `passed.length`. Throws when the guest answers a pointer that is none.
export const passed = { length: 0 };
export function passMessage(memory, alloc, ex, onDemand) {
    const { size } = layOut(ex, onDemand, ex.body);
    const ptr = alloc(size) >>> 0;
    if (ptr === 0)
        return 0;
    memory.fresh();
    if (ptr % 8 !== 0)
        throw new RangeError('mocket_alloc returned an address that is not 8-aligned');
    if (ptr + size > memory.u8.length)
        throw new RangeError('mocket_alloc returned a range outside of the memory');
    const left = ex.left >= 0 && ex.left < UNKNOWN_LENGTH ? ex.left : UNKNOWN_LENGTH;
    write(memory, ptr, ex.body, left, ex.bodyError);
    passed.length = size;
    return ptr;
}

// The size of a message with fields and peer, without its body; written to ptr when it fits in cap.
export function writeFields(memory, ptr, cap, ex) {
    const { size } = layOut(ex.complete(), false, null);
    if (size <= cap)
        write(memory.fresh(), ptr, null, 0, ex.bodyError);
    return size;
}
