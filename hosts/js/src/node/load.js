// `load` for Node: paths and file URLs too, and outgoing requests by node:http, which shows the addresses.
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { isFile } from '../files.js';
import { load as loadAnywhere } from '../index.js';
import { nodeTransport } from './transport.js';

const STACK_KIB = 64, STACK_LEAST = 64, STACK_MOST = 984; // the most is V8's own size

// Three quarters of the machine's memory, or of the limit of its control group.
function memoryTotal() {
    const limit = process.constrainedMemory?.() ?? 0, all = totalmem();
    return Math.floor((limit > 0 && limit < all ? limit : all) * 0.75);
}

// Each handler that waits keeps a stack. V8 keeps about 4 MiB of stacks and maps the others anew each time, which costs
// more than the rest of a request; so stacks are small. The size is a setting of V8 for the whole process: the first
// `load` sets it.
let stackKiB = 0;

function setStackSize(kib = stackKiB || STACK_KIB) {
    if (!Number.isInteger(kib) || kib < STACK_LEAST || kib > STACK_MOST)
        throw new TypeError(`the option "stackKiB" must be a whole number of ${STACK_LEAST} to ${STACK_MOST}`);
    if (stackKiB !== 0 && stackKiB !== kib)
        throw new TypeError(`stackKiB is ${stackKiB} in this process: the first load has set it`);
    stackKiB = kib;
    setFlagsFromString(`--wasm-stack-switching-stack-size=${kib}`);
}

export async function load(source, { stackKiB: stack, ...options } = {}) {
    source = await source;
    setStackSize(stack);
    const bytes = isFile(source) ? await readFile(source) : source;
    return loadAnywhere(bytes, { transport: nodeTransport, maxMemoryTotal: memoryTotal(), ...options });
}
