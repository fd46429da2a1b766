// mocket: serves a guest of Mocket's ABI (docs/abi.md) in any JavaScript engine.
import { App } from './app.js';
import { compile } from './compile.js';
import { BadModule } from './module.js';
import { partsFor } from './parts.js';

// source: a WebAssembly.Module, bytes, a URL, a Response, or a promise of one of them.
export async function load(source, options) {
    const code = await compile(source);
    return new App(code, options, await partsFor(code, options ?? {}));
}

export { App, BadModule };
