// Guests for the tests: the examples and the contract's apps as built (GUESTS names the build folder), and the hostile
// guests of tests/hostile, compiled here.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const BUILD = process.env.GUESTS ?? path.join(ROOT, 'build');
const COMPILER = process.env.MOCKET_WASM_CC ?? 'clang-22';
const FLAGS = ['--target=wasm32-wasi', '-Wno-deprecated', '-std=gnu17', '-O1', '-Wno-infinite-recursion',
    '-mexec-model=reactor', `-I${path.join(ROOT, 'include')}`];

let folder = null;
after(() => folder && rmSync(folder, { recursive: true }));

export const example = (name) => readFileSync(path.join(BUILD, 'examples', `${name}.wasm`));
export const contractApp = (name) => readFileSync(path.join(BUILD, 'contract', `${name}.wasm`));

const made = new Map();
// A guest of tests/hostile; flags as its runner gives them.
export function hostile(name, ...flags) {
    const key = [name, ...flags].join(' ');
    if (!made.has(key)) {
        folder ??= mkdtempSync(path.join(tmpdir(), 'mocket-js-'));
        const out = path.join(folder, `${made.size}.wasm`);
        execFileSync(COMPILER, [...FLAGS, ...flags, path.join(ROOT, 'tests/hostile', `${name}.c`), '-o', out]);
        made.set(key, readFileSync(out));
    }
    return made.get(key);
}

// A log that can be asked.
export function recorder() {
    const lines = [];
    const log = (level, line) => lines.push(`${level}: ${line}`);
    return { lines, log, has: (part) => lines.some((line) => line.includes(part)) };
}

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
export const text = async (answer) => (await answer).text();
export const get = (app, target, init) => app.fetch(new Request(`http://localhost${target}`, init));
