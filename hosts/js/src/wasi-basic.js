// The functions of wasi_snapshot_preview1 that every program of wasi-libc imports: output, and exit. wasi.js has the
// others.
const EBADF = 8, EFAULT = 21, ESPIPE = 70;

export class Exit extends Error {
    constructor(code) {
        super(`exit(${code})`);
        this.code = code;
    }
}

function output(instance, fd, ranges, count, resultPtr) {
    const { memory } = instance;
    if (fd !== 1 && fd !== 2)
        return EBADF;
    if (!memory.fits(ranges, count * 8) || !memory.fits(resultPtr, 4))
        return EFAULT;
    let total = 0;
    for (let i = 0; i < count; i++) {
        const { u32 } = memory.fresh(), bytes = memory.copy(u32[(ranges >> 2) + i * 2], u32[(ranges >> 2) + i * 2 + 1]);
        if (bytes === null)
            return EFAULT;
        instance.output.add(bytes);
        total += bytes.length;
    }
    memory.u32[resultPtr >> 2] = total;
    return 0;
}

// The names are those of BASIC in parts.js.
export const basicImports = (instance) => ({
    proc_exit: (code) => { throw new Exit(code); },
    fd_close: () => EBADF,
    fd_seek: (fd) => fd <= 2 ? ESPIPE : EBADF,
    fd_write: (fd, ranges, count, result) => output(instance, fd, ranges >>> 0, count >>> 0, result >>> 0),
});
