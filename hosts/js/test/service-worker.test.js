// The parts of the service worker that need no browser; tests/browser has the rest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';
import { failure } from '../src/service-worker/failure.js';
import { readWorkerOptions } from '../src/service-worker/options.js';
import { Place } from '../src/service-worker/place.js';
import { withShim } from '../src/service-worker/shim.js';
import { Sockets } from '../src/service-worker/sockets.js';

const HASH = '0123456789abcdef'.repeat(4);
const options = (given) => readWorkerOptions({ hash: HASH, ...given });

test('options are checked by name', () => {
    assert.deepEqual(options({}).passthrough, []);
    assert.throws(() => readWorkerOptions({}), /the option "hash" must be the SHA-256/);
    assert.throws(() => options({ hash: HASH.toUpperCase() }), /"hash"/);
    const unknown = /no option "bse"\. Did you mean "base"\? The options are: hash, scope, base, /;
    assert.throws(() => options({ bse: '/' }), unknown);
    assert.throws(() => readWorkerOptions('app.wasm'), /the options must be an object/);
    for (const [name, value] of Object.entries({ base: 'shop', passthrough: '/a', fallThrough: 1, shim: 'no', app: 1 }))
        assert.throws(() => options({ [name]: value }), new RegExp(`the option "${name}" must be `));
});

const placeOf = (given, registered = 'https://a.example/shop/') => new Place(options(given), registered);
const asked = (url, more) => ({ method: 'GET', url, ...more });

test('which requests are the app\'s', () => {
    const rows = [
        [{}, 'https://a.example/shop/', true], [{}, 'https://a.example/shop/x?y', true],
        [{}, 'https://a.example/shop', false], [{}, 'https://a.example/shopping', false],
        [{}, 'https://b.example/shop/', false], [{}, 'http://a.example/shop/', false],
        [{ scope: 'deep/' }, 'https://a.example/shop/x', false],
        [{ scope: 'deep/' }, 'https://a.example/shop/deep/x', true],
        [{ base: '/shop/api' }, 'https://a.example/shop/api', true],
        [{ base: '/shop/api' }, 'https://a.example/shop/apis', false],
        [{ base: '' }, 'https://a.example/shop/x', true],
        [{ passthrough: ['x', '/shop/y/'] }, 'https://a.example/shop/x', false],
        [{ passthrough: ['x', '/shop/y/'] }, 'https://a.example/shop/x/1', true],
        [{ passthrough: ['x', '/shop/y/'] }, 'https://a.example/shop/y/1', false],
        [{ passthrough: ['x', '/shop/y/'] }, 'https://a.example/shop/y', true],
        [{ passthrough: (request) => request.method === 'PUT' }, 'https://a.example/shop/x', true],
    ];
    for (const [given, url, expected] of rows)
        assert.equal(placeOf(given).has(asked(url)), expected, `${JSON.stringify(given)} ${url}`);
    assert.ok(!placeOf({ passthrough: ({ method }) => method === 'PUT' })
        .has(asked('https://a.example/shop/x', { method: 'PUT' })));
});

test('the target that the app sees, and its redirects', () => {
    const inner = (given, url) => placeOf(given).inner(url);
    assert.equal(inner({}, 'https://a.example/shop/x?y=/shop/'), 'https://a.example/x?y=/shop/');
    assert.equal(inner({}, 'https://a.example/shop/'), 'https://a.example/');
    assert.equal(inner({}, 'https://a.example/shop//b.example/'), 'https://a.example//b.example/');
    assert.equal(inner({ base: '/shop/api' }, 'https://a.example/shop/api'), 'https://a.example/');
    assert.equal(inner({ base: '/' }, 'https://a.example/shop/x'), 'https://a.example/shop/x');
    const outer = (given, location) => placeOf(given)
        .outer(new Response(null, { status: 302, headers: { location } })).headers.get('location');
    assert.equal(outer({}, '/list'), '/shop/list');
    for (const location of ['list', '//b.example/', 'https://b.example/'])
        assert.equal(outer({}, location), location);
    assert.equal(outer({ base: '' }, '/list'), '/list');
});

const SCRIPT = 'https://a.example/mocket/page.js';
const TAG = `<script src="${SCRIPT}"></script>`;
const NAVIGATION = { mode: 'navigate', method: 'GET' };

// An answer whose body comes in pieces of some bytes.
function answer(text, size, headers = {}) {
    const bytes = new TextEncoder().encode(text);
    let at = 0;
    const body = new ReadableStream({
        pull: (controller) => {
            if (at >= bytes.length)
                return controller.close();
            controller.enqueue(bytes.slice(at, at + size));
            at += size;
            return undefined;
        },
    });
    return new Response(body, { headers: { 'content-type': 'text/html; charset=utf-8', 'content-length':
        String(bytes.length), ...headers } });
}

const shown = async (response, request = NAVIGATION) => {
    const bytes = await withShim(request, response, SCRIPT).arrayBuffer();
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
};

test('the script goes behind the doctype, however the page comes', async () => {
    const pages = [ // in front of the tag, behind it
        ['<!doctype html>', '\n<meta charset=utf-8><p>h\u00E9llo'], ['<!DOCTYPE HTML PUBLIC "-//W3C//DTD">', '<html>'],
        [' \n<!-- a <b> c -->\n<!doctype html>', ''], ['', '<p>no doctype'], ['', 'text alone'], ['', ''],
        ['\uFEFF<!doctype html>', '\r\n<p>'], ['\uFEFF', '<p>no doctype'], ['', `<!-- ${'x'.repeat(3000)} --><p>`],
        ['<!doctype html>', `<p>${'x'.repeat(5000)}`], ['', '<html lang=de><head>'],
    ];
    for (const [start, rest] of pages)
        for (const size of [1, 2, 7, 1 << 20])
            assert.equal(await shown(answer(start + rest, size)), start + TAG + rest, `${start} by ${size}`);
});

test('pages that get no script', async () => {
    const same = async (headers, request) =>
        assert.equal(await shown(answer('<p>', 9, headers), { ...NAVIGATION, ...request }), '<p>');
    await same({ 'content-type': 'text/plain' });
    await same({ 'content-type': 'text/html; charset=utf-16le' });
    await same({ 'content-type': 'text/html; Charset = "UTF-16"' });
    await same({ 'content-encoding': 'gzip' });
    await same({}, { mode: 'cors' });
    const head = new Response(null, { headers: { 'content-type': 'text/html' } });
    assert.equal(withShim({ mode: 'navigate', method: 'HEAD' }, head, SCRIPT), head);
    for (const type of ['text/html', 'Text/HTML;charset=ISO-8859-1', 'text/html; charset="utf-8"'])
        assert.equal(await shown(answer('<p>', 9, { 'content-type': type })), `${TAG}<p>`, type);
});

test('the length goes, the rest of the head stays, a nonce is used', async () => {
    const policy = "script-src 'nonce-aB+/_-9=' 'strict-dynamic'";
    const headers = { 'content-security-policy': policy, etag: '"1"' };
    const made = withShim(NAVIGATION, answer('<!doctype html><p>', 4, headers), 'https://a.example/x?a=1&b=2');
    assert.deepEqual([made.headers.get('content-length'), made.headers.get('etag')], [null, '"1"']);
    assert.equal(await made.text(),
        '<!doctype html><script src="https://a.example/x?a=1&amp;b=2" nonce="aB+/_-9="></script><p>');
});

test('an app that does not start: a page or a text, in which nothing is markup', async (t) => {
    t.mock.method(console, 'error', () => {});
    const page = failure({ mode: 'navigate' }, new Error('a <b> & c')), said = failure({ mode: 'cors' }, 'no');
    assert.deepEqual([page.status, page.headers.get('content-type')], [503, 'text/html; charset=utf-8']);
    assert.match(await page.text(), /<p>a &#60;b&#62; &#38; c<\/p>/);
    assert.equal(await said.text(), 'The app did not start: no\n');
});

test('what a page sent is counted in bytes, as the page counts it', async (t) => {
    const { port1, port2 } = new MessageChannel(), heard = [], taken = [];
    t.after(() => port1.close());
    const socket = { opened() {}, closed() {}, message: (_kind, bytes) => heard.push(bytes.length) };
    const head = { fields: [], value: () => undefined };
    const sockets = new Sockets(async (_request, accept) => accept(head, socket));
    port1.onmessage = ({ data }) => data.taken !== undefined && taken.push(data.taken);
    await sockets.open({ url: 'ws://a.example/', protocols: [] }, port2, { source: null, origin: 'http://a.example' });
    for (const data of ['moon', 'm\u00F6\u{1F319}', new Uint8Array(3).buffer])
        port1.postMessage({ data });
    for (let i = 0; i < 100 && taken.length < 3; i++)
        await new Promise((resolve) => { setTimeout(resolve, 10); });
    assert.deepEqual([heard, taken], [[4, 7, 3], [4, 7, 3]]);
});

test('a page ends its socket by a code and a reason that may be sent, or it is an error of the protocol', async () => {
    const head = { fields: [], value: () => undefined };
    const rows = [[{ close: 1000, reason: 'bye' }, [1000, 'bye']], [{ close: 4999, reason: 'x'.repeat(123) }, [4999,
        'x'.repeat(123)]], [{ close: 1005, reason: '' }, [1005, '']], [{ close: 1006, reason: '' }, [1006, '']]];
    for (const close of [999, 1004, 1015, 2999, 5000, 70000, 3000.5, '3000', null, NaN])
        rows.push([{ close, reason: '' }, [1002, '']]);
    for (const reason of ['x'.repeat(124), '\u26A1'.repeat(42), 5, undefined])
        rows.push([{ close: 1000, reason }, [1002, '']]);
    for (const [message, wanted] of rows) {
        const { port1, port2 } = new MessageChannel();
        const closed = new Promise((resolve) => {
            const socket = { opened() {}, closed: (...how) => resolve(how), message() {} };
            const sockets = new Sockets(async (_request, accept) => accept(head, socket));
            sockets.open({ url: 'ws://a/', protocols: [] }, port2, { source: null, origin: 'http://a' });
        });
        port1.postMessage(message);
        assert.deepEqual(await closed, wanted, JSON.stringify(message));
        port1.close();
    }
});

// A page with a worker that opens every socket and answers every ping, as far as page.js looks at it.
function pageWith(Channel) {
    const controller = { postMessage: ({ mocket }, [port]) =>
        port.postMessage(mocket === 'ping' ? 'life' : { open: '', life: 'life' }) };
    const page = { navigator: { serviceWorker: Object.assign(new EventTarget(), { controller }) }, URL, Event,
        location: { href: 'http://a/', host: 'a' }, WebSocket: class {}, EventTarget, MessageChannel: Channel,
        setTimeout, clearTimeout, setInterval: (callback) => { page.ask = callback; }, document: {}, DOMException,
        TextEncoder, CloseEvent, clearInterval() {}, addEventListener() {} };
    page.globalThis = page;
    vm.runInNewContext(readFileSync(new URL('../src/page.js', import.meta.url), 'utf8'), page);
    return page;
}

test('a page that asks whether its worker is there keeps no ports', async () => {
    const channels = [];
    const page = pageWith(class extends MessageChannel {
        constructor() {
            super();
            this.closed = new Promise((resolve) => { this.port1.on('close', resolve); });
            channels.push(this);
        }
    });
    const socket = new page.WebSocket('ws://a/x');
    await new Promise((resolve) => { socket.onopen = resolve; });
    page.ask();
    const late = new Promise((resolve) => { setTimeout(() => resolve('open'), 2000).unref(); });
    assert.equal(await Promise.race([channels[1].closed.then(() => 'closed'), late]), 'closed');
    channels[0].port1.close();
});

test('close in a page has the rules of the WebSocket standard', async () => {
    const sent = [], page = pageWith(class extends MessageChannel {
        constructor() {
            super();
            this.port1.postMessage = (message) => sent.push(message);
        }
    });
    const opened = async () => {
        const socket = new page.WebSocket('ws://a/x');
        await new Promise((resolve) => { socket.onopen = resolve; });
        return socket;
    };
    const first = await opened();
    for (const code of [0, 999, 1001, 1005, 2999, 5000, 68536, -1, NaN, null, 'x'])
        assert.throws(() => first.close(code), { name: 'InvalidAccessError' }, String(code));
    for (const reason of ['x'.repeat(124), '\u26A1'.repeat(42), '\uD800'.repeat(42)])
        assert.throws(() => first.close(1000, reason), { name: 'SyntaxError' });
    assert.deepEqual([first.readyState, sent], [1, []]);
    const last = [];
    for (const given of [[], [undefined, 'no code'], [1000], ['3000', 5], [1000.4], [3000.5], [4999, '\uD800!']]) {
        const socket = given.length === 0 ? first : await opened();
        socket.close(...given);
        last.push(Object.values(sent.at(-1)));
        socket.finish(1006, '', false);
    }
    assert.deepEqual(last, [[1005, ''], [1005, ''], [1000, ''], [3000, '5'], [1000, ''], [3000, ''],
        [4999, '\uFFFD!']]);
});
