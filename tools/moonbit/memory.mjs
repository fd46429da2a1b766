// Adds `(export "memory" (memory 0))` to a module that exports no memory: what `moon` does for the link option
// "export-memory-name", for which the packaged compiler has no parameter.

function leb(n) {
    const out = [];
    do {
        const low = n & 127;
        n >>>= 7;
        out.push(n ? low | 128 : low);
    } while (n);
    return out;
}

function unleb(bytes, at) {
    let value = 0, shift = 0, byte;
    do {
        byte = bytes[at++];
        value |= (byte & 127) << shift;
        shift += 7;
    } while (byte & 128);
    return [value >>> 0, at];
}

function exportsMemory(bytes, at, count) {
    for (let i = 0; i < count; i++) {
        let length;
        [length, at] = unleb(bytes, at);
        at += length;
        const kind = bytes[at++];
        [, at] = unleb(bytes, at);
        if (kind === 2)
            return true;
    }
    return false;
}

export function exportMemory(bytes, name = 'memory') {
    const text = Buffer.from(name);
    const entry = [...leb(text.length), ...text, 2, 0];
    for (let at = 8; at < bytes.length;) {
        const start = at, id = bytes[at++];
        let size, count, first;
        [size, at] = unleb(bytes, at);
        if (id === 7) {
            [count, first] = unleb(bytes, at);
            if (exportsMemory(bytes, first, count))
                return bytes;
            const body = Buffer.concat([Buffer.from(leb(count + 1)), bytes.subarray(first, at + size),
                Buffer.from(entry)]);
            const section = Buffer.concat([Buffer.from([7, ...leb(body.length)]), body]);
            return Buffer.concat([bytes.subarray(0, start), section, bytes.subarray(at + size)]);
        }
        at += size;
    }
    throw new Error('the module exports nothing: has its main package the forwarding functions of mocket_exports.mbt?');
}
