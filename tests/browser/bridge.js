// A guest in a service worker of Chromium, behind HTTP: tests/backends/service-worker.md.
//
//     node bridge.js app.wasm [--listen 127.0.0.1:0] [--OPTION VALUE]     MODULES=FOLDER, CHROMIUM=FILE
//
// Each request becomes a fetch of a page that the worker controls; its answer is sent back. What a page may not say or
// see is lost: fields that belong to the browser, bodies of GET, cookies, redirects.
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { launch, tabOf, visit } from './chromium.js';
import { Site } from './site.js';

const ORIGIN = 'http://localhost'; // the cases' own authority; Chromium finds the site's port behind it
const LOG = "const log = new BroadcastChannel('log');\nconsole.error = (text) => log.postMessage(text);\n";
const UNITS = { ms: 1, s: 1000, m: 60000, '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };
const NAMES = { '--timeout': 'timeout', '--body-timeout': 'bodyTimeout', '--max-body': 'maxBody',
    '--max-sockets': 'sockets', '--max-instances': 'instances' };
// Of the connection to this program, or made by it.
const OURS = /^(?:connection|host|content-length|transfer-encoding|keep-alive|date|expect|upgrade|te|trailer)$/;

function quantityOf(text) {
    const [, number, unit] = /^(\d+)([a-zA-Z]*)$/.exec(text);
    return Number(number) * UNITS[unit];
}

function optionsOf(words) {
    const options = { app: { env: {} } };
    for (let i = 0; i < words.length; i += 2)
        if (words[i] === '--env')
            options.app.env[words[i + 1].split('=')[0]] = words[i + 1].replace(/^[^=]*=/, '');
        else if (NAMES[words[i]] !== undefined)
            options.app[NAMES[words[i]]] = quantityOf(words[i + 1]);
        else if (words[i] !== '--listen')
            throw new Error(`no such option: ${words[i]}`);
    return options;
}

async function bodyOf(req) {
    const pieces = [];
    for await (const piece of req)
        pieces.push(piece);
    return Buffer.concat(pieces);
}

// In the page: fetches, and hands out what comes. `head` and `part` are functions of this program. What comes at once
// goes with the head; if that is all, its length is known.
async function ask({ id, method, target, fields, body }) {
    const abort = new AbortController(), headers = new Headers();
    for (const [name, value] of fields)
        headers.append(name, value);
    (window.aborts ??= new Map()).set(id, abort);
    const bytes = body === '' ? undefined : Uint8Array.fromBase64(body);
    const init = { method, headers, body: bytes, redirect: 'manual', signal: abort.signal };
    const answer = await fetch(target, init);
    const reader = answer.body?.getReader() ?? { read: () => Promise.resolve({ done: true }) };
    const text = ({ value }) => value?.toBase64() ?? '';
    const nothingMore = () => new Promise((resolve) => { setTimeout(resolve, 20, null); });
    const parts = [];
    let next = reader.read(), early = await next.catch(() => null);
    while (early !== null && !early.done) {
        parts.push(early.value);
        next = reader.read();
        early = await Promise.race([next.catch(() => null), nothingMore()]);
    }
    await window.head({ id, status: answer.status, type: answer.type, fields: [...answer.headers],
        first: text({ value: new Uint8Array(await new Blob(parts).arrayBuffer()) }), isWhole: early?.done === true });
    for (let piece = await next; !piece.done; piece = await reader.read())
        await window.part(id, text(piece));
}

function fieldsOf({ rawHeaders }) {
    const fields = [];
    for (let i = 0; i < rawHeaders.length; i += 2)
        if (!OURS.test(rawHeaders[i].toLowerCase()))
            fields.push([rawHeaders[i], rawHeaders[i + 1]]);
    return fields;
}

const answers = new Map(); // number of a request -> its answer

function begin({ id, status, type, fields, first, isWhole }) {
    const res = answers.get(id);
    if (type === 'opaqueredirect')
        throw new Error('a redirect, which pages cannot see');
    for (const [name, value] of fields)
        if (!OURS.test(name) || name === 'date' || (name === 'content-length' && (!isWhole || first === '')))
            res.appendHeader(name, value);
    if (isWhole && res.req.method !== 'HEAD' && status !== 204 && status !== 304)
        res.setHeader('content-length', Buffer.byteLength(first, 'base64'));
    res.removeHeader('connection');
    res.writeHead(status);
    res.write(first, 'base64');
}

// The next part is asked for when this one is on its way.
function add(id, piece) {
    return new Promise((resolve) => { answers.get(id).write(piece, 'base64', () => resolve()); });
}

async function relay(page, id, req, res) {
    const body = await bodyOf(req);
    answers.set(id, res);
    res.on('close', () => page.evaluate((number) => window.aborts.get(number)?.abort(), id).catch(() => {}));
    try {
        await page.evaluate(ask, { id, method: req.method, target: `${ORIGIN}${req.url}`, fields: fieldsOf(req),
            body: body.toString('base64') });
        res.end();
    } finally {
        answers.delete(id);
    }
}

function fail(res, reason) {
    process.stderr.write(`bridge: ${reason.message}\n`);
    if (res.headersSent)
        return res.destroy();
    res.writeHead(502);
    return res.end();
}

const [module, ...words] = process.argv.slice(2);
const site = await new Site(path.resolve(module), { options: optionsOf(words), before: LOG }).start();
site.origin = ORIGIN;
const browser = await launch([`--host-resolver-rules=MAP localhost:80 127.0.0.1:${site.port}`]);
const page = await tabOf(browser.context);
await visit(page, site);
await page.goto(site.url('/mocket/page.js')); // a page without scripts, whatever the app's is
await page.exposeFunction('say', (text) => process.stderr.write(`${text}\n`));
await page.evaluate(() => { new BroadcastChannel('log').onmessage = ({ data }) => window.say(data); });
await page.exposeFunction('head', begin);
await page.exposeFunction('part', add);
let count = 0;
const server = http.createServer((req, res) => relay(page, ++count, req, res).catch((reason) => fail(res, reason)));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stderr.write(`serving ${module} on http://127.0.0.1:${server.address().port}/\n`);
process.once('SIGTERM', async () => {
    await browser.close();
    process.exit(0);
});
