// `load` for Deno: paths and file URLs too.
import { isFile } from '../files.js';
import { load as loadAnywhere } from '../index.js';

export async function load(source, options) {
    source = await source;
    return loadAnywhere(isFile(source) ? await Deno.readFile(source) : source, options);
}
