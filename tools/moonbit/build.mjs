// usage: build.mjs HOME TARGET OUT DIR [OUT DIR...] [NAME=FOLDER...]
//
// Builds the executable package in each DIR with the packaged compiler. HOME is what tools/setup-moonbit printed. The
// module around DIR (its `moon.mod` or `moon.mod.json`) gives the package names; other modules are looked for in its
// `.mooncakes`, where `moon` puts them, and in the folders given as NAME=FOLDER, which win.
// For the target js, which only bench/moonbit uses, OUT is an ES module that runs when it is loaded.
//   WARN=1 prints the compiler's warnings too, WAT=1 writes text, DEBUG=1 keeps names, LEVEL=0 to 4, s or z says how
//   much binaryen optimises (optimise.mjs).
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadCompiler } from './compiler.mjs';
import { imports, readManifest, Refused, sourceFiles, supports } from './manifest.mjs';
import { exportMemory, exportNames } from './memory.mjs';
import { LEVEL, optimise } from './optimise.mjs';

const CORE = 'moonbitlang/core';
const PRELUDE = `${CORE}/prelude`;

export function moduleOf(folder) {
    for (let at = path.resolve(folder); ; at = path.dirname(at)) {
        const manifest = readManifest(at, 'moon.mod');
        if (manifest)
            return { root: path.join(at, manifest.source ?? ''), name: manifest.name, cakes: path.join(at,
                '.mooncakes') };
        if (at === path.dirname(at))
            throw new Refused(`${folder} is in no module: no moon.mod above it`);
    }
}

// The core library of one target: object files on the disk, read when a build needs them.
function openCore(home, target) {
    const folder = path.join(home, 'core', target);
    const index = JSON.parse(fs.readFileSync(path.join(folder, 'index.json'), 'utf8'));
    const read = (name, end) => new Uint8Array(fs.readFileSync(path.join(folder, name + end)));
    return index.map(({ name, deps }) => ({
        name, deps,
        source: `${name}:moonbit-core:/lib/core/${name.slice(CORE.length + 1)}`,
        mi: read(name, '.mi'),
        core: read(name, '.core'),
    }));
}

export class Build {
    constructor(home, target, places) {
        this.home = home;
        this.compiler = loadCompiler(home);
        this.target = target;
        this.places = places;
        this.units = new Map(openCore(home, target).map((unit) => [unit.name, unit]));
        this.core = [...this.units.values()];
    }

    // The folder of a package by its full name, or an error that names who asked.
    find(name, module, asker) {
        for (const [prefix, folder] of [...this.places, [module.name, module.root]])
            if (name === prefix || name.startsWith(prefix + '/'))
                return path.join(folder, name.slice(prefix.length));
        for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
            const root = path.join(module.cakes, name.slice(0, end));
            const manifest = readManifest(root, 'moon.mod');
            if (manifest)
                return path.join(root, manifest.source ?? '', name.slice(end));
        }
        throw new Refused(`${asker} imports ${name}, which is neither in its module nor in .mooncakes`);
    }

    closure(names, found = new Set()) {
        for (const name of names)
            if (!found.has(name)) {
                found.add(name);
                this.closure(this.units.get(name).deps, found);
            }
        return found;
    }

    // Compiles a package after everything it imports.
    async add(name, folder, module, waiting = []) {
        if (this.units.has(name))
            return;
        if (waiting.includes(name))
            throw new Refused(`${name} imports itself: ${[...waiting, name].join(' > ')}`);
        const manifest = readManifest(folder, 'moon.pkg');
        if (!manifest)
            throw new Refused(`${folder} has no moon.pkg`);
        if (!supports(manifest, this.target))
            throw new Refused(`${name} does not support ${this.target} (supported_targets in its moon.pkg)`);
        const deps = imports(manifest);
        for (const dep of deps)
            if (!this.units.has(dep.path))
                await this.add(dep.path, this.find(dep.path, module, name), module, [...waiting, name]);
        const files = await this.read(name, sourceFiles(folder, manifest, this.target));
        await this.compile(name, files, deps, Boolean(manifest['is-main']));
        return manifest;
    }

    // The texts of a package's files.
    async read(_name, files) {
        return files.map((file) => [file, fs.readFileSync(file, 'utf8')]);
    }

    async compile(name, files, deps, isMain) {
        const direct = deps.map((dep) => [`${dep.path}:${dep.alias}`, this.units.get(dep.path).mi]);
        if (!deps.some((dep) => dep.path === PRELUDE))
            direct.push([`${PRELUDE}:prelude`, this.units.get(PRELUDE).mi]);
        const named = new Set([...deps.map((dep) => dep.path), PRELUDE]);
        const indirect = [...this.closure([...named])].filter((x) => !named.has(x));
        this.units.set(name, { name, deps: deps.map((dep) => dep.path), source: `${name}:${name}` });
        const result = await this.compiler.buildPackage({
            mbtFiles: files,
            miFiles: direct,
            indirectImportMiFiles: indirect.map((x) => [x, this.units.get(x).mi]),
            stdMiFiles: this.core.map((unit) => [unit.name, unit.mi]),
            target: this.target,
            pkg: name,
            pkgSources: this.sources(),
            isMain,
            errorFormat: 'human',
            enableValueTracing: false,
            noOpt: false,
        });
        this.report(name, result);
        Object.assign(this.units.get(name), { mi: result.mi, core: result.core });
    }

    report(name, result) {
        const [errors, warnings] = [[], []];
        for (const text of result.diagnostics ?? [])
            (/\] Warning\b/.test(text) ? warnings : errors).push(text);
        if (process.env.WARN)
            console.error(warnings.join('\n'));
        if (!result.core)
            throw new Refused(`${name} does not compile\n${errors.join('\n').replaceAll(`${name}//`, '/')}`);
    }

    sources() {
        return [...this.units.values()].map((unit) => unit.source);
    }

    async link(main, exported, { wat, debug }) {
        const needed = this.closure([main, PRELUDE]);
        const units = [...this.units.values()].filter((unit) => needed.has(unit.name));
        const { result } = await this.compiler.linkCore({
            coreFiles: units.map((unit) => unit.core),
            main,
            pkgSources: this.sources(),
            target: this.target,
            exportedFunctions: exported,
            outputFormat: wat ? 'wat' : 'wasm',
            testMode: false,
            debug,
            noOpt: false,
            sourceMap: false,
            sources: {},
            stopOnMain: false,
        });
        return Buffer.from(result);
    }

    // Links `main` into the file `out`; `link` is what its manifest says of this target.
    async write(out, main, link) {
        const { WAT: wat, DEBUG: debug, LEVEL: level = LEVEL } = process.env;
        const isModule = !wat && this.target !== 'js';
        const linked = await this.link(main, link.exports, { wat: Boolean(wat), debug: Boolean(debug) });
        const missing = !isModule ? [] : exportedAs(link.exports).filter((name) => !exportNames(linked).includes(name));
        if (missing.length > 0)
            throw new Refused(`${main} has no function ${missing[0]}: copy bindings/moonbit/mocket_exports.mbt ` +
                'into it');
        const whole = `${out}.${process.pid}`; // written whole or not at all: a host may be watching it
        fs.writeFileSync(whole, isModule ? exportMemory(linked, link['export-memory-name']) : linked);
        if (isModule)
            optimise(this.home, this.target, whole, level, Boolean(debug));
        fs.renameSync(whole, out);
    }
}

// `name` or `name:alias`: what a host will find.
function exportedAs(names) {
    return names.map((name) => name.split(':').at(-1));
}

async function buildOne(build, out, dir) {
    const folder = path.resolve(dir);
    const module = moduleOf(folder);
    const name = path.join(module.name, path.relative(module.root, folder));
    const manifest = await build.add(name, folder, module);
    if (!manifest['is-main'])
        throw new Refused(`${name} is not an executable (pkgtype in its moon.pkg)`);
    const link = build.target === 'js' ? { exports: [] } : manifest.link?.[build.target];
    if (!link?.exports)
        throw new Refused(`${name} names no exports for ${build.target} (link in its moon.pkg)`);
    await build.write(out, name, link);
}

async function main([home, target, ...rest]) {
    const places = rest.filter((word) => word.includes('=')).map((word) => word.split(/=(.*)/s, 2));
    const pairs = rest.filter((word) => !word.includes('='));
    const build = new Build(home, target, places);
    for (let i = 0; i < pairs.length; i += 2)
        await buildOne(build, pairs[i], pairs[i + 1]);
}

if (import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href)
    main(process.argv.slice(2)).catch((error) => {
        console.error(`moonbit-build: ${error instanceof Refused ? error.message : error.stack}`);
        process.exit(1);
    });
