// Whether a file is a guest is decided once, here, with a message that a person can act on: which export is missing,
// which import this host does not provide.
import { EXPORTS, IMPORTS, MINOR, VERSION } from './abi.js';
import { BASIC } from './parts.js';

const JSPI_VERSIONS = 'Node 24.21, Deno 2.9, Bun 1.4, workerd and Chromium 137 have it';

export class BadModule extends TypeError {
    name = 'BadModule';
}

const canSuspend = () => typeof WebAssembly.Suspending === 'function' && typeof WebAssembly.promising === 'function';

const isMagic = (bytes) => bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6D;

// Checks the first bytes.
export function checkFormat(bytes) {
    if (bytes.length < 8 || !isMagic(bytes))
        throw new BadModule('not a WebAssembly module: it does not begin with \\0asm');
    if (bytes[6] === 1)
        throw new BadModule('a WebAssembly component; this host serves core modules');
}

function checkExports(code) {
    const found = new Map(WebAssembly.Module.exports(code).map(({ name, kind }) => [name, kind]));
    if (found.get('memory') !== 'memory')
        throw new BadModule('it exports no memory named "memory"');
    for (const name of Object.keys(EXPORTS))
        if (found.has(name) && found.get(name) !== 'function')
            throw new BadModule(`its export "${name}" is not a function`);
    for (const name of ['mocket_alloc', 'mocket_handle'])
        if (!found.has(name))
            throw new BadModule(`it exports no "${name}": it is not a Mocket app (a C program becomes one by calling ` +
                'mocket_listen in main)');
    if (!found.has('mocket_start') && !found.has('_start'))
        throw new BadModule('it exports neither "mocket_start" nor "_start"');
    return found;
}

// parts: those that the module may need.
function isProvided({ module, name }, { wasi, moonbit }) {
    if (module === 'mocket')
        return IMPORTS.includes(name);
    return module === 'wasi_snapshot_preview1' ? BASIC.test(name) || (wasi?.WASI_NAMES.has(name) ?? false)
        : moonbit?.MOONBIT_MODULES.includes(module) ?? false;
}

function checkImports(code, parts) {
    const imports = WebAssembly.Module.imports(code);
    for (const row of imports)
        if (row.kind !== 'function' || !isProvided(row, parts))
            throw new BadModule(`it imports ${row.module}.${row.name}, which this host (guest ABI ` +
                `${VERSION}.${MINOR}) does not provide`);
    return new Set(imports.filter(({ module }) => module === 'mocket').map(({ name }) => name));
}

// Checks that need an instance: the number of parameters of its exports (not their types), and that its memory is not
// shared.
export function checkInstance(exports) {
    for (const [name, type] of Object.entries(EXPORTS)) {
        const count = type.indexOf(':'), found = exports[name]?.length ?? count;
        if (found !== count)
            throw new BadModule(`its export "${name}" has ${found} parameters, it must have ${count}`);
    }
    if (!(exports.memory.buffer instanceof ArrayBuffer))
        throw new BadModule('its memory is shared: build it without threads');
}

// A compiled module that was found to be a guest. direct: its handlers are suspended while they wait.
export class Module {
    constructor(code, parts) {
        const exports = checkExports(code), imports = checkImports(code, parts);
        const waits = ['sleep', 'ready', 'fetch_wait'].find((name) => imports.has(name));
        this.code = code;
        this.hasSockets = exports.has('mocket_ws');
        this.direct = imports.has('await') || imports.has('await_any');
        if (waits !== undefined && !this.direct && !exports.has('mocket_done'))
            throw new BadModule(`it imports mocket.${waits} and neither imports mocket.await nor exports ` +
                '"mocket_done"');
        if (this.direct && !canSuspend())
            throw new BadModule('its handlers wait (it imports mocket.await), and this engine has no ' +
                `WebAssembly.Suspending (JavaScript Promise Integration): ${JSPI_VERSIONS}`);
    }
}
