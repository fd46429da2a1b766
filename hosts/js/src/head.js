// Heads of answers (docs/abi.md, section 5).
//
// The same head comes again and again, so that heads that were found valid are kept by their bytes, and with a head
// what an adapter made of it. Two generations bound what is kept, in front of them are the few that came last.
import { EINVAL, HEAD_BYTES, HEAD_MAX } from './abi.js';
import { isToken, isValue, passedName } from './names.js';
import { readLatin1 } from './text.js';

const ABOUT_BODY = /^content-(?:type|length|encoding|language|range)$/i;
const KEPT_LEN = 1024, KEPT_MAX = 256;
let kept = new Map(), older = new Map();

export class Head {
    constructor(status) {
        this.status = status;
        this.fields = []; // flat, without those of the connection and the length
        this.length = -1; // declared by content-length; -1: none
        this.isBodyless = status === 204 || status === 205 || status === 304; // its answers have no body
        this.typed = false; // has a content-type
        this.isDated = false; // has a date
        this.flat = null; // the form for node:http
        this.text = null; // the form for answers of Node that are one text
        this.init = null; // the form for Response
        this.added = null; // the fields, for a Response that Deno has made without them
    }

    // The last value of a field, or undefined.
    value(name) {
        for (let i = this.fields.length - 2; i >= 0; i -= 2)
            if (this.fields[i].length === name.length && this.fields[i].toLowerCase() === name)
                return this.fields[i + 1];
        return undefined;
    }
}

// The length that an answer without a body announces; len: of what the guest gave. -1: none.
export function bodylessLength(head, len) {
    if (head.status === 204)
        return -1;
    return head.status === 205 ? 0 : head.length >= 0 || head.status === 304 ? head.length : len;
}

const parser = { text: '', at: 0, len: 0 };
function word(at) {
    const { text } = parser;
    return (text.charCodeAt(at) | text.charCodeAt(at + 1) << 8 | text.charCodeAt(at + 2) << 16 |
        text.charCodeAt(at + 3) << 24) >>> 0;
}

// A row's name and value, checked, or null.
function row(at) {
    const { text, len } = parser;
    const nameAt = word(at), nameLen = word(at + 4), valueAt = word(at + 8), valueLen = word(at + 12);
    if (nameAt + nameLen > len || (valueLen > 0 && valueAt + valueLen > len))
        return null;
    const name = text.slice(nameAt, nameAt + nameLen), value = text.slice(valueAt, valueAt + valueLen);
    return isToken(name) && isValue(value) ? { name, value } : null;
}

function addField(head, name, value) {
    const lower = passedName(name);
    if (lower === 'content-length')
        head.length = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    else if (lower !== null)
        head.fields.push(name, value);
    if (lower === 'content-type')
        head.typed = true;
    if (lower === 'date')
        head.isDated = true;
}

// A Head, or EINVAL.
function parse(text) {
    parser.text = text;
    parser.len = text.length;
    const count = word(8), rows = word(12), head = new Head(word(0));
    if (word(4) !== 0 || (count > 0 && (rows % 4 !== 0 || rows + count * 16 > text.length)))
        return EINVAL;
    let total = 0;
    for (let at = rows, end = rows + count * 16; at < end; at += 16) {
        const field = row(at);
        if (field === null || (total += field.name.length + field.value.length) > HEAD_MAX)
            return EINVAL;
        addField(head, field.name, field.value);
    }
    return head.status === 304 ? withoutContent(head) : head;
}

// A 304 says nothing of a body: it has none.
function withoutContent(head) {
    const { fields } = head;
    head.fields = [];
    for (let i = 0; i < fields.length; i += 2)
        if (!ABOUT_BODY.test(fields[i]))
            head.fields.push(fields[i], fields[i + 1]);
    head.length = -1;
    return head;
}

const isAnswer = (status) => status >= 200 && status <= 599;

// The heads that came last, by their bytes: comparing these costs less than making a text of them.
const RECENT_MAX = 4, KEEP_EVERY = 16;
const recent = []; // { head, words, tail }
let nextRecent = 0, misses = 0;

function isSame({ words, tail }, { u32, u8 }, ptr, len) {
    if ((words.length << 2) + tail.length !== len)
        return false;
    for (let i = 0, at = ptr >> 2; i < words.length; i++)
        if (words[i] !== u32[at + i])
            return false;
    for (let i = 0, at = ptr + (words.length << 2); i < tail.length; i++)
        if (tail[i] !== u8[at + i])
            return false;
    return true;
}

function findRecent(memory, ptr, len) {
    for (let i = 0; i < recent.length; i++)
        if (isSame(recent[i], memory, ptr, len))
            return recent[i].head;
    return undefined;
}

function keepRecent(head, { u32, u8 }, ptr, len) {
    const at = ptr >> 2, count = len >> 2;
    recent[nextRecent] = { head, words: u32.slice(at, at + count), tail: u8.slice(ptr + (count << 2), ptr + len) };
    nextRecent = (nextRecent + 1) % RECENT_MAX;
}

// A Head, or EINVAL.
function find(memory, ptr, len) {
    const text = readLatin1(memory, ptr, len);
    let head = kept.get(text);
    if (head === undefined) {
        head = older.get(text) ?? parse(text);
        if (head === EINVAL || len > KEPT_LEN)
            return head;
        if (kept.size >= KEPT_MAX)
            [older, kept] = [kept, new Map()];
        kept.set(text, head);
    } else if ((misses = (misses + 1) % KEEP_EVERY) === 0) // an app with many heads pays little for it
        keepRecent(head, memory, ptr, len);
    return head;
}

// Reads a head from a guest's memory, whose range fits: a Head, or EINVAL. handshake: its status is 101.
export function readHead(memory, ptr, len, handshake) {
    if (len < HEAD_BYTES || len > HEAD_MAX || ptr % 4 !== 0)
        return EINVAL;
    const head = findRecent(memory, ptr, len) ?? find(memory, ptr, len);
    if (head === EINVAL)
        return EINVAL;
    return (handshake ? head.status === 101 : isAnswer(head.status)) ? head : EINVAL;
}
