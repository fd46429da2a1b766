// A guest's memory. Views are kept, and made again when the memory has grown: the old ones then have the length 0.
import { bufferOf, readLatin1, textOf } from './text.js';

export class Memory {
    // grown: called with the number of bytes by which the memory has grown.
    constructor(memory, grown = () => {}) {
        this.memory = memory;
        this.grown = grown;
        this.size = 0;
        this.renew();
    }

    renew() {
        const { byteLength } = this.memory.buffer;
        this.grown(byteLength - this.size);
        this.size = byteLength;
        this.u8 = new Uint8Array(this.memory.buffer);
        this.u32 = new Uint32Array(this.memory.buffer);
        this.buf = bufferOf(this.memory);
    }

    fresh() {
        if (this.u8.length === 0)
            this.renew();
        return this;
    }

    // ptr and len are unsigned. An empty range fits wherever it lies.
    fits(ptr, len) {
        return len === 0 || ptr + len <= this.fresh().u8.length;
    }

    // A copy of a range, or null when it does not fit.
    copy(ptr, len) {
        ptr >>>= 0, len >>>= 0;
        return this.fits(ptr, len) ? this.fresh().u8.slice(ptr, ptr + len) : null;
    }

    // The text of a range: null when it does not fit, undefined when it is not UTF-8.
    text(ptr, len) {
        ptr >>>= 0, len >>>= 0;
        if (!this.fits(ptr, len))
            return null;
        return textOf(this.fresh().u8.subarray(ptr, ptr + len)) ?? undefined;
    }

    // The bytes of a range as code units, which compare as the bytes do; null when it does not fit.
    name(ptr, len) {
        ptr >>>= 0, len >>>= 0;
        return this.fits(ptr, len) ? readLatin1(this.fresh(), ptr, len) : null;
    }
}
