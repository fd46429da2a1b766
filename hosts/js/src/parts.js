// Parts of the host that only some apps need. `load` imports a part when the module, or an option, asks for it. Each
// part is the namespace of its module, or null. Where there is no import(), all-parts.js has all of them.
const BODIES = /^(?:fields|respond_begin|body_|deadline)/;
const WAITS = /^(?:ready|sleep|drop|await|fetch)/, FETCHES = /^fetch/, SOCKETS = /^(?:ws_|publish$)/;
export const BASIC = /^(?:fd_write|fd_close|fd_seek|proc_exit)$/; // of preview 1: wasi-basic.js has them

export async function partsFor(code, { allowNet, trustedProxy } = {}) {
    const imports = WebAssembly.Module.imports(code), exports = WebAssembly.Module.exports(code);
    const has = (from, pattern) => imports.some(({ module, name }) => module === from && pattern.test(name));
    const isOther = ({ module, name }) => module === 'wasi_snapshot_preview1' && !BASIC.test(name);
    const isForeign = ({ module }) => module !== 'mocket' && module !== 'wasi_snapshot_preview1';
    const fetches = has('mocket', FETCHES);
    const wanted = {
        body: has('mocket', BODIES) && import('./imports/body.js'),
        wait: has('mocket', WAITS) && import('./imports/wait.js'),
        fetch: fetches && import('./imports/fetch.js'),
        allow: (fetches || allowNet?.length > 0) && import('./allow.js'),
        socket: (has('mocket', SOCKETS) || exports.some(({ name }) => name === 'mocket_ws')) &&
            import('./imports/socket.js'),
        forwarded: trustedProxy?.length > 0 && import('./forwarded.js'),
        wasi: imports.some(isOther) && import('./wasi.js'),
        moonbit: imports.some(isForeign) && import('./imports/moonbit.js'),
    };
    const parts = {};
    for (const [name, part] of Object.entries(wanted))
        parts[name] = await part || null;
    return parts;
}
