// `load` for Node: paths and file URLs too, and outgoing requests by node:http, which shows the addresses.
import { readFile } from 'node:fs/promises';
import { load as loadAnywhere } from '../index.js';
import { nodeTransport } from './transport.js';

export async function load(source, options = {}) {
    source = await source;
    const isFile = typeof source === 'string' ? !/^[a-z]+:\/\//i.test(source) :
        source instanceof URL && source.protocol === 'file:';
    return loadAnywhere(isFile ? await readFile(source) : source, { transport: nodeTransport, ...options });
}
