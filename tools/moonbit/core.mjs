// usage: core.mjs HOME TARGET... : compiles MoonBit's core library, once, into HOME/core/TARGET.
//
// The sources travel inside the editor package as base64 assignments; `_build/packages.json` among them tells the
// packages, their files by target, and what they depend on.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { loadCompiler } from './compiler.mjs';

const BACKENDS = { js: 'Js', 'wasm-gc': 'WasmGC', wasm: 'Wasm' };
const ROOT = 'moonbitlang/core';

// What a package's object files are called, and what the compiler calls its sources.
const sourceOf = (name) => `${name}:moonbit-core:/lib/core/${name.slice(ROOT.length + 1)}`;

function unpack(home) {
    const file = path.join(home, 'node_modules/@moonbit/moonpad-monaco/dist/moonpad-monaco.js');
    const text = fs.readFileSync(file, 'utf8');
    const literals = new Map();
    // Anchored at the blank: a pattern that began with the name would crawl through all of the base64.
    for (const m of text.matchAll(/ = [a-zA-Z_$]+\("([A-Za-z0-9+/=]*)"\)/g)) {
        const name = /[\w$]+$/.exec(text.slice(m.index - 40, m.index))?.[0];
        if (name && !literals.has(name))
            literals.set(name, m[1]);
    }
    const files = new Map();
    for (const m of text.matchAll(/\["\/lib\/core\/([^"]+)"\] = ([A-Za-z0-9_$]+);/g)) {
        if (!literals.has(m[2]))
            throw new Error(`the core library's ${m[1]} is missing in ${file}`);
        const bytes = Buffer.from(literals.get(m[2]), 'base64');
        if (m[1].endsWith('.gz'))
            files.set(m[1].slice(0, -3), zlib.gunzipSync(bytes).toString());
        else
            files.set(m[1], bytes.toString());
    }
    if (!files.has('_build/packages.json'))
        throw new Error(`no core library in ${file}`);
    return files;
}

function inOrder(packages) {
    const order = new Set();
    const visit = (name) => {
        if (order.has(name))
            return;
        for (const dep of packages.get(name).deps)
            visit(dep.path);
        order.add(name);
    };
    for (const name of packages.keys())
        visit(name);
    return [...order];
}

function closure(packages, name, found = new Set()) {
    for (const dep of packages.get(name).deps)
        if (!found.has(dep.path)) {
            found.add(dep.path);
            closure(packages, dep.path, found);
        }
    return found;
}

async function compile(compiler, packages, files, built, name, target) {
    const p = packages.get(name);
    const wanted = ([, when]) => when.backend.includes(BACKENDS[target]) && when.optlevel.includes('Release');
    const direct = new Set(p.deps.map((dep) => dep.path));
    const all = [...closure(packages, name)];
    const result = await compiler.buildPackage({
        mbtFiles: Object.entries(p.files).filter(wanted)
            .map(([f]) => [f, files.get(f.replace('moonbit-core:/lib/core/', ''))]),
        miFiles: p.deps.map((dep) => [`${dep.path}:${dep.alias || dep.path.split('/').pop()}`, built.get(dep.path).mi]),
        indirectImportMiFiles: all.filter((x) => !direct.has(x)).map((x) => [x, built.get(x).mi]),
        stdMiFiles: [],
        target,
        pkg: name,
        pkgSources: [name, ...all].map(sourceOf),
        isMain: false,
        errorFormat: 'human',
        enableValueTracing: false,
        noOpt: false,
        noStd: true,
    });
    if (!result.core)
        throw new Error(`${name} does not compile:\n${(result.diagnostics ?? []).slice(0, 5).join('\n')}`);
    return result;
}

async function build(home, target) {
    const compiler = loadCompiler(home);
    const files = unpack(home);
    const list = JSON.parse(files.get('_build/packages.json')).packages;
    const packages = new Map(list.map((p) => [ROOT + (p.rel ? '/' + p.rel : ''), p]));
    const built = new Map();
    const out = path.join(home, 'core', target);
    for (const name of inOrder(packages)) {
        const result = await compile(compiler, packages, files, built, name, target);
        built.set(name, result);
        const base = path.join(out, name);
        fs.mkdirSync(path.dirname(base), { recursive: true });
        fs.writeFileSync(base + '.mi', result.mi);
        fs.writeFileSync(base + '.core', result.core);
    }
    const index = [...built.keys()].map((name) => ({ name, deps: packages.get(name).deps.map((dep) => dep.path) }));
    fs.writeFileSync(path.join(out, 'index.json'), JSON.stringify(index, null, 1));
    return index.length;
}

const [home, ...targets] = process.argv.slice(2);
for (const target of targets) {
    const start = Date.now();
    const count = await build(home, target);
    const seconds = Math.round((Date.now() - start) / 1000);
    console.error(`setup-moonbit: ${count} packages of the core library for ${target} in ${seconds} s`);
}
