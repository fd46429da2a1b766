// The functions of wasi_snapshot_preview1 beside those of wasi-basic.js: clocks, random, arguments, environment. There
// are no files and no waits: every other function of preview 1 returns ENOSYS.
import { fillRandom, monotonicNs, wallNs } from './imports/environment.js';
import { utf8Of } from './text.js';

const EBADF = 8, EFAULT = 21, EINVAL = 28, ENOSYS = 52;
const CHARACTER_DEVICE = 2;

// Texts with their NUL, as argv and environ are laid out.
const textsOf = (list) => list.map((text) => utf8Of(`${text}\0`));

function sizes(memory, texts, countPtr, sizePtr) {
    if (!memory.fits(countPtr, 4) || !memory.fits(sizePtr, 4))
        return EFAULT;
    memory.fresh().u32[countPtr >> 2] = texts.length;
    memory.u32[sizePtr >> 2] = texts.reduce((sum, text) => sum + text.length, 0);
    return 0;
}

function layOut(memory, texts, listPtr, at) {
    if (!memory.fits(listPtr, texts.length * 4) || !memory.fits(at, texts.reduce((sum, t) => sum + t.length, 0)))
        return EFAULT;
    const { u32, u8 } = memory.fresh();
    for (const text of texts) {
        u32[listPtr >> 2] = at;
        u8.set(text, at);
        listPtr += 4;
        at += text.length;
    }
    return 0;
}

function clock(memory, id, ptr, ns) {
    if (id > 3)
        return EINVAL;
    if (!memory.fits(ptr, 8))
        return EFAULT;
    memory.fresh();
    new DataView(memory.u8.buffer).setBigUint64(ptr, ns, true);
    return 0;
}

// Descriptors 0 to 2 look like a terminal, so that a libc flushes each line.
function describe(memory, fd, ptr) {
    if (fd > 2)
        return EBADF;
    if (!memory.fits(ptr, 24))
        return EFAULT;
    memory.fresh().u8.fill(0, ptr, ptr + 24)[ptr] = CHARACTER_DEVICE;
    return 0;
}

const REST = [
    'fd_advise', 'fd_allocate', 'fd_datasync', 'fd_fdstat_set_flags', 'fd_fdstat_set_rights', 'fd_filestat_get',
    'fd_filestat_set_size', 'fd_filestat_set_times', 'fd_pread', 'fd_pwrite', 'fd_read', 'fd_readdir',
    'fd_renumber', 'fd_sync', 'fd_tell', 'path_create_directory', 'path_filestat_get', 'path_filestat_set_times',
    'path_link', 'path_open', 'path_readlink', 'path_remove_directory', 'path_rename', 'path_symlink',
    'path_unlink_file', 'poll_oneoff', 'proc_raise', 'sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown',
];

export function wasiImports(instance) {
    const { args, env } = instance.app.options;
    const memory = () => instance.memory;
    const environ = () => textsOf(Object.entries(env).map(([name, value]) => `${name}=${value}`));
    const table = Object.fromEntries(REST.map((name) => [name, () => ENOSYS]));
    return Object.assign(table, {
        sched_yield: () => 0,
        fd_prestat_get: () => EBADF,
        fd_prestat_dir_name: () => EBADF,
        fd_fdstat_get: (fd, ptr) => describe(memory(), fd, ptr >>> 0),
        environ_sizes_get: (count, size) => sizes(memory(), environ(), count >>> 0, size >>> 0),
        environ_get: (list, at) => layOut(memory(), environ(), list >>> 0, at >>> 0),
        args_sizes_get: (count, size) => sizes(memory(), textsOf(args), count >>> 0, size >>> 0),
        args_get: (list, at) => layOut(memory(), textsOf(args), list >>> 0, at >>> 0),
        clock_res_get: (id, ptr) => clock(memory(), id, ptr >>> 0, 1000000n),
        clock_time_get: (id, _precision, ptr) =>
            clock(memory(), id, ptr >>> 0, id === 0 ? wallNs() : monotonicNs()),
        random_get: (ptr, len) => fillRandom(memory(), ptr >>> 0, len >>> 0) ? 0 : EFAULT,
    });
}

export const WASI_NAMES = new Set(Object.keys(wasiImports({ app: { options: { args: [], env: {} } } })));
