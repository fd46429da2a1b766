#!/usr/bin/env node
// mocket serve app.wasm: see HELP.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Nets } from '../src/allow.js';
import { Proxies } from '../src/forwarded.js';
import { run } from '../src/run.js';

// The entry of the runtime that this runs in: npx mocket, deno run -A npm:mocket, bunx --bun mocket.
const entry = typeof Deno !== 'undefined' ? await import('../src/deno.js')
    : typeof Bun !== 'undefined' ? await import('../src/bun.js') : await import('../src/node.js');

const HELP = `usage: mocket serve app.wasm [options]

Serves a guest module over HTTP until SIGINT or SIGTERM.

  --listen ADDRESS    host:port, :port or [v6]:port (default: HOST and PORT of the environment, else :3000)
  --timeout TIME      maximum time until an answer begins, then maximum silence: 30s, 500ms, 2m, off (default: 30s)
  --body-timeout TIME maximum time for a request body; each KiB that came adds a second (default: as --timeout, at
                      most 30s)
  --ws-idle TIME      maximum silence of a WebSocket's client, who is pinged at half of it (default: 60s)
  --grace TIME        time for requests under way when the server stops (default: 10s)
  --max-body SIZE     maximum request body: a number of bytes, or of K, M, G (default: what the app asks for, else 1M)
  --reuse MODE        none, serial or concurrent: how often an instance is used; the stricter of this and what the
                      app asks for holds
  --max-instances N   instances of the app at once (default: 256)
  --queue N           requests that may wait for an instance (default: 1024)
  --max-message SIZE  maximum message of a WebSocket's client (default: what the app asks for, else 1M)
  --max-sockets N     WebSockets at once (default: 10000)
  --sockets-each N    WebSockets of one instance (default: 1024)
  --max-memory-total SIZE
                      memory that the host holds for instances, requests, answers, messages and outgoing requests
                      together (default: three quarters of the machine's)
  --trusted-proxy NETWORKS
                      10.0.0.0/8,::1 or unix: proxies, whose Forwarded or X-Forwarded-For and -Proto tell the client's
                      address and scheme; may be repeated
  --max-per-address N connections of one address (IPv6: of a /64); more get 503 (default: no limit)
  --env NAME[=VALUE]  an environment variable for the app; without a value, this process's own; may be repeated
  --allow-net RULE    servers that the app may send requests to: example.com, *.example.com, 10.0.0.0/8, [::1],
                      localhost or all, each with :PORT behind it for one port; may be repeated
  -q, --quiet         only warnings and errors on standard error
  -v, --verbose       debug lines too
`;

function fail(text) {
    process.stderr.write(`mocket: ${text}\n`);
    process.exit(2);
}

const UNITS = { ms: 1, s: 1000, m: 60000, h: 3600000 }, SIZES = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };

function timeOf(text, name) {
    const match = /^(\d+)(ms|s|m|h)$/.exec(text);
    if (text === 'off')
        return Infinity;
    if (match === null || Number(match[1]) === 0)
        fail(`${name} ${text}: not a time; write 500ms, 30s, 2m, 1h or off`);
    return Number(match[1]) * UNITS[match[2]];
}

function sizeOf(text, name) {
    const match = /^(\d+)([KMG]?)$/.exec(text);
    return match === null ? fail(`${name} ${text}: not a size; write a number of bytes, or of K, M, G`)
        : Number(match[1]) * SIZES[match[2]];
}

function countOf(text, name) {
    return /^\d+$/.test(text) ? Number(text) : fail(`${name} ${text}: not a number`);
}

function addressOf(text, name) {
    const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]*):(\d+)$/.exec(text);
    if (match === null || Number(match[2]) > 65535)
        fail(`${name} ${text}: not an address; write host:port, :port or [v6]:port`);
    return { hostname: match[1].replace(/[[\]]/g, '') || undefined, port: Number(match[2]) };
}

function addEnv(env, text) {
    const at = text.indexOf('='), name = at < 0 ? text : text.slice(0, at);
    const value = at < 0 ? process.env[name] : text.slice(at + 1);
    if (value !== undefined)
        env[name] = value;
}

// Adds to a list what a class can read.
function addChecked(Rules, list, text) {
    try {
        new Rules([text]);
    } catch (reason) {
        fail(reason.message);
    }
    list.push(text);
}

const LEVELS = ['error', 'warn', 'info', 'debug'];
const PREFIX = { error: 'mocket: error: ', warn: 'mocket: warning: ', info: 'mocket: ', debug: 'mocket: debug: ' };

// Each option: how many words it takes, and what it does with them.
function table(o) {
    return {
        '--listen': (text, name) => { o.serve = { ...o.serve, ...addressOf(text, name) }; },
        '--timeout': (text, name) => { o.app.timeout = timeOf(text, name); },
        '--body-timeout': (text, name) => { o.app.bodyTimeout = timeOf(text, name); },
        '--ws-idle': (text, name) => { o.serve.wsIdle = timeOf(text, name); },
        '--grace': (text, name) => { o.grace = timeOf(text, name); },
        '--max-body': (text, name) => { o.app.maxBody = sizeOf(text, name); },
        '--max-message': (text, name) => { o.app.maxMessage = sizeOf(text, name); },
        '--max-memory-total': (text, name) => { o.app.maxMemoryTotal = sizeOf(text, name); },
        '--trusted-proxy': (text) => addChecked(Proxies, o.app.trustedProxy, text),
        '--max-per-address': (text, name) => { o.serve.maxPerAddress = countOf(text, name); },
        '--sockets-each': (text, name) => { o.app.socketsEach = countOf(text, name); },
        '--reuse': (text) => { o.app.reuse = text; },
        '--max-instances': (text, name) => { o.app.maxInstances = countOf(text, name); },
        '--queue': (text, name) => { o.app.queue = countOf(text, name); },
        '--max-sockets': (text, name) => { o.app.maxSockets = countOf(text, name); },
        '--env': (text) => addEnv(o.app.env, text),
        '--allow-net': (text) => addChecked(Nets, o.app.allowNet, text),
    };
}

function parse(words) {
    const o = { file: null, level: 2, grace: 10000, serve: {}, app: { env: {}, allowNet: [], trustedProxy: [] } };
    const known = table(o);
    for (let i = 0; i < words.length; i++) {
        const [name, inline] = words[i].startsWith('--') ? words[i].split(/=(.*)/s) : [words[i]];
        if (Object.hasOwn(known, name)) {
            const value = inline ?? words[++i];
            if (value === undefined)
                fail(`${name} needs a value (mocket --help)`);
            known[name](value, name);
        } else if (name === '-q' || name === '--quiet' || name === '-v' || name === '--verbose') {
            o.level = name.includes('q') ? 1 : 3;
        } else if (name.startsWith('-') || o.file !== null) {
            fail(`unknown argument ${words[i]} (mocket --help)`);
        } else {
            o.file = name;
        }
    }
    return o;
}

async function main([verb, ...words]) {
    if (verb === undefined || verb === 'help' || verb === '--help' || words.includes('--help')) {
        process.stdout.write(HELP);
        return;
    }
    const o = verb === 'serve' ? parse(words) : fail(`unknown verb ${verb} (mocket --help)`);
    if (o.file === null)
        fail('serve needs a file: mocket serve app.wasm');
    const log = (level, line) => {
        if (LEVELS.indexOf(level) <= o.level)
            process.stderr.write(`${PREFIX[level]}${line}\n`);
    };
    await run(entry, readFileSync(o.file), { name: o.file, grace: o.grace, app: { ...o.app, log }, serve: o.serve });
}

main(process.argv.slice(2)).catch((reason) => {
    process.stderr.write(`mocket: ${reason.message}\n`);
    process.exit(1);
});
