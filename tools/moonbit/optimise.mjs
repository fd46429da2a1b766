// Binaryen's wasm-opt over a linked module. The MoonBit compiler leaves calls that could be inlined and locals that are
// copied once more.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Refused } from './manifest.mjs';

export const LEVELS = ['0', '1', '2', '3', '4', 's', 'z'];
export const LEVEL = '3'; // unless somebody says otherwise

// Features that every engine for the target has. With all features allowed, binaryen writes encodings that engines
// refuse.
const FEATURES = {
    wasm: ['mutable-globals', 'nontrapping-float-to-int', 'sign-ext', 'bulk-memory', 'bulk-memory-opt', 'multivalue',
        'reference-types'],
};
FEATURES['wasm-gc'] = [...FEATURES.wasm, 'gc', 'tail-call'];

// Optimises the module in `file` for a target at one of LEVELS; 0 leaves it as it is. names: keep those of functions.
export function optimise(home, target, file, level, names) {
    if (level === '0')
        return;
    const tool = path.join(home, 'node_modules/binaryen/bin/wasm-opt');
    const out = `${file}.opt`;
    const words = [`-O${level}`, '--mvp-features', ...FEATURES[target].map((name) => `--enable-${name}`),
        ...(names ? ['-g'] : []), file, '-o', out];
    const done = spawnSync(process.execPath, [tool, ...words], { stdio: ['ignore', 2, 2] });
    if (done.status !== 0)
        throw new Refused(`wasm-opt failed (${done.error ?? done.signal ?? `exit code ${done.status}`}); ` +
            '-O0 leaves the module as it was compiled');
    fs.renameSync(out, file);
}

// optimise.mjs HOME TARGET FILE LEVEL [names]: for a module that another compiler wrote.
if (import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
    const [home, target, file, level, names] = process.argv.slice(2);
    try {
        optimise(home, target, file, level, names === 'names');
    } catch (error) {
        console.error(`moonbit-build: ${error instanceof Refused ? error.message : error.stack}`);
        process.exit(1);
    }
}
