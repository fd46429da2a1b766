// usage: upstream-run.mjs MOCKET FOLDER : serves each guest that tools/with-upstream built, and the example that it
// built for JavaScript, and compares the answers.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

const [mocket, folder] = process.argv.slice(2);
const JOHN = '{"name":"John Doe","age":30,"city":"New York"}';
const PAGE = /<h1>Custom 404<\/h1>/;

// Request line, what is sent with it, status, body, and fields that the answer must have.
const CASES = {
    route: [
        ['GET /', {}, 200, '⚡️ Tadaa!', { 'content-type': 'text/plain; charset=utf-8',
            'access-control-allow-origin': '*' }],
        ['GET /hello?x=1', {}, 200, 'Hello world!'],
        ['GET /json', {}, 200, JOHN, { 'content-type': 'application/json; charset=utf-8' }],
        ['GET /async_data', {}, 200, JOHN],
        ['GET /api/hello', {}, 200, 'Hello world!'],
        ['GET /api/json', {}, 200, JOHN],
        ['GET /hello/moon', {}, 200, 'Hello, moon!'],
        ['GET /hello2/a', {}, 200, 'Hello, a!'],
        ['GET /hello2/a/b', {}, 404, PAGE],
        ['GET /hello3/a/b/c', {}, 200, 'Hello, a/b/c!'],
        ['POST /echo', { body: 'ping ✓', headers: { 'X-Test': '1' } }, 200, 'ping ✓', { 'x-test': '1' }],
        ['POST /echo', { body: 'x'.repeat(1048577) }, 413, /Request body too large/],
        ['GET /nothing', {}, 404, PAGE, { 'content-type': 'text/html; charset=utf-8' }],
        ['POST /json', {}, 404, PAGE],
        ['OPTIONS /json', { headers: { Origin: 'http://a', 'Access-Control-Request-Method': 'GET' } }, 200, '',
            { 'access-control-max-age': '86400' }],
        ['PROPFIND /', {}, 404, PAGE],
    ],
    responder: [
        ['GET /', {}, 200, '⚡️ Tadaa!'],
        ['GET /json', {}, 200, '{"name":"oboard","age":21}'],
        ['POST /json', { body: '{"name":"m","age":2}' }, 200, 'Hello, m. You are 2 years old.'],
        ['POST /json', { body: '{"name":"m"' }, 400, 'Invalid JSON'],
        ['POST /echo', { body: 'a\0b' }, 200, 'a\0b'],
        ['GET /404', {}, 404, /<h1>404<\/h1>/, { 'content-type': 'text/html; charset=utf-8' }],
        ['GET /none', {}, 404, 'Not Found'],
    ],
    cookie: [
        ['GET /', {}, 200, 'No session_id', { 'set-cookie': 'session_id=12345; Max-Age=3600' }],
        ['GET /', { headers: { Cookie: 'a=b; session_id=7' } }, 200, '7'],
    ],
    'body-reader': [
        ['POST /', { body: 'a,b\n1,2' }, 200, 'a,b\n1,2'],
        ['GET /', {}, 404, 'Not Found'],
    ],
    websocket: [
        ['GET /ws', {}, 404, 'Not Found'],
        ['GET /ws', { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
            'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' } }, 101, null, {
            'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }],
    ],
};

// Messages to a socket's path, each of which must come back as it is, in order.
const ECHOES = {
    websocket: ['/ws', ['one', 'zwei ✓', new Uint8Array(0), Uint8Array.of(0, 255, 128), 'x'.repeat(200000),
        new Uint8Array(1 << 19).fill(7), '']],
};

function freePort() {
    return new Promise((resolve) => {
        const probe = net.createServer().listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

// Upstream's own backend on this Node. It says nothing when it listens.
async function runInNode(file) {
    const port = await freePort();
    const child = spawn(process.execPath, [file], { stdio: 'ignore', env: { ...process.env, MOCKET_PORT: port } });
    for (let tries = 200; tries > 0 && child.exitCode === null; tries--) {
        if (await ask(port, 'GET /').catch(() => null))
            return { port, stop: () => child.kill() };
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill();
    throw new Error(`${file} did not answer within 20 s, or ended (${child.exitCode})`);
}

function serve(file) {
    const child = spawn(mocket, ['serve', file, '--listen', '127.0.0.1:0', '--reuse', 'serial', '--workers', '1'],
        { stdio: ['ignore', 'pipe', 'pipe'] });
    return new Promise((resolve, reject) => {
        let log = '';
        const read = (bytes) => {
            log += bytes;
            const port = /on http:\/\/127\.0\.0\.1:(\d+)/.exec(log)?.[1];
            if (port)
                resolve({ port: Number(port), stop: () => child.kill() });
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.on('exit', (code) => reject(new Error(`mocket serve ${file} ended with ${code}:\n${log}`)));
    });
}

function ask(port, line, { headers = {}, body } = {}) {
    const [method, target] = line.split(' ');
    return new Promise((resolve, reject) => {
        const request = http.request({ port, host: '127.0.0.1', method, path: target, headers, agent: false },
            (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
                body: Buffer.concat(parts).toString() }));
        });
        request.on('upgrade', (answer, socket) => {
            socket.destroy();
            resolve({ status: answer.statusCode, headers: answer.headers, body: '' });
        });
        request.on('error', reject);
        request.end(body);
    });
}

function wrong(answer, [, , status, body, fields = {}]) {
    if (![status].flat().includes(answer.status))
        return `status ${answer.status}, not ${status}`;
    if (body instanceof RegExp ? !body.test(answer.body) : body !== null && body !== answer.body)
        return `body ${JSON.stringify(answer.body.slice(0, 200))}, not ${body}`;
    for (const [name, value] of Object.entries(fields))
        if (String(answer.headers[name]) !== value)
            return `${name}: ${answer.headers[name]}, not ${value}`;
    return null;
}

const shown = (message) => typeof message === 'string' ? message : Buffer.from(message).toString('latin1');

// What is wrong with the echo, or null.
function echo(port, [path, messages]) {
    return new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
        const got = [];
        const timer = setTimeout(() => socket.close(3000, 'late'), 20000);
        socket.binaryType = 'arraybuffer';
        socket.onopen = () => messages.forEach((message) => socket.send(message));
        socket.onmessage = ({ data }) => {
            got.push(data);
            if (got.length === messages.length)
                socket.close(1000, 'enough');
        };
        socket.onclose = ({ code, reason }) => {
            clearTimeout(timer);
            const same = (a, b) => (typeof a === 'string') === (typeof b === 'string') && shown(a) === shown(b);
            const bad = messages.findIndex((message, i) => i >= got.length || !same(message, got[i]));
            resolve(bad >= 0 ? `message ${bad} did not come back` : code === 1000 ? null : `closed: ${code} ${reason}`);
        };
    });
}

async function testCases(port) {
    const names = (await ask(port, 'GET /')).body.trimEnd().split('\n');
    return names.map((name, i) => [`GET /${i}`, {}, 200, name]);
}

// Prints how many answers were right; the number of those that were not.
async function check(name, file, server) {
    const cases = CASES[name] ?? await testCases(server.port);
    const bad = [];
    for (const one of cases) {
        const why = wrong(await ask(server.port, one[0], one[1]), one);
        if (why)
            bad.push(`  ${one[0]}: ${why}`);
    }
    if (ECHOES[name]) {
        const why = await echo(server.port, ECHOES[name]);
        if (why)
            bad.push(`  ${ECHOES[name][0]}: ${why}`);
    }
    server.stop();
    console.log(`${path.parse(file).name}: ${cases.length - bad.length} of ${cases.length} as they should be, ` +
        `${fs.statSync(file).size} bytes`);
    if (bad.length)
        console.log(bad.join('\n'));
    return bad.length;
}

let failures = 0;
for (const end of ['', '-gc'])
    for (const name of [...Object.keys(CASES), 'tests']) {
        const file = path.join(folder, `${name}${end}.wasm`);
        failures += await check(name, file, await serve(file));
    }
const script = path.join(folder, 'route-js.mjs');
failures += await check('route', script, await runInNode(script));
process.exit(failures ? 1 : 0);
