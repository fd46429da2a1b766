// `load` for Deno: paths and file URLs too, and outgoing requests by its node:http, which shows the addresses.
import { isFile } from '../files.js';
import { load as loadAnywhere } from '../index.js';
import { nodeTransport } from '../node/transport.js';
import { useQuickAnswers } from './answer.js';

export async function load(source, options = {}) {
    useQuickAnswers();
    source = await source;
    const file = isFile(source) ? await Deno.readFile(source) : source;
    return loadAnywhere(file, { transport: nodeTransport, ...options });
}
