// usage: upstream.mjs CHECKOUT SCRATCH BINDINGS [js] : makes SCRATCH a copy of upstream Mocket with the backend in it;
// with `js`, a copy whose own JavaScript backend the packaged compiler can build.
//
// Two kinds of changes, each said on standard output: what every user of the backend does (bindings/moonbit/README.md),
// marked `+`, and what only the packaged compiler needs, which is older than upstream and has no package registry,
// marked `~`. An edit that finds nothing to change is an error: upstream has moved on and this file must follow.
import fs from 'node:fs';
import path from 'node:path';

const [checkout, scratch, bindings, target] = process.argv.slice(2);
const EXAMPLES = ['route', 'responder', 'cookie', 'websocket', 'body-reader'];
const LINK = `{
      "exports": [ "mocket_alloc", "mocket_handle", "mocket_done", "mocket_ws", "mocket_routes" ],
      "export-memory-name": "memory",
    }`;

// Imports of upstream's root package that its native backend uses, and those of its JavaScript backend.
const NATIVE = ['moonbitlang/x/fs', 'moonbitlang/async/io', 'moonbitlang/async/socket', 'moonbitlang/async/websocket'];
const JAVASCRIPT = ['moonbitlang/x/crypto', 'moonbitlang/x/codec/base64', 'oboard/mocket/js'];

const say = (mark, file, text) => console.log(`  ${mark} ${file}: ${text}`);
const inScratch = (file) => path.join(scratch, file);

function edit(mark, file, why, ...changes) {
    let text = fs.readFileSync(inScratch(file), 'utf8');
    for (const [from, to] of changes) {
        if (typeof from === 'string' ? !text.includes(from) : !from.test(text))
            throw new Error(`${file} has no ${from}: this Mocket is not the one that the edit knows (0.9.1)`);
        text = text.replaceAll(from, to);
    }
    fs.writeFileSync(inScratch(file), text);
    say(mark, file, why);
}

function copyIn(from, to) {
    fs.copyFileSync(path.join(bindings, from), inScratch(to));
    say('+', to, 'copied in');
}

function addBackend() {
    const files = fs.readdirSync(path.join(bindings, 'backend')).filter((name) => name.endsWith('.mbt')).sort();
    for (const name of files)
        copyIn(`backend/${name}`, name);
    const rows = files.map((name) => `    "${name}": [ "wasm", "wasm-gc" ],\n`).join('');
    edit('+', 'moon.pkg', 'targets and supported_targets name wasm and wasm-gc',
        ['supported_targets = "+js+native"', 'supported_targets = "+js+native+wasm+wasm-gc"'],
        ['"async.mbt": [ "js", "native" ]', '"async.mbt": [ "js", "native", "wasm", "wasm-gc" ]'],
        ['    "serve.mbt": [ "js" ],\n', `    "serve.mbt": [ "js", "wasm", "wasm-gc" ],\n${rows}`]);
    for (const name of ['cors', 'internal/header'])
        edit('+', `${name}/moon.pkg`, 'supported_targets',
            ['supported_targets = "+js+native"', 'supported_targets = "+js+native+wasm+wasm-gc"']);
}

function addExample(name) {
    const folder = `examples/${name}`;
    const source = fs.readdirSync(inScratch(folder)).find((file) => file.endsWith('.mbt'));
    copyIn('mocket_exports.mbt', `${folder}/mocket_exports.mbt`);
    edit('+', `${folder}/moon.pkg`, 'supported_targets, link',
        ['supported_targets = "+js+native"', 'supported_targets = "+js+native+wasm+wasm-gc"'],
        [/$/g, `\noptions(\n  link: {\n    "wasm": ${LINK},\n    "wasm-gc": ${LINK},\n  },\n)\n`]);
    edit('+', `${folder}/${source}`, 'a plain main', [/async fn main\b/g, 'fn main']);
}

// Newer spellings and what the packaged compiler calls them.
const SPELLINGS = [
    ['`fn` before the methods of an impl', /^((?:pub )?impl\b[^\n]*\bwith )(async )?fn /gm, '$1$2'],
    ['`fn` before the methods of a trait',
        /(?<=^(?:pub(?:\(open\))? )?trait \w+ \{[^}]*\n  (?:async )?)fn (?=\w+\()/gm, ''],
    ['Map([])', /\bMap\(\[\]\)/g, '{}'],
    ['@json.to_json(x)', /@json\.to_json\(/g, 'ToJson::to_json('],
    ['Buffer()', /\bBuffer\(\)/g, '@buffer.new()'],
];

function sourcesBelow(folder) {
    return fs.readdirSync(inScratch(folder), { withFileTypes: true }).flatMap((entry) => {
        const file = path.join(folder, entry.name);
        return entry.isDirectory() ? sourcesBelow(file) : file.endsWith('.mbt') ? [file] : [];
    });
}

function respell() {
    const count = new Map();
    for (const file of sourcesBelow('.')) {
        let text = fs.readFileSync(inScratch(file), 'utf8');
        for (const [what, from, to] of SPELLINGS)
            text = text.replace(from, (...m) => {
                count.set(what, (count.get(what) ?? 0) + 1);
                return to.replace(/\$(\d)/g, (_, i) => m[i] ?? '');
            });
        fs.writeFileSync(inScratch(file), text);
    }
    for (const [what, n] of count)
        say('~', 'sources', `${what}, ${n} times`);
}

function olderCompiler() {
    respell();
    edit('~', 'moon.pkg', 'imports of the other backends are left out',
        ...[...NATIVE, ...(target === 'js' ? [] : JAVASCRIPT)].map((name) => [`  "${name}",\n`, '']));
}

fs.cpSync(checkout, scratch, { recursive: true, filter: (from) => path.basename(from) !== '.git' });
if (target === 'js') {
    edit('~', 'examples/route/main.mbt', 'a plain main', [/async fn main\b/g, 'fn main']);
    edit('~', 'mocket.js.mbt', 'a variable that is never assigned', ['let mut headers_obj', 'let headers_obj']);
} else {
    addBackend();
    EXAMPLES.forEach(addExample);
}
olderCompiler();
