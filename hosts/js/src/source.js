// A source of bytes that a guest reads by body_read: a request's body, or a fetched response's. Bytes that
// have arrived wait here; `more` asks the platform for more when nothing is left and the guest wants some.
import { EAGAIN, ETOOBIG } from './abi.js';
import { NO_BYTES } from './text.js';
import { Waiters } from './waiters.js';

export class Source {
    // more: () -> void, after which push, end or fail is called sooner or later. limit: bytes in all.
    constructor(more, limit = Infinity) {
        this.more = more;
        this.left = limit;
        this.pieces = [];
        this.ended = false;
        this.error = 0; // behind the pieces
        this.asked = false; // `more` was called, and nothing has come since
        this.waiters = new Waiters();
        this.onProgress = null;
    }

    get waited() {
        return this.waiters.any;
    }

    // Up to cap bytes; none at the end; a code.
    take(cap) {
        const piece = this.pieces[0];
        if (piece === undefined) {
            if (this.error !== 0 || this.ended)
                return this.error !== 0 ? this.error : NO_BYTES;
            this.ask();
            return EAGAIN;
        }
        if (piece.length <= cap)
            return this.pieces.shift();
        this.pieces[0] = piece.subarray(cap);
        return piece.subarray(0, cap);
    }

    ask() {
        if (this.asked)
            return;
        this.asked = true;
        this.more();
    }

    get isReady() {
        return this.pieces.length > 0 || this.ended || this.error !== 0;
    }

    // Calls back once when take would not return EAGAIN. Returns a function that stops that.
    whenReady(callback) {
        const stop = this.waiters.add(() => callback(this.pieces.length > 0 ? 0 : this.error));
        this.ask();
        return stop;
    }

    push(piece) {
        this.asked = false;
        if (this.error !== 0 || this.ended)
            return;
        this.onProgress?.(piece.length);
        if (piece.length > this.left)
            return this.fail(ETOOBIG);
        this.left -= piece.length;
        if (piece.length > 0)
            this.pieces.push(piece);
        else if (this.waited)
            return this.ask();
        this.waiters.wake();
    }

    end() {
        this.asked = false;
        this.ended = true;
        this.waiters.wake();
    }

    fail(code) {
        this.asked = false;
        if (this.error !== 0 || this.ended)
            return;
        this.error = code;
        this.waiters.wake();
    }

    // Reads a ReadableStream. failed: the code when the stream breaks.
    static ofStream(stream, limit, failed) {
        const reader = stream.getReader();
        const source = new Source(() => {
            const take = ({ done, value }) => done ? source.end() : source.push(value);
            reader.read().then(take, () => source.fail(failed));
        }, limit);
        source.cancel = () => void reader.cancel().catch(() => {});
        return source;
    }
}
