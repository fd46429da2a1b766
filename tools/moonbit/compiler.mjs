// The packaged MoonBit compiler as three functions.
//
// The package is made for a browser's worker: it waits for messages and posts answers. Here it runs in a context of
// its own with just the names that it looks for. Its state does not survive a second compilation, so every call gets
// a new context; the script is parsed once.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

// It also prints warnings about the core library, which are not its user's.
const SILENT = { log() {}, warn() {}, error() {} };

export function loadCompiler(home) {
    const file = path.join(home, 'node_modules/@moonbit/moonc-worker/moonc-worker.js');
    const script = new vm.Script(fs.readFileSync(file, 'utf8'), { filename: 'moonc-worker.js' });
    const call = (name, argument) => callOnce(script, name, argument);
    return {
        buildPackage: (argument) => call('buildPackage', argument),
        linkCore: (argument) => call('linkCore', argument),
        genTestInfo: (argument) => call('genTestInfo', argument),
    };
}

function callOnce(script, name, argument) {
    return new Promise((resolve, reject) => {
        let listener;
        const answer = (message) => {
            if (message.type === 'HANDLER')
                reject(new Error(message.value?.value?.message ?? JSON.stringify(message.value)));
            else
                resolve(message.value);
        };
        const context = vm.createContext({
            console: SILENT, TextEncoder, TextDecoder, Uint8Array, ArrayBuffer, MessageChannel, setTimeout,
                clearTimeout,
            Promise, Map, WeakMap, Proxy, Symbol, performance, URL, process: undefined,
            addEventListener: (type, f) => { listener = f; },
            removeEventListener() {},
            postMessage: answer,
        });
        context.self = context;
        context.globalThis = context;
        script.runInContext(context);
        const data = { id: '1', type: 'APPLY', path: [name], argumentList: [{ type: 'RAW', value: argument }] };
        listener({ data, origin: '' });
    });
}
