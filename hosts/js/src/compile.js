// Makes a WebAssembly.Module of the sources that `load` takes.
import { BadModule, checkFormat } from './module.js';

async function bytesOf(source) {
    if (source instanceof ArrayBuffer || ArrayBuffer.isView(source))
        return new Uint8Array(source.buffer ?? source, source.byteOffset ?? 0, source.byteLength);
    if (source instanceof URL || typeof source === 'string')
        source = await fetch(source);
    if (typeof Response === 'function' && source instanceof Response) {
        if (!source.ok)
            throw new BadModule(`${source.url || 'the module'} was answered with ${source.status}`);
        return new Uint8Array(await source.arrayBuffer());
    }
    throw new TypeError('load takes a WebAssembly.Module, bytes, a URL or a Response');
}

// source: a WebAssembly.Module, bytes, a URL, a Response, or a promise of one of them.
export async function compile(source) {
    source = await source;
    if (source instanceof WebAssembly.Module)
        return source;
    const bytes = await bytesOf(source);
    checkFormat(bytes);
    try {
        return await WebAssembly.compile(bytes);
    } catch (reason) {
        throw new BadModule(`the module cannot be compiled: ${reason.message}`, { cause: reason });
    }
}
