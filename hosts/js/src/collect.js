// A whole body from a stream: its reading ends as soon as the limit is passed, or when it takes too long.
import { EINVAL, ETIMEDOUT, ETOOBIG } from './abi.js';
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

// Bytes, or a code. timeout: how long a body may take in ms; each KiB of it that came adds a second.
export async function collect(stream, limit, timeout) {
    const reader = stream.getReader(), pieces = [], began = Date.now();
    let size = 0, late = false;
    const expire = () => {
        const rest = began + timeout + (size >> 10) * 1000 - Date.now();
        if (rest > 0)
            return void (timer = setTimeout(expire, Math.min(rest, 0x7FFFFFFF)));
        late = true;
        reader.cancel().catch(() => {});
    };
    let timer = timeout === Infinity ? null : setTimeout(expire, Math.min(timeout, 0x7FFFFFFF));
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (late)
                return ETIMEDOUT;
            if (done)
                return joined(pieces, size);
            size += value.length;
            if (size > limit) {
                reader.cancel().catch(() => {});
                return ETOOBIG;
            }
            pieces.push(value);
        }
    } catch {
        return late ? ETIMEDOUT : EINVAL; // the client cut it off
    } finally {
        clearTimeout(timer);
    }
}
