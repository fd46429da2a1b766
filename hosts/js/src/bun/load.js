// `load` for Bun: paths and file URLs too.
import { isFile } from '../files.js';
import { load as loadAnywhere } from '../index.js';

export async function load(source, options) {
    source = await source;
    return loadAnywhere(isFile(source) ? await Bun.file(source).bytes() : source, options);
}
