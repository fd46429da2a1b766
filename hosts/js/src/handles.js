// The handles of one instance (docs/abi.md, section 3): positive numbers in one space. A number is given once in 2^31,
// so that a stale one is noticed.
//
// A request that is answered within its call never gets a row here: `Instance.current` is looked at first. `count` is
// the number of rows: asking a Map for its size is a call in JavaScriptCore.
import { ELIMIT } from './abi.js';

const HANDLES_MAX = 8192;

export class Handles {
    constructor() {
        this.rows = new Map();
        this.count = 0;
        this.last = 0;
    }

    number() {
        do
            this.last = this.last < 0x7FFFFFFF ? this.last + 1 : 1;
        while (this.count > 0 && this.rows.has(this.last));
        return this.last;
    }

    // Gives the thing a number: thing.handle. Returns it, or ELIMIT.
    open(thing) {
        if (this.count >= HANDLES_MAX)
            return ELIMIT;
        thing.handle = this.number();
        this.keep(thing);
        return thing.handle;
    }

    // Keeps a thing that has its number already.
    keep(thing) {
        this.rows.set(thing.handle, thing);
        this.count = this.rows.size;
    }

    // A thing may have no row.
    forget(thing) {
        if (this.count === 0)
            return;
        this.rows.delete(thing.handle);
        this.count = this.rows.size;
    }

    clear() {
        this.rows.clear();
        this.count = 0;
    }

    get(number) {
        return this.rows.get(number);
    }

    end(thing) {
        this.forget(thing);
        thing.handle = 0;
    }
}
