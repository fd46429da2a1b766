// Time limits that are seldom reached. Engines charge 0.2 to 2 us for a timer that is set and cleared, so limits of the
// same order share a timer, which looks at all of them.
//
// The shared timer goes off after `step` ms at the latest. No limit that shares it is shorter, so that a limit that is
// added never ends before the timer goes off.
import { limits, setTimer } from './timer.js';

class Limit {
    constructor(callback, due, at) {
        this.callback = callback;
        this.due = due;
        this.at = at; // where it stands in the list; -1: it has ended
    }
}

export class Limits {
    constructor(step) {
        this.step = step;
        this.list = [];
        this.timer = null;
    }

    // Calls back in `ms`. Returns what `stop` takes.
    start(callback, ms) {
        if (ms < this.step)
            return setTimer(callback, ms);
        const { list } = this, limit = new Limit(callback, performance.now() + ms, list.length);
        list.push(limit);
        if (this.timer === null)
            this.arm(this.step);
        else if (list.length === 1)
            this.timer.ref?.();
        return limit;
    }

    stop(limit) {
        if (limit instanceof Limit)
            this.remove(limit);
        else
            clearTimeout(limit);
    }

    remove(limit) {
        const { list } = this, { at } = limit;
        if (at < 0)
            return;
        list[at] = list.at(-1);
        list[at].at = at;
        list.pop();
        limit.at = -1;
        if (list.length === 0)
            this.timer.unref?.(); // a timer for nothing keeps no process alive
    }

    arm(ms) {
        this.timer = setTimeout(() => this.look(), ms);
    }

    look() {
        const now = performance.now();
        let next = this.step;
        for (const limit of [...this.list])
            if (limit.at >= 0 && limit.due <= now) {
                this.remove(limit);
                limit.callback();
            }
        for (const { due } of this.list)
            next = Math.min(next, due - now);
        if (this.list.length > 0)
            this.arm(Math.max(1, Math.ceil(next)));
        else
            this.timer = null;
    }
}

const STEP_MS = 1000;
let shared = null;

// For servers. workerd binds a timer to the request that made it, so nothing is shared there.
export function shareTimers() {
    if (shared !== null)
        return;
    shared = new Limits(STEP_MS);
    limits.start = (callback, ms) => shared.start(callback, ms);
    limits.stop = (limit) => shared.stop(limit);
}
