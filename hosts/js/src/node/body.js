// Bodies of node:http.
import { ECLOSED, EINVAL, ELIMIT, ETIMEDOUT, ETOOBIG } from '../abi.js';
import { Pace } from '../pace.js';
import { Source } from '../source.js';
import { NO_BYTES } from '../text.js';
import { noteBadBody } from './errors.js';
import { clock } from '../timer.js';

// Calls done(bytes), or done(code) as soon as the limit is passed or the time is up; nothing when the client left.
export function collectBody(ex, limit, timeout, done) {
    const { req } = ex, pieces = [], pace = new Pace(timeout, () => finish(ETIMEDOUT));
    let over = false;
    const finish = (result) => {
        if (over)
            return;
        over = true;
        pace.stop();
        done(result);
    };
    req.on('data', (piece) => {
        pace.add(piece.length);
        if (pace.size > limit)
            finish(ETOOBIG);
        else if (!over && !ex.hold(piece.length))
            finish(ELIMIT);
        else if (!over)
            pieces.push(piece);
    });
    req.on('end', () => finish(pieces.length > 1 ? Buffer.concat(pieces) : pieces[0] ?? NO_BYTES));
    noteBadBody(req, () => finish(EINVAL));
    req.on('close', () => {
        pace.stop();
        if (!over)
            ex.close(); // the client left
    });
    req.on('error', () => pace.stop());
}

// A body that the guest reads. Its time is looked at from the first reading on.
// goOn: a function that lets the client send a body that it holds back, or null.
export function sourceOf(req, goOn, limit, timeout) {
    const since = clock();
    let pace = null;
    const late = () => {
        if (!req.complete)
            source.fail(ETIMEDOUT);
    };
    const source = new Source(() => {
        if (pace === null) {
            goOn?.();
            pace = new Pace(timeout, late, since);
        }
        req.resume();
    }, limit);
    req.on('data', (piece) => {
        pace.add(piece.length);
        req.pause();
        source.push(piece);
    });
    req.pause();
    req.on('end', () => source.end());
    req.on('error', () => source.fail(ECLOSED));
    req.on('close', () => source.fail(ECLOSED));
    noteBadBody(req, () => source.fail(EINVAL));
    source.cancel = () => pace?.stop();
    return source;
}
