// The time that a body may take: a beginning, and a second for each KiB that came.
import { clock, limits } from './timer.js';

const KIB_MS = 1000;

export class Pace {
    // late: called once when the time is up. since: when it began.
    constructor(timeout, late, since = clock()) {
        this.timeout = timeout;
        this.late = late;
        this.size = 0;
        this.began = since;
        this.timer = null;
        this.arm(timeout);
    }

    arm(ms) {
        if (ms !== Infinity)
            this.timer = limits.start(() => this.look(), ms);
    }

    look() {
        const rest = this.began + this.timeout + (this.size >> 10) * KIB_MS - clock();
        if (rest > 0)
            this.arm(rest);
        else
            this.late();
    }

    add(len) {
        this.size += len;
    }

    stop() {
        limits.stop(this.timer);
    }
}
