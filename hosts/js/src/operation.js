// Operations (docs/abi.md, section 6): begun by an import, ended once with one result, delivered once.
//
//     PENDING --end--> ENDED --deliver--> GONE
//        \----------drop--------------------^
export const PENDING = 0, ENDED = 1, GONE = 2;

export class Operation {
    constructor(instance, owner) {
        this.instance = instance;
        this.owner = owner;
        this.handle = 0;
        this.state = PENDING;
        this.result = 0; // a code, or a function that makes the result when it is delivered
        this.until = Infinity; // when it ends by itself
        this.cancel = null; // stops the work that would end it
        this.taken = null; // of a guest that is suspended in await: called with the result
        this.wake = null; // of a guest that is suspended in await_any
    }

    get isOperation() {
        return true;
    }

    end(result) {
        if (this.state !== PENDING)
            return;
        this.state = ENDED;
        this.result = result;
        this.cancel?.();
        this.cancel = null;
        if (!this.instance.direct)
            this.instance.enter('mocket_done', () => this.tell());
        else if (this.taken !== null)
            this.taken(this.take());
        else if (this.wake !== null)
            this.wake();
    }

    // Delivery by mocket_done.
    tell() {
        if (this.state !== ENDED)
            return; // dropped
        const { handle, instance } = this;
        instance.exports.mocket_done(handle, this.take());
    }

    // Takes it away and answers its result.
    take() {
        const { result } = this;
        this.leave();
        return typeof result === 'function' ? result() : result;
    }

    drop() {
        this.cancel?.();
        this.cancel = null;
        this.leave();
    }

    leave() {
        this.state = GONE;
        this.instance.handles.end(this);
        this.owner.forget(this);
        this.instance.noteSettled(this.owner);
    }
}
