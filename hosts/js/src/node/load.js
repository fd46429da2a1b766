// `load` for Node: paths and file URLs too, and outgoing requests by node:http, which shows the addresses.
import { readFile } from 'node:fs/promises';
import { isFile } from '../files.js';
import { load as loadAnywhere } from '../index.js';
import { nodeTransport } from './transport.js';

export async function load(source, options = {}) {
    source = await source;
    return loadAnywhere(isFile(source) ? await readFile(source) : source, { transport: nodeTransport, ...options });
}
