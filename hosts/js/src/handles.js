// The handles of one instance (docs/abi.md, section 3): positive numbers in one space. A number is given once in 2^31,
// so that a stale one is noticed.
//
// A request that is answered within its call never gets a row here: `Instance.current` is looked at first.
import { ELIMIT } from './abi.js';

const HANDLES_MAX = 8192;

export class Handles {
    constructor() {
        this.rows = new Map();
        this.last = 0;
    }

    number() {
        do
            this.last = this.last < 0x7FFFFFFF ? this.last + 1 : 1;
        while (this.rows.size > 0 && this.rows.has(this.last));
        return this.last;
    }

    // Gives the thing a number: thing.handle. Returns it, or ELIMIT.
    open(thing) {
        if (this.rows.size >= HANDLES_MAX)
            return ELIMIT;
        thing.handle = this.number();
        this.keep(thing);
        return thing.handle;
    }

    // Keeps a thing that has its number already.
    keep(thing) {
        this.rows.set(thing.handle, thing);
    }

    // A thing may have no row.
    forget(thing) {
        if (this.rows.size > 0)
            this.rows.delete(thing.handle);
    }

    clear() {
        this.rows.clear();
    }

    get(number) {
        return this.rows.get(number);
    }

    end(thing) {
        this.forget(thing);
        thing.handle = 0;
    }
}
