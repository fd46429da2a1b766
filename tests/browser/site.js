// A server of static files with an app for the browser in them, as hosts/js/README.md lays them out. Everything may be
// kept for an hour: what a new version must not depend on.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const GUESTS = process.env.GUESTS ?? path.join(ROOT, 'build');
const SOURCES = path.join(ROOT, 'hosts/js/src');
const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm', '.txt': 'text/plain' };

const built = new Map();
const fileOf = (name) => path.isAbsolute(name) ? name : path.join(GUESTS, `${name}.wasm`);
const guest = (name) => built.get(name) ?? readFileSync(fileOf(name));
export const hasGuest = (name) => existsSync(fileOf(name));

// Compiles a guest of this folder; it is named by its file.
export function makeGuest(name) {
    const folder = mkdtempSync(path.join(tmpdir(), 'mocket-guest-')), out = path.join(folder, 'app.wasm');
    try {
        execFileSync(path.join(GUESTS, 'mocket'), ['build', path.join(import.meta.dirname, name), '-o', out]);
        built.set(name, readFileSync(out));
    } finally {
        rmSync(folder, { recursive: true });
    }
    return name;
}

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

export class Site {
    // app: a guest's name. options: of `serve`. folder: where it lies on the server. before: the worker's first lines.
    constructor(app, { options = {}, folder = '/', before = '' } = {}) {
        Object.assign(this, { app, options, folder, before, hash: undefined });
        this.extra = new Map(); // path -> text, of the server's own
        this.seen = []; // paths that were asked for
        this.server = http.createServer((req, res) => this.answer(req, res));
        this.port = 0;
        this.origin = null; // another one, that leads here
    }

    script(module) {
        const options = { hash: this.hash ?? hashOf(module), ...this.options };
        return `${this.before}import { serve } from './mocket/service-worker.js';\n` +
            `serve('app.wasm', ${JSON.stringify(options)});\n`;
    }

    find(name) {
        const module = guest(this.app);
        const made = { 'sw.js': () => this.script(module), 'app.wasm': () => module,
            'index.html': () => readFileSync(path.join(SOURCES, '../bundles/service-worker/index.html')) };
        if (Object.hasOwn(made, name))
            return made[name]();
        const file = path.join(SOURCES, name.slice('mocket/'.length));
        return name.startsWith('mocket/') && existsSync(file) ? readFileSync(file) : undefined;
    }

    answer(req, res) {
        const [target] = req.url.split('?');
        this.seen.push(target);
        const name = target.slice(this.folder.length) || 'index.html';
        const body = this.extra.get(target) ?? (target.startsWith(this.folder) ? this.find(name) : undefined);
        if (body === undefined) {
            res.writeHead(404, { 'content-type': 'text/plain' });
            return res.end('from the network');
        }
        const type = TYPES[path.extname(name)] ?? 'text/html';
        res.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' });
        return res.end(body);
    }

    async start() {
        this.server.listen(this.port, '127.0.0.1');
        await once(this.server, 'listening');
        this.port = this.server.address().port;
        return this;
    }

    async stop() {
        if (!this.server.listening)
            return;
        this.server.close();
        this.server.closeAllConnections();
        await once(this.server, 'close');
    }

    url(target = this.folder) {
        return `${this.origin ?? `http://127.0.0.1:${this.port}`}${target}`;
    }
}
