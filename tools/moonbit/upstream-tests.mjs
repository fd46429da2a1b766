// usage: upstream-tests.mjs HOME TARGET OUT SCRATCH [NAME=FOLDER...]
//
// Builds upstream's own tests into one guest. `GET /` lists them, a line each; `GET /N` runs the N-th as a handler
// runs, so that asynchronous tests work too: 200, or 500 with what it raised. Tests stand in three packages: the
// root's own files and test files, which use its names without a prefix, become the main package; those of the other
// packages are lists that it imports. What compares with another backend's figures (benchmarks) is not run.
import fs from 'node:fs';
import path from 'node:path';
import { Build, moduleOf } from './build.mjs';
import { imports, readManifest, sourceFiles } from './manifest.mjs';

const [home, target, out, scratch, ...places] = process.argv.slice(2);
const EXPORTS = ['mocket_alloc', 'mocket_handle', 'mocket_done', 'mocket_ws'];
const ROOT = 'oboard/mocket';

// `(__test_68_0, ["name"])` rows of the tests without arguments, plain and asynchronous.
// A file's name, or a test with its own: on one line, or a line for each part.
const ROW = new RegExp([
    /"([\w./-]+)": \{/,
    /\((__test_\w+), \[([^\]]*)\]\)/,
    /\(\s*(__test_\w+),\s*\[([^\]]*)\],\s*\)/,
].map((row) => row.source).join('|'), 'g');

function testRows(info) {
    const rows = [];
    for (const part of ['no_args_tests', 'async_tests']) {
        const text = info.slice(info.indexOf(`let ${part} = {`));
        for (const m of text.slice(0, text.indexOf('\n}\n')).matchAll(ROW))
            if (m[1])
                rows.file = m[1];
            else
                rows.push({ file: rows.file, call: m[2] ?? m[4],
                    name: JSON.parse(`[${(m[3] ?? m[5]).replace(/,\s*$/, '')}]`)[0] ?? '' });
    }
    return rows;
}

class TestBuild extends Build {
    async listOf(files) {
        const texts = files.map((file) => [path.basename(file), fs.readFileSync(file, 'utf8')]);
        const rows = testRows(await this.compiler.genTestInfo({ mbtFiles: texts }));
        const item = (row) => `  (${JSON.stringify(`${row.file}: ${row.name}`)}, async fn() { ${row.call}() }),\n`;
    const items = rows.map(item);
        return [texts, `///|\npub let wasm_tests : Array[(String, async () -> Unit)] = [\n${items.join('')}]\n`];
    }

    async addTests(folder, module, suffix, extra, isMain, driver) {
        const name = path.join(module.name, folder);
        const at = path.join(module.root, folder);
        const manifest = readManifest(at, 'moon.pkg');
        const all = sourceFiles(at, manifest, target, { tests: true });
        const files = suffix ? all.filter((file) => file.endsWith('_test.mbt')) : all;
        const [texts, list] = await this.listOf(files);
        const deps = [...imports(manifest), ...extra];
        for (const dep of deps)
            if (!this.units.has(dep.path))
                await this.add(dep.path, this.find(dep.path, module, name), module);
        await this.compile(name + suffix, [...texts, ['wasm_tests.mbt', list + driver]], deps, isMain);
    }
}

const DRIVER = `
///|
fn every_test() -> Array[(String, async () -> Unit)] {
  [..wasm_tests, ..@header_tests.wasm_tests, ..@uri_tests.wasm_tests]
}

///|
async fn run_test(event : MocketEvent) -> &Responder {
  let mut at = 0
  for c in event.params.get("n").unwrap_or("") {
    at = at * 10 + (c.to_int() - 48)
  }
  guard every_test().get(at) is Some((name, run)) else {
    return HttpResponse::new(NotFound).body("no such test")
  }
  run() catch {
    err => return HttpResponse::new(InternalServerError).body("\\{name}: \\{err}")
  }
  name
}

///|
fn main {
  let app = new()
  app.get("/", _ => every_test().map(t => t.0).join("\\n") + "\\n")
  app.get("/:n", run_test)
  app.listen(":4000")
}
`;

const build = new TestBuild(home, target, places.map((place) => place.split(/=(.*)/s, 2)));
const module = moduleOf(scratch);
const header = `${ROOT}/internal/header`;
await build.addTests('internal/header', module, '_blackbox_test', [{ path: header, alias: 'header' }], false, '');
await build.addTests('uri', module, '', [], false, '');
await build.addTests('', module, '', [
    { path: `${header}_blackbox_test`, alias: 'header_tests' },
    { path: `${ROOT}/uri`, alias: 'uri_tests' },
], true, DRIVER);
await build.write(out, ROOT, { exports: EXPORTS });
