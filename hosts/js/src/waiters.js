// Callbacks that wait for one event, for room to write or bytes to read. Each is called once, in order.
export class Waiters {
    constructor() {
        this.rows = new Set();
    }

    get any() {
        return this.rows.size > 0;
    }

    // Returns a function that removes the callback.
    add(callback) {
        const row = { callback }; // the same callback may wait twice
        this.rows.add(row);
        return () => this.rows.delete(row);
    }

    // A callback that is added meanwhile waits for the next event.
    wake(result) {
        const rows = [...this.rows];
        this.rows.clear();
        for (const { callback } of rows)
            callback(result);
    }
}
