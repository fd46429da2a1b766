// Bytes and text. Most texts of HTTP are bytes that JavaScript holds as code units (Latin-1).
//
// Buffer's functions are the fastest ones for long texts, but Deno's writing function is slow: Deno, and platforms
// without Buffer, use TextEncoder. Reading without Buffer is slow everywhere.
const hasBuffer = typeof Buffer === 'function' && typeof Buffer.prototype.latin1Slice === 'function';
const bufferWrites = hasBuffer && typeof Deno === 'undefined';
const encoder = new TextEncoder();
const ascii = new TextDecoder(); // used for bytes below 0x80 only
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
// The longest text that a loop writes for less than a call into the engine costs: TextEncoder needs a view of the
// memory, and Node's latin1Write is quick from the first byte on.
const LOOP_MAX = !bufferWrites ? 40 : typeof Bun === 'undefined' ? 0 : 24;
const NOT_ASCII = /[^\0-\x7f]/;

export const NO_BYTES = new Uint8Array(0);

export const bufferOf = (memory) => hasBuffer ? Buffer.from(memory.buffer) : null;

// Writes code units as bytes. All of them must be below 0x100.
export function writeLatin1(memory, at, text) {
    if (text.length <= LOOP_MAX)
        writeEach(memory.u8, at, text, 0, text.length);
    else if (bufferWrites)
        memory.buf.latin1Write(text, at, text.length);
    else if (encoder.encodeInto(text, memory.u8.subarray(at, at + text.length)).read < text.length)
        writeEach(memory.u8, at, text, 0, text.length);
}

// The same for a part of a text. V8 reads the text itself at 1 ns for a character, and a slice of it at 10.
export function writePart(memory, at, text, from, len) {
    if (len > LOOP_MAX)
        writeLatin1(memory, at, text.slice(from, from + len));
    else
        writeEach(memory.u8, at, text, from, len);
}

function writeEach(bytes, at, text, from, len) {
    for (let i = 0; i < len; i++)
        bytes[at + i] = text.charCodeAt(from + i);
}

export function readLatin1(memory, at, len) {
    return hasBuffer ? memory.buf.latin1Slice(at, at + len) : latin1Of(memory.u8.subarray(at, at + len));
}

export function latin1Of(bytes) {
    if (hasBuffer)
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).latin1Slice(0, bytes.length);
    if (bytes.length > 32 && bytes.every((b) => b < 0x80))
        return ascii.decode(bytes);
    let text = '';
    for (let i = 0; i < bytes.length; i++)
        text += String.fromCharCode(bytes[i]);
    return text;
}

// The same text; when it is ASCII, not as a slice of a longer one, which V8 is slow to read.
export const flat = (text) => isAscii(text) ? latin1Of(encoder.encode(text)) : text;

export const utf8Of = (text) => encoder.encode(text);

// The text of UTF-8 bytes, or null when they are not UTF-8.
export function textOf(bytes) {
    try {
        return strict.decode(bytes);
    } catch {
        return null;
    }
}

export const anyTextOf = (bytes) => lossy.decode(bytes);

export const isAscii = (text) => !NOT_ASCII.test(text);

// A text whose code units may be above 0xFF, as the Latin-1 of its UTF-8 bytes. Nothing is ever truncated.
export const utf8AsLatin1 = (text) => isAscii(text) ? text : latin1Of(encoder.encode(text));
