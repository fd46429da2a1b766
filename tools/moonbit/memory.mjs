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

// The rows of the export section that begin at `at`: name and kind (0 function, 2 memory).
function rowsAt(bytes, at, count) {
    const rows = [];
    for (let i = 0; i < count; i++) {
        let length;
        [length, at] = unleb(bytes, at);
        const name = bytes.toString('utf8', at, at + length);
        at += length;
        rows.push({ name, kind: bytes[at++] });
        [, at] = unleb(bytes, at);
    }
    return rows;
}

// The names that a module exports.
export function exportNames(bytes) {
    for (let at = 8; at < bytes.length;) {
        const id = bytes[at++];
        const [size, body] = unleb(bytes, at);
        if (id === 7) {
            const [count, first] = unleb(bytes, body);
            return rowsAt(bytes, first, count).map((row) => row.name);
        }
        at = body + size;
    }
    return [];
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
            if (rowsAt(bytes, first, count).some((row) => row.kind === 2))
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
