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

// How the passes of one level are run. No reference crosses the border of a module of the GC target: its functions have
// numbers as parameters. So the types are known from end to end (--closed-world), and what can reach each place may be
// computed from all of the module (--gufa): closures then become direct calls, which are inlined.
// On linear memory a closure is a number, and more inlining pays instead: these limits make a module faster and no
// larger.
const PASSES = {
    wasm: (level) => [`-O${level}`, ...('34'.includes(level) ? ['-fimfs', '30', '-aimfs', '8'] : [])],
    'wasm-gc': (level) => ['--closed-world', `-O${level}`, '--gufa', `-O${level}`],
};

// Optimises the module in `file` for a target at one of LEVELS; 0 leaves it as it is. names: keep those of functions.
export function optimise(home, target, file, level, names) {
    if (level === '0')
        return;
    const tool = path.join(home, 'node_modules/binaryen/bin/wasm-opt');
    const out = `${file}.opt`;
    const words = ['--mvp-features', ...FEATURES[target].map((name) => `--enable-${name}`),
        ...PASSES[target](level), ...(names ? ['-g'] : []), file, '-o', out];
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
