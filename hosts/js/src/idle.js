// The silence of a WebSocket's client: the client is pinged after half of the time and disconnected after the whole.
import { clock, setTimer } from './timer.js';

export class Idle {
    // ping, end: called after half of the time, and at its end.
    constructor(ms, ping, end) {
        this.ms = ms;
        this.ping = ping;
        this.end = end;
        this.since = clock();
        this.timer = ms === Infinity ? null : setTimer(() => this.look(), ms / 2);
    }

    heard() {
        this.since = clock();
    }

    look() {
        const silent = clock() - this.since, isHalf = silent >= this.ms / 2;
        if (silent >= this.ms)
            return this.end();
        if (isHalf)
            this.ping();
        this.timer = setTimer(() => this.look(), Math.max(1, isHalf ? this.ms - silent : this.ms / 2 - silent));
    }

    stop() {
        clearTimeout(this.timer);
    }
}
