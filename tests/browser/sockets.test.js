// WebSockets of pages whose app is in the service worker (mocket/page).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, test } from 'node:test';
import { enter, say, sees, show } from './chat.js';
import { ask, endWorkers, missing, useChromium, withSite } from './chromium.js';

const skip = missing;
useChromium();
const EVENTS_MS = 5000;

// Opens a socket in the page and runs steps on it: a text or bytes (an array) to send, { close }, or a number of
// messages to wait for. What came is returned: messages, and how it closed if it did.
const talk = (page, target, steps, options = {}) => page.evaluate(async (to, list, { protocols, binaryType }, ms) => {
    const socket = new WebSocket(to, protocols ?? []), got = [];
    socket.binaryType = binaryType ?? 'arraybuffer';
    let changed = () => {};
    const until = (done) => new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`late: ${JSON.stringify(got)}`)), ms);
        changed = () => done() && (clearTimeout(late), resolve());
        changed();
    });
    const note = (what) => {
        got.push(what);
        changed();
    };
    socket.onopen = () => note(`open ${socket.protocol}`.trim());
    socket.onmessage = ({ data }) => note(data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data);
    socket.onerror = () => note('error');
    socket.onclose = ({ code, reason, wasClean }) => note(`close ${code} ${reason} ${wasClean}`);
    await until(() => got.length > 0);
    for (const step of list)
        if (typeof step === 'number')
            await until(() => got.length >= step);
        else if (step.close !== undefined)
            socket.close(...step.close);
        else
            socket.send(typeof step === 'string' ? step : new Uint8Array(step));
    return got;
}, target, steps, options, EVENTS_MS);

// A site whose first page has the script, though the app's is no HTML.
const withSockets = (app, options, run) => withSite(app, options, async (place) => {
    await place.page.addScriptTag({ url: '/mocket/page.js' });
    await run(place);
});

// SCREENSHOT=docs/images/service-worker.png makes the picture of docs/javascript.md, by the example chat.
async function secondTab(site, open) {
    const tab = await open();
    await tab.goto(site.url());
    return tab;
}

// The first test mostly waits: the others run beside it.
describe('sockets of pages', { skip, concurrency: 2 }, () => {
    test('a socket without messages stays open longer than a worker without work', () =>
        withSockets('contract/sockets', {}, async ({ page }) => {
            const [closed, text] = await page.evaluate(() => new Promise((resolve) => {
                const socket = new WebSocket('/echo');
                socket.onmessage = ({ data }) => resolve([false, data]);
                socket.onclose = ({ code }) => resolve([code]);
                setTimeout(() => socket.send('awake'), 38000);
            }));
            assert.deepEqual([closed, text], [false, 'awake']);
            assert.equal((await ask(page, '/publish/a', { method: 'POST', body: 'x' }))[1], 'published');
        }));

    test('texts and bytes, both ways, and who closes', () =>
        withSockets('contract/sockets', {}, async ({ site, page }) => {
            await site.stop();
            const sent = ['a', '', 'h\u00E9llo \u26A1', [0, 255], []];
            assert.deepEqual(await talk(page, '/echo', [...sent, 6, { close: [4001, 'so'] }, 7]),
                ['open', ...sent, 'close 4001 so true']);
            assert.deepEqual(await talk(page, '/close', ['3000 as you like', 2]),
                ['open', 'close 3000 as you like true']);
            assert.deepEqual(await talk(page, '/close', ['0', 2]), ['open', 'close 1005  true']);
            assert.deepEqual(await talk(page, '/told', [2, { close: [] }, 3]), ['open', 'open 0 ', 'close 1005  true']);
            assert.deepEqual(await talk(page, '/protocol', [2], { protocols: ['chat.v0', 'chat.v1'] }),
                ['open chat.v1', 'chat.v1']);
        }));

    test('handshakes that are refused', () =>
        withSockets('contract/sockets', {}, async ({ page }) => {
            for (const target of ['/replaced', '/nowhere', '/guarded'])
                assert.deepEqual(await talk(page, target, [2]), ['error', 'close 1006  false'], target);
        }));

    test('a message that is too long, and more than a page takes at once', () =>
        withSockets('contract/sockets', {}, async ({ page }) => {
            const [long, flood] = await page.evaluate(async () => {
                const end = (to, begin, message) => new Promise((resolve) => {
                    const socket = new WebSocket(to);
                    let bytes = 0;
                    socket.binaryType = 'arraybuffer';
                    socket.onopen = () => begin(socket);
                    socket.onmessage = ({ data }) => {
                        bytes += data.byteLength ?? 0;
                        if (data === message)
                            resolve(bytes);
                    };
                    socket.onclose = ({ code }) => resolve(code);
                });
                return [await end('/echo', (socket) => socket.send('x'.repeat((1 << 20) + 1))),
                    await end('/flood', (socket) => socket.send('4000000'), 'done')];
            });
            assert.deepEqual([long, flood], [1009, 62 * 65536]);
        }));

    test('what the standard says of WebSocket', () =>
        withSockets('contract/sockets', {}, async ({ page }) => {
            const said = await page.evaluate(async () => {
                const attempt = (run) => {
                    try {
                        return run();
                    } catch (error) {
                        return error.name;
                    }
                };
                const socket = new WebSocket('/echo'), order = [];
                const early = attempt(() => socket.send('x'));
                const isBlob = new Promise((resolve) => {
                    socket.addEventListener('message', ({ data }) => resolve(data instanceof Blob), { once: true });
                });
                await new Promise((resolve) => { socket.onopen = resolve; });
                const all = new Promise((resolve) => {
                    socket.addEventListener('message', ({ data }) => {
                        order.push(data.size ?? data);
                        if (order.length === 3)
                            resolve();
                    });
                });
                socket.send(new Blob(['1']));
                socket.send('2');
                socket.send(new Uint8Array([9, 51, 51]).subarray(1));
                const waiting = socket.bufferedAmount;
                await all;
                await new Promise((resolve) => { setTimeout(resolve, 50); });
                const { url, readyState, bufferedAmount, extensions, OPEN } = socket;
                return { early, isBlob: await isBlob, order, waiting, url, readyState, bufferedAmount, extensions, OPEN,
                    isOne: socket instanceof WebSocket, constant: WebSocket.CLOSED, onclose: socket.onclose,
                    codes: [999, 1001, 5000].map((code) => attempt(() => socket.close(code))),
                    reason: attempt(() => socket.close(1000, 'x'.repeat(124))),
                    bad: ['http://[', 'ftp://a/', '/a#b'].map((text) => attempt(() => new WebSocket(text))),
                    twice: attempt(() => new WebSocket('/echo', ['a', 'a'])), call: attempt(() => WebSocket('/echo')) };
            });
            const { url, ...rest } = said;
            assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+\/echo$/);
            assert.deepEqual(rest, { early: 'InvalidStateError', isBlob: true, order: [1, '2', 2], waiting: 4,
                readyState: 1,
                bufferedAmount: 0, extensions: '', OPEN: 1, isOne: true, constant: 3, onclose: null,
                codes: Array(3).fill('InvalidAccessError'), reason: 'SyntaxError', bad: Array(3).fill('SyntaxError'),
                twice: 'SyntaxError', call: 'TypeError' });
        }));

    const besides = { options: { passthrough: ['/live'], fallThrough: true } };
    test('a socket that the app does not have is the network\'s', () =>
        withSockets('examples/routes', besides, async ({ site, page }) => {
            const { WebSocketServer } = createRequire(path.join(process.env.MODULES, 'here.js'))('ws');
            const sockets = new WebSocketServer({ server: site.server, handleProtocols: () => 'b' });
            sockets.on('connection', (socket) => socket.on('message', (data, isBinary) => {
                socket.send(data, { binary: isBinary });
                socket.close(4000, 'enough');
            }));
            const seen = ['open b', [1, 2], 'close 4000 enough true'];
            assert.deepEqual(await talk(page, '/live', [[1, 2], 3], { protocols: ['a', 'b'] }), seen);
            assert.deepEqual(await talk(page, '/elsewhere', [[1, 2], 3], { protocols: ['a', 'b'] }), seen);
        }));

    test('two tabs chat without a network, and one leaves', () =>
        withSite('examples/chat', {}, async ({ site, page, open }) => {
            await site.stop();
            const other = await secondTab(site, open);
            await enter(page, 'ann');
            await enter(other, 'bob');
            await sees(page, 'bob came');
            await say(page, 'the server is off');
            await say(other, 'here too \u26A1');
            for (const tab of [page, other]) {
                await sees(tab, 'ann: the server is off');
                await sees(tab, 'bob: here too \u26A1');
            }
            await show(page);
            await other.close();
            await sees(page, 'bob left');
            const third = await secondTab(site, open);
            await enter(third, 'eve');
            await third.goto('about:blank');
            await sees(page, 'eve left');
        }));

    test('a worker that was ended: the pages come back to a new one', () =>
        withSite('examples/chat', {}, async ({ site, page, open }) => {
            const other = await secondTab(site, open);
            await enter(page, 'ann');
            await enter(other, 'bob');
            await endWorkers(page);
            for (const tab of [page, other])
                await sees(tab, 'connected again');
            await say(other, 'still here');
            await sees(page, 'bob: still here');
        }));

    test('a new version closes sockets with 1012, and the pages come back', () =>
        withSockets('contract/sockets', {}, async ({ site, page }) => {
            const closed = page.evaluate(() => new Promise((resolve) => {
                const socket = new WebSocket('/echo');
                socket.onopen = () => navigator.serviceWorker.getRegistration()
                    .then((registration) => registration.update());
                socket.onclose = ({ code }) => resolve(code);
            }));
            site.app = 'examples/realtime';
            assert.equal(await closed, 1012);
            assert.deepEqual(await talk(page, '/echo', ['again', 2]), ['open', 'again']);
        }));
});
