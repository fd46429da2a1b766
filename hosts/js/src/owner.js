// Owners (docs/abi.md, section 3): a request, a socket, or the instance itself. What an owner has begun is dropped when
// the owner ends; what it waits for ends when the owner dies.
import { ELIMIT } from './abi.js';

const OPERATIONS_MAX = 1024; // of one owner; requests to other servers have limits of their own (outgoing.js)

export class Owner {
    constructor() {
        this.handle = 0;
        this.dead = 0; // the code that its waits answer from now on; 0: alive
        this.owned = null; // a set, made by the first thing
        this.operations = 0; // of the things owned
    }

    // 0, or ELIMIT.
    adopt(thing) {
        const isOperation = thing.isOperation === true;
        if (isOperation && this.operations >= OPERATIONS_MAX)
            return ELIMIT;
        this.owned ??= new Set();
        this.owned.add(thing);
        if (isOperation)
            this.operations++;
        return 0;
    }

    // Lets go of a thing.
    forget(thing) {
        if (this.owned?.delete(thing) && thing.isOperation === true)
            this.operations--;
    }

    // Drops all that is owned.
    release() {
        if (this.owned !== null)
            for (const thing of this.owned)
                thing.drop();
    }

    // Ends all operations with a code. Returns false when the owner was dead already.
    die(code) {
        if (this.dead !== 0)
            return false;
        this.dead = code;
        for (const thing of [...this.owned ?? []])
            if (thing.isOperation === true)
                thing.end(code);
        return true;
    }
}
