// The log. A guest's text is hostile: the guest may send terminal escapes, imitate lines of the host, or write a
// million lines a second. A line is escaped (docs/contract.md, E-02), cut at 4 KiB, and taken from a bucket that
// refills with time. Lines that did not fit are counted, and the count is logged.
import { clock } from './timer.js';
export const ERROR = 0, WARN = 1, INFO = 2, DEBUG = 3;
export const LEVELS = ['error', 'warn', 'info', 'debug'];

const LINE_MAX = 4096, LINES_PER_SECOND = 1000, BYTES_PER_SECOND = 131072;
const CUT = ' ...';
// Control and format characters, line separators, and the character that stands for bytes that are not UTF-8.
const UNSAFE = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const encoder = new TextEncoder();

const hex = (byte) => `\\x${byte.toString(16).padStart(2, '0')}`;
const escapeOne = (c) => c === '\\' ? '\\\\' : [...encoder.encode(c)].map(hex).join('');

// One line: characters that could harm a reader become \xHH.
export function escapeLine(text) {
    const line = text.slice(0, LINE_MAX).replace(UNSAFE, escapeOne);
    return text.length > LINE_MAX || line.length > LINE_MAX ? line.slice(0, LINE_MAX) + CUT : line;
}

// The text of bytes that may not be UTF-8: each byte that is not becomes \xHH, already escaped.
export function escapeBytes(bytes) {
    let line = '', at = 0;
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const some = bytes.length > LINE_MAX ? bytes.subarray(0, LINE_MAX + 4) : bytes;
    while (at < some.length) {
        const len = some[at] < 0x80 ? 1 : some[at] < 0xE0 ? 2 : some[at] < 0xF0 ? 3 : 4;
        try {
            line += escapeLine(strict.decode(some.subarray(at, at + len)));
            at += len;
        } catch {
            line += hex(some[at++]);
        }
    }
    return bytes.length > LINE_MAX || line.length > LINE_MAX ? line.slice(0, LINE_MAX) + CUT : line;
}

export class Log {
    // write: (level, line) -> void
    constructor(write) {
        this.sink = write;
        this.lines = LINES_PER_SECOND;
        this.bytes = BYTES_PER_SECOND; // a line that is begun may go beyond
        this.filled = clock();
        this.dropped = 0;
    }

    mayWrite() {
        const now = clock(), passed = (now - this.filled) / 1000;
        this.lines = Math.min(LINES_PER_SECOND, this.lines + passed * LINES_PER_SECOND);
        this.bytes = Math.min(BYTES_PER_SECOND, this.bytes + passed * BYTES_PER_SECOND);
        this.filled = now;
        if (this.lines >= 1 && this.bytes > 0)
            return true;
        this.dropped++;
        return false;
    }

    put(level, line) {
        if (!this.mayWrite())
            return;
        this.lines--;
        this.bytes -= line.length;
        if (this.dropped > 0) {
            this.pass(WARN, `${this.dropped} lines dropped`);
            this.dropped = 0;
        }
        this.pass(level, line);
    }

    // Lines are written in the middle of a guest's call: a function that throws costs its line, and no request.
    pass(level, line) {
        try {
            this.sink(level, line);
        } catch {
            // the error could only be reported by this function
        }
    }

    // Text of the host's own, which may quote a guest or a client.
    write(level, text) {
        for (const line of text.split('\n'))
            if (line !== '')
                this.put(level, escapeLine(line));
    }

    // A line of a guest.
    guest(level, bytes) {
        this.put(level, `guest: ${escapeBytes(bytes)}`);
    }
}

// Output of a guest that comes in pieces, as lines.
export class Lines {
    constructor(log, level) {
        this.log = log;
        this.level = level;
        this.rest = [];
    }

    add(bytes) {
        for (let at = 0; at < bytes.length;) {
            const found = bytes.indexOf(10, at), end = found < 0 ? bytes.length : found;
            this.keep(bytes.subarray(at, end));
            if (found >= 0)
                this.flush();
            at = end + 1;
        }
    }

    keep(bytes) {
        for (let i = 0; i < bytes.length && this.rest.length <= LINE_MAX; i++)
            this.rest.push(bytes[i]);
    }

    // Writes text without a line end, when no more text will come.
    flushRest() {
        if (this.rest.length > 0)
            this.flush();
    }

    flush() {
        this.log.guest(this.level, Uint8Array.from(this.rest));
        this.rest.length = 0;
    }
}
