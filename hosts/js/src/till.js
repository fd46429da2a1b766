// The memory that the host holds for guests and clients of one app, in bytes (docs/abi.md, section 5: memory of the
// host). Beyond the limit new bytes are refused, and existing objects live on. The last part is kept for
// small things, so that small requests are answered while large ones are refused.
import { WARN } from './log.js';
import { clock } from './timer.js';

export const SMALL = 16384;
const RESERVE_SHARE = 16, RESERVE_MAX = 64 << 20;
const TOLD_MS = 1000;

export class Till {
    // recount: a function that gives back bytes whose end was not reported.
    constructor(most, log, recount) {
        this.most = most;
        this.log = log;
        this.recount = recount;
        this.held = 0;
        this.told = -Infinity; // when a refusal was logged
    }

    has(bytes) {
        const reserve = bytes <= SMALL ? 0 : Math.min(this.most / RESERVE_SHARE, RESERVE_MAX);
        return this.held + bytes <= this.most - reserve;
    }

    // Is there room for so many bytes more?
    hasRoom(bytes) {
        if (this.has(bytes))
            return true;
        const now = clock();
        if (now - this.told >= TOLD_MS) {
            this.told = now;
            this.recount();
            if (this.has(bytes))
                return true;
            this.log.write(WARN, 'the app holds as much memory as it may (maxMemoryTotal)');
        }
        return false;
    }

    // False: refused.
    take(bytes) {
        if (!this.hasRoom(bytes))
            return false;
        this.held += bytes;
        return true;
    }

    give(bytes) {
        this.held -= bytes;
    }
}
