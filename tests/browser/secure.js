// Certificates, and the example apps behind https: native programs, and guests in `mocket serve`.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WAIT_MS } from './chromium.js';
import { GUESTS, hasGuest } from './site.js';

const MOCKET = path.join(GUESTS, 'mocket');
const WORKERS = '2'; // topics reach the tabs of the other one
const ANY_PORT = '127.0.0.1:0';
const KEY = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const NAME = 'app.test'; // not localhost, which is a secure context over plain http too

export const has = (program) => spawnSync(program, ['--help']).error === undefined;
export const hasHost = (app) => hasGuest(`examples/${app}`) &&
    !String(spawnSync(MOCKET, ['help', 'serve']).stdout).includes('no wasm host');

const openssl = (words, input) => execFileSync('openssl', words, { input, stdio: ['pipe', 'pipe', 'ignore'] });

// A folder with certificates: authority.pem, and what servers use: server.pem and server.key.
export class Certificates {
    constructor() {
        this.folder = mkdtempSync(path.join(tmpdir(), 'mocket-certificates-'));
        for (const name of ['authority', 'stranger'])
            openssl(['req', '-x509', ...KEY, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`),
                '-days', '30', '-subj', `/CN=${name}`]);
    }

    file(name) {
        return path.join(this.folder, name);
    }

    // Replaces what servers use. subject: a name that tells it from others.
    renew(subject, issuer = 'authority') {
        const ask = openssl(['req', '-new', ...KEY, '-keyout', this.file('new.key'), '-subj', `/CN=${subject}`,
            '-addext', `subjectAltName=DNS:${NAME}`]);
        openssl(['x509', '-req', '-days', '30', '-copy_extensions', 'copy', '-CA', this.file(`${issuer}.pem`),
            '-CAkey', this.file(`${issuer}.key`), '-CAcreateserial', '-out', this.file('new.pem')], ask);
        for (const kind of ['key', 'pem'])
            renameSync(this.file(`new.${kind}`), this.file(`server.${kind}`));
    }

    remove() {
        rmSync(this.folder, { recursive: true });
    }
}

// How each kind of server is started: [program, words, variables].
const COMMANDS = {
    native: (app, cert, key) => [path.join(GUESTS, 'examples', app), [], { MOCKET_LISTEN: `https://${ANY_PORT}`,
        MOCKET_TLS_CERT: cert, MOCKET_TLS_KEY: key, MOCKET_REDIRECT_HTTP: ANY_PORT, MOCKET_WORKERS: WORKERS }],
    wasm: (app, cert, key) => [MOCKET, ['serve', path.join(GUESTS, 'examples', `${app}.wasm`), '--listen',
        `https://${ANY_PORT}`, '--tls-cert', cert, '--tls-key', key, '--redirect-http', ANY_PORT, '--workers',
        WORKERS], {}],
};

export class Server {
    constructor(kind, app, certificates) {
        const [program, words, variables] = COMMANDS[kind](app, certificates.file('server.pem'),
            certificates.file('server.key'));
        this.process = spawn(program, words, { env: { ...process.env, ...variables },
            stdio: ['ignore', 'ignore', 'pipe'] });
        this.ended = once(this.process, 'exit');
        this.log = '';
        this.process.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
    }

    // Resolves to what the log has for the pattern, once it has it.
    async logged(pattern) {
        const signal = AbortSignal.timeout(WAIT_MS);
        while (!pattern.test(this.log)) {
            if (this.process.exitCode !== null)
                throw new Error(`the server ended: ${this.log}`);
            await once(this.process.stderr, 'data', { signal }).catch(() => {
                throw new Error(`not in the log: ${pattern}: ${this.log}`);
            });
        }
        return pattern.exec(this.log);
    }

    async start() {
        const [, secure, plain] = await this.logged(/https:\/\/127\.0\.0\.1:(\d+)\S* .*?127\.0\.0\.1:(\d+).*\n/);
        this.origin = `https://${NAME}:${secure}`;
        this.plainOrigin = `http://${NAME}:${plain}`;
    }

    // Makes it read its certificates again.
    async reload() {
        this.log = '';
        this.process.kill('SIGHUP');
        await this.logged(/certificates: reloaded/);
    }

    async stop() {
        this.process.kill('SIGTERM');
        const [code] = await this.ended;
        if (code !== 0)
            throw new Error(`the server ended with ${code}: ${this.log}`);
    }
}
