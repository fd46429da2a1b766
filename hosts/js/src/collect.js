// Bodies that are streams: collected, until the limit is passed or the time is up, or read as the guest asks for them.
import { ECLOSED, EINVAL, ELIMIT, ETIMEDOUT, ETOOBIG } from './abi.js';
import { Pace } from './pace.js';
import { Source } from './source.js';
import { NO_BYTES } from './text.js';

function joined(pieces, size) {
    if (pieces.length <= 1)
        return pieces[0] ?? NO_BYTES;
    const whole = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
    }
    return whole;
}

// Reads no more of a stream, or of its reader.
export const cancel = (stream) => void stream?.cancel().catch(() => {});

// A program may announce a body and give none.
const NO_READER = { read: async () => ({ done: true }), cancel: async () => {} };
const readerOf = (stream) => stream?.getReader() ?? NO_READER;

// Bytes, or a code. hold(n): may so many bytes more be held?
export async function collect(stream, limit, timeout, hold) {
    const reader = readerOf(stream), pieces = [];
    let late = false;
    const pace = new Pace(timeout, () => {
        late = true;
        cancel(reader);
    });
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (late)
                return ETIMEDOUT;
            if (done)
                return joined(pieces, pace.size);
            pace.add(value.length);
            if (pace.size > limit || !hold(value.length)) {
                cancel(reader);
                return pace.size > limit ? ETOOBIG : ELIMIT;
            }
            pieces.push(value);
        }
    } catch {
        return late ? ETIMEDOUT : EINVAL; // the client cut it off
    } finally {
        pace.stop();
    }
}

const SMALL = 16384;

export const isSmall = (length) => length >= 0 && length <= SMALL;

// Calls done with a body whose length is known and small, in one piece; or with a code. After the time the platform
// still reads the rest, which has at most SMALL bytes: a stream that is being read cannot be cancelled.
export function collectSmall(request, length, timeout, done) {
    let pace = new Pace(timeout, () => end(ETIMEDOUT));
    pace.add(length);
    const end = (result) => {
        pace?.stop();
        if (pace !== null)
            done(result);
        pace = null;
    };
    request.bytes().then(end, () => end(EINVAL));
}

// The source of a request's body, which is not touched before the guest reads.
export function sourceOf(request, limit, timeout) {
    let reader = null, pace = null;
    const source = new Source(() => {
        pace ??= new Pace(timeout, () => source.fail(ETIMEDOUT));
        reader ??= readerOf(request.body);
        reader.read().then(({ done, value }) => {
            if (done) {
                pace.stop();
                return source.end();
            }
            pace.add(value.length);
            return source.push(value);
        }, () => source.fail(ECLOSED));
    }, limit);
    source.cancel = () => {
        pace?.stop();
        cancel(reader ?? request.body);
    };
    return source;
}
