// Large answers that were handed over to a server which does not say when an answer was sent, only how many requests
// are not over. Of n requests under way at most n answers are held: the n largest stay counted.
const SPARE = 64; // answers that may be counted beyond those
const SPARE_SHARE = 16; // and the part of all memory that they may take

export class HandedOver {
    constructor(till) {
        this.till = till;
        this.servers = new Set(); // functions: () -> the number of a server's requests that are not over
        this.sizes = [];
        this.full = SPARE; // answers that are counted before the next recount
        this.since = 0; // bytes that were handed over since the last one
    }

    // False: there is no room for the answer.
    hold(bytes) {
        const { till } = this;
        if (this.sizes.length >= this.full || this.since > till.most / SPARE_SHARE || !till.has(bytes))
            this.recount();
        if (!till.take(bytes))
            return false;
        this.sizes.push(bytes);
        this.since += bytes;
        return true;
    }

    recount() {
        let pending = 0;
        for (const count of this.servers)
            pending += count();
        this.sizes.sort((a, b) => b - a);
        const over = this.sizes.splice(pending);
        this.till.give(over.reduce((sum, bytes) => sum + bytes, 0));
        this.full = 2 * this.sizes.length + SPARE;
        this.since = 0;
    }
}
