// Reads `moon.pkg` and `moon.mod` in both of their forms, MoonBit's own and JSON, as far as a build needs it.
import fs from 'node:fs';
import path from 'node:path';

// What a user did wrong: told as it is, without our stack.
export class Refused extends Error {}

// ---- the text form: `import { "a/b" @alias, } for "test"`, `name = value`, `options(name: value)` ----

const TOKEN = /\s+|\/\/[^\n]*|"((?:[^"\\]|\\.)*)"|@?[A-Za-z_][\w-]*|-?\d+|[{}()[\]:,=]/gy;

function lineOf(text, at) {
    return text.slice(0, at).split('\n').length;
}

function tokens(text, file) {
    const list = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
        const at = TOKEN.lastIndex;
        const m = TOKEN.exec(text);
        if (!m)
            throw new Refused(`${file}:${lineOf(text, at)}: cannot read ${text.slice(at, at + 30).split('\n')[0]}`);
        if (!/^(\s|\/\/)/.test(m[0]))
            list.push({ text: m[0], line: lineOf(text, at) });
    }
    return list;
}

class Reader {
    constructor(text, file) {
        this.list = tokens(text, file);
        this.file = file;
        this.at = 0;
    }
    get next() { return this.list[this.at]?.text; }
    wrong(wanted) {
        const { text, line } = this.list[this.at] ?? { text: 'the end', line: this.list.at(-1)?.line ?? 1 };
        throw new Refused(`${this.file}:${line}: ${wanted} expected, not ${text}`);
    }
    take(wanted) {
        if (this.next === undefined || (wanted !== undefined && this.next !== wanted))
            this.wrong(wanted ?? 'more');
        return this.list[this.at++].text;
    }
    text() {
        if (!this.next?.startsWith('"'))
            this.wrong('a text in quotation marks');
        return JSON.parse(this.take());
    }
    skip(token) {
        if (this.next !== token)
            return false;
        this.at++;
        return true;
    }
    value() {
        if (this.next?.startsWith('"'))
            return this.text();
        if (!/^([[{]|true$|false$|-?\d)/.test(this.next ?? ''))
            this.wrong('a value');
        const token = this.take();
        if (token === '[')
            return this.items(']', () => this.value());
        if (token === '{')
            return Object.fromEntries(this.items('}', () => this.pair()));
        return { true: true, false: false }[token] ?? Number(token);
    }
    pair() {
        const name = this.take();
        this.take(':');
        return [name.startsWith('"') ? JSON.parse(name) : name, this.value()];
    }
    items(end, one) {
        const list = [];
        while (!this.skip(end)) {
            list.push(one());
            if (!this.skip(','))
                return this.take(end), list;
        }
        return list;
    }
    imported() {
        const name = this.text();
        return this.next?.startsWith('@') ? { path: name, alias: this.take().slice(1) } : name;
    }
    manifest() {
        const found = { import: [] };
        while (this.next !== undefined) {
            const word = this.take();
            if (word === 'import') {
                this.take('{');
                const list = this.items('}', () => this.imported());
                const purpose = this.skip('for') ? this.text() : '';
                const key = purpose ? `${purpose}-import` : 'import';
                found[key] = (found[key] ?? []).concat(list);
            } else if (this.skip('=')) {
                found[word.replaceAll('_', '-')] = this.value();
            } else {
                this.take('(');
                const options = Object.fromEntries(this.items(')', () => this.pair()));
                if (word === 'pkgtype')
                    found['is-main'] = options.kind === 'executable';
                else
                    Object.assign(found, options);
            }
        }
        return found;
    }
}

// `name` is "moon.pkg" or "moon.mod"; null when the folder has none.
export function readManifest(folder, name) {
    const text = path.join(folder, name);
    if (fs.existsSync(text))
        return new Reader(fs.readFileSync(text, 'utf8'), text).manifest();
    const json = text + '.json';
    if (!fs.existsSync(json))
        return null;
    try {
        return JSON.parse(fs.readFileSync(json, 'utf8'));
    } catch (error) {
        throw new Refused(`${json}: ${error.message}`);
    }
}

// ---- what a manifest says about a target ----

// `+js+native`, `-js` or a list; a package that says nothing is for all.
export function supports(manifest, target) {
    const said = manifest['supported-targets'];
    if (said === undefined)
        return true;
    if (Array.isArray(said))
        return said.includes(target);
    const words = said.match(/[+-][a-z-]*[a-z]/g) ?? [said];
    const names = words.flatMap((word) => splitTargets(word));
    return names.some(([sign]) => sign === '+') ? names.some(([sign, name]) => sign === '+' && name === target)
                                                : !names.some(([, name]) => name === target);
}

// "+js+wasm-gc" reads as one word to a pattern that allows dashes: cut it at the known names.
function splitTargets(word) {
    return [...word.matchAll(/([+-]?)(wasm-gc|wasm|js|native|llvm)/g)].map((m) => [m[1] || '+', m[2]]);
}

// The condition of one file: a list of targets, or ["not" | "or" | "and", ...].
function holds(condition, target) {
    if (typeof condition === 'string')
        return condition === target || condition === 'release';
    const [word, ...rest] = condition;
    if (word === 'not')
        return !rest.some((c) => holds(c, target));
    if (word === 'and')
        return rest.every((c) => holds(c, target));
    return condition.some((c) => c !== 'or' && holds(c, target));
}

export function sourceFiles(folder, manifest, target, { tests = false } = {}) {
    const conditions = manifest.targets ?? {};
    return fs.readdirSync(folder).sort()
        .filter((name) => name.endsWith('.mbt') && (tests || !/_(wb)?test\.mbt$/.test(name)))
        .filter((name) => !(name in conditions) || holds(conditions[name], target))
        .map((name) => path.join(folder, name));
}

export function imports(manifest) {
    return (manifest.import ?? []).map((one) => {
        const name = one.path ?? one;
        return { path: name, alias: one.alias || name.split('/').pop() };
    });
}
