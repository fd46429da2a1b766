// Requests of pages, answered by an app in a service worker.
import assert from 'node:assert/strict';
import test from 'node:test';
import { POLLING, ask, endWorkers, missing, textOf, useChromium, visit, withSite } from './chromium.js';

const skip = missing;
useChromium();

test('the first visit ends on a page of the app; requests of all kinds', { skip }, () =>
    withSite('examples/routes', {}, async ({ page }) => {
        assert.deepEqual(await ask(page, '/hello/moon'), [200, 'Hello, moon!']);
        assert.deepEqual(await ask(page, '/echo', { method: 'POST', body: 'abc' }), [200, 'abc']);
        assert.equal((await ask(page, '/nowhere'))[0], 404);
        assert.deepEqual(page.problems.filter((text) => !/404/.test(text)), []);
    }));

test('offline, pages and requests are answered', { skip }, () =>
    withSite('examples/routes', {}, async ({ site, page, open }) => {
        await site.stop();
        await page.goto(site.url('/hello/offline'));
        assert.equal(await textOf(page), 'Hello, offline!');
        await page.reload();
        assert.equal(await textOf(page), 'Hello, offline!');
        const other = await open();
        await other.goto(site.url('/hello/tab'));
        assert.equal(await textOf(other), 'Hello, tab!');
        assert.deepEqual(await ask(other, '/echo', { method: 'POST', body: 'abc' }), [200, 'abc']);
        assert.equal((await ask(other, '/nowhere'))[0], 404);
    }));

test('fallThrough: what the app does not find comes from the network', { skip }, () =>
    withSite('examples/routes', { options: { fallThrough: true } }, async ({ site, page }) => {
        site.extra.set('/picture.txt', 'a picture');
        assert.deepEqual(await ask(page, '/picture.txt'), [200, 'a picture']);
        assert.deepEqual(await ask(page, '/hello/moon'), [200, 'Hello, moon!']);
        assert.equal((await ask(page, '/nowhere', { method: 'POST', body: 'x' }))[0], 404);
        assert.ok(!site.seen.includes('/hello/moon'));
        await site.stop();
        const [status, text] = await ask(page, '/nowhere');
        assert.equal(status, 404);
        assert.notEqual(text, 'from the network');
    }));

test('passthrough: paths of the network', { skip }, () =>
    withSite('examples/routes', { options: { passthrough: ['/hello/network', 'files/'] } }, async ({ site, page }) => {
        site.extra.set('/hello/network', 'of the server').set('/files/a/b', 'deep');
        assert.deepEqual(await ask(page, '/hello/network'), [200, 'of the server']);
        assert.deepEqual(await ask(page, '/files/a/b'), [200, 'deep']);
        assert.deepEqual(await ask(page, '/hello/networks'), [200, 'Hello, networks!']);
    }));

test('an app in a folder: its base is removed, and its redirects stay inside', { skip }, () =>
    withSite('examples/routes', { folder: '/shop/' }, async ({ site, page }) => {
        assert.deepEqual(await ask(page, '/shop/hello/moon'), [200, 'Hello, moon!']);
        assert.deepEqual(await ask(page, '/hello/moon'), [404, 'from the network']);
        await page.goto(site.url('/shop/hello/page'));
        assert.equal(await textOf(page), 'Hello, page!');
    }));

test('two versions: the new app answers, the old cache is gone', { skip }, () =>
    withSite('examples/routes', {}, async ({ site, page }) => {
        const names = () => page.evaluate(() => caches.keys());
        const before = await names();
        site.app = 'examples/hello';
        const changed = page.evaluate(() => new Promise((resolve) => {
            navigator.serviceWorker.addEventListener('controllerchange', () => resolve(true));
            navigator.serviceWorker.getRegistration().then((registration) => registration.update());
        }));
        assert.ok(await changed);
        await page.waitForFunction(async () => (await caches.keys()).length === 1, POLLING);
        const after = await names();
        assert.deepEqual([before.length, after.length, before[0] === after[0]], [1, 1, false]);
        assert.equal((await ask(page, '/echo', { method: 'POST', body: 'abc' }))[0], 404);
        await site.stop();
        await page.goto(site.url());
        assert.notEqual(await textOf(page), '');
    }));

test('a version that does not start leaves the old one in place', { skip }, () =>
    withSite('examples/routes', {}, async ({ site, page }) => {
        site.hash = '0'.repeat(64);
        const told = page.evaluate(() => new Promise((resolve) => {
            navigator.serviceWorker.addEventListener('message', ({ data }) => resolve(data));
            navigator.serviceWorker.getRegistration().then((registration) => registration.update());
        }));
        const { mocket, error } = await told;
        assert.equal(mocket, 'failed');
        assert.match(error, /the SHA-256 of http:\S+app\.wasm is [0-9a-f]{64}, and this worker's script names 0{64}/);
        assert.deepEqual(await ask(page, '/hello/moon'), [200, 'Hello, moon!']);
        assert.equal(await page.evaluate(async () => (await caches.keys()).length), 1);
    }));

test('a long answer, and several that wait at once', { skip }, () =>
    withSite('examples/realtime', {}, async ({ page }) => {
        assert.equal((await ask(page, '/bytes/1000000'))[1].length, 1000000);
        const [texts, ms] = await page.evaluate(async () => {
            const begun = performance.now();
            const answers = await Promise.all([1, 2, 3].map(() => fetch('/sleep/1000').then((a) => a.status)));
            return [answers, performance.now() - begun];
        });
        assert.deepEqual(texts, [200, 200, 200]);
        assert.ok(ms >= 1000 && ms < 2900, `${ms} ms`);
    }));

test('Server-Sent Events', { skip }, () =>
    withSite('examples/realtime', {}, async ({ site, page }) => {
        await site.stop();
        const got = await page.evaluate(() => new Promise((resolve) => {
            const source = new EventSource('/sse'), events = [];
            source.onerror = () => resolve(['error', ...events]);
            source.addEventListener('tick', ({ data }) => {
                events.push(data);
                if (events.length === 3) {
                    source.close();
                    resolve(events);
                }
            });
        }));
        assert.equal(got.length, 3, got.join());
        assert.notEqual(got[0], 'error');
    }));

// ---- What is missing ----

const startPage = (page) => page.waitForFunction(() => /did not start/.test(document.title) &&
    document.getElementById('mocket-start').textContent, POLLING).then((handle) => handle.jsonValue());

test('without JSPI, the page names WebAssembly.Suspending', { skip }, () =>
    withSite('examples/realtime', { before: 'delete WebAssembly.Suspending;\n', visit: false },
        async ({ site, page }) => {
            await page.goto(site.url());
            assert.match(await startPage(page), /handlers wait .* no WebAssembly\.Suspending .*Chromium 137/);
        }));

test('an app that does not wait needs no JSPI', { skip }, () =>
    withSite('examples/routes', { before: 'delete WebAssembly.Suspending;\n' }, async ({ page }) => {
        assert.deepEqual(await ask(page, '/hello/moon'), [200, 'Hello, moon!']);
    }));

test('a page that is not secure', { skip }, () =>
    withSite('examples/routes', { visit: false }, async ({ site, page }) => {
        await page.goto(`http://insecure.test:${site.port}/`);
        assert.match(await startPage(page), /for https: and http:\/\/localhost only\. .*insecure\.test/);
    }));

test('an option that does not exist is named in the page', { skip }, () =>
    withSite('examples/routes', { options: { scop: '/' }, visit: false }, async ({ site, page }) => {
        await page.goto(site.url());
        assert.match(await startPage(page), /there is no option "scop"\. Did you mean "scope"\? The options are: hash/);
    }));

test('a file of an old version', { skip }, () =>
    withSite('examples/routes', { options: { hash: 'a'.repeat(64) }, visit: false }, async ({ site, page }) => {
        await page.goto(site.url());
        assert.match(await startPage(page), /the server has one file of an old version/);
    }));

test('a worker whose files are gone fetches them again, and says what it lacks', { skip }, () =>
    withSite('examples/routes', {}, async ({ site, page }) => {
        await page.evaluate(async () => Promise.all((await caches.keys()).map((name) => caches.delete(name))));
        await endWorkers(page);
        assert.deepEqual(await ask(page, '/hello/moon'), [200, 'Hello, moon!']);
        await endWorkers(page);
        await site.stop();
        await page.goto(site.url('/hello/moon'));
        assert.match(await textOf(page), /^The app did not start\n/);
        assert.equal((await ask(page, '/hello/moon'))[0], 503);
        await site.start();
        await visit(page, site, '/hello/again');
        assert.equal(await textOf(page), 'Hello, again!');
    }));
