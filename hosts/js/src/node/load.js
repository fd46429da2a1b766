// `load` for Node: paths and file URLs too, and outgoing requests by node:http, which shows the addresses.
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { isFile } from '../files.js';
import { load as loadAnywhere } from '../index.js';
import { nodeTransport } from './transport.js';

// Three quarters of the machine's memory, or of the limit of its control group.
function memoryTotal() {
    const limit = process.constrainedMemory?.() ?? 0, all = totalmem();
    return Math.floor((limit > 0 && limit < all ? limit : all) * 0.75);
}

export async function load(source, options = {}) {
    source = await source;
    const bytes = isFile(source) ? await readFile(source) : source;
    return loadAnywhere(bytes, { transport: nodeTransport, maxMemoryTotal: memoryTotal(), ...options });
}
