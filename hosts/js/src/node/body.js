// Bodies of node:http.
import { ECLOSED, EINVAL, ELIMIT, ETIMEDOUT, ETOOBIG } from '../abi.js';
import { Source } from '../source.js';
import { NO_BYTES } from '../text.js';
import { noteBadBody } from './errors.js';

const TIMER_MAX = 0x7FFFFFFF;

// Calls done(bytes), or done(code) as soon as the limit is passed or the time is up; the client that left gets
// nothing. Each KiB that came adds a second to the time.
export function collectBody(ex, limit, timeout, done) {
    const { req } = ex, pieces = [], began = Date.now();
    let size = 0, timer = null, over = false;
    const finish = (result) => {
        if (over)
            return;
        over = true;
        clearTimeout(timer);
        done(result);
    };
    const expire = () => {
        const rest = began + timeout + (size >> 10) * 1000 - Date.now();
        if (rest > 0)
            timer = setTimeout(expire, Math.min(rest, TIMER_MAX));
        else
            finish(ETIMEDOUT);
    };
    if (timeout !== Infinity)
        timer = setTimeout(expire, Math.min(timeout, TIMER_MAX));
    req.on('data', (piece) => {
        size += piece.length;
        if (size > limit)
            finish(ETOOBIG);
        else if (!over && !ex.hold(piece.length))
            finish(ELIMIT);
        else if (!over)
            pieces.push(piece);
    });
    req.on('end', () => finish(pieces.length > 1 ? Buffer.concat(pieces) : pieces[0] ?? NO_BYTES));
    noteBadBody(req, () => finish(EINVAL));
    req.on('close', () => {
        clearTimeout(timer);
        if (!over)
            ex.close(); // the client left
    });
    req.on('error', () => clearTimeout(timer));
}

// A body that the guest reads.
// goOn: a function that lets the client send a body that it holds back, or null.
export function sourceOf(req, goOn, limit, timeout) {
    let begun = false, timer = null, size = 0;
    const since = Date.now();
    const expire = () => {
        const rest = since + timeout + (size >> 10) * 1000 - Date.now();
        if (rest > 0)
            timer = setTimeout(expire, Math.min(rest, TIMER_MAX));
        else if (!req.complete)
            source.fail(ETIMEDOUT);
    };
    const source = new Source(() => {
        if (!begun)
            goOn?.();
        if (!begun && timeout !== Infinity)
            timer = setTimeout(expire, Math.min(timeout, TIMER_MAX));
        begun = true;
        req.resume();
    }, limit);
    req.on('data', (piece) => {
        size += piece.length;
        req.pause();
        source.push(piece);
    });
    req.pause();
    req.on('end', () => source.end());
    req.on('error', () => source.fail(ECLOSED));
    req.on('close', () => source.fail(ECLOSED));
    noteBadBody(req, () => source.fail(EINVAL));
    source.cancel = () => clearTimeout(timer);
    return source;
}
