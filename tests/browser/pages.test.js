// Pages of apps: the script for sockets in them, redirects, and pages that leave.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { POLLING, ask, missing, useChromium, visit, withSite } from './chromium.js';
import { hasGuest, makeGuest } from './site.js';

const skip = missing;
useChromium();
let app;
before(() => { app = skip ? null : makeGuest('pages.c'); });

test('each page has a socket of the app before its own scripts run, whatever its policy and doctype', { skip }, () =>
    withSite(app, {}, async ({ site, page }) => {
        await site.stop();
        const modes = { '/self': 'CSS1Compat', '/nonce': 'CSS1Compat', '/pieces': 'CSS1Compat',
            '/quirky': 'BackCompat' };
        for (const [target, mode] of Object.entries(modes)) {
            await page.goto(site.url(target));
            await page.waitForFunction(() => document.title === 'by a socket', POLLING);
            assert.equal(await page.evaluate(() => document.compatMode), mode, target);
        }
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'de'); // of the last page
    }));

test('a page whose policy forbids scripts is shown without one', { skip }, () =>
    withSite(app, {}, async ({ site, page }) => {
        await page.goto(site.url('/none'));
        assert.equal(await page.evaluate(() => document.body.innerText), 'no script');
        assert.match(page.problems.join(), /page\.js.* violates .*script-src 'none'/);
    }));

test('shim: false leaves pages alone', { skip }, () =>
    withSite(app, { options: { shim: false } }, async ({ site, page }) => {
        await page.goto(site.url('/landed?from=here'));
        assert.equal(await page.evaluate(() => document.scripts.length), 0);
        await site.stop();
        await page.addScriptTag({ url: '/mocket/page.js' }); // what such a page does itself
        assert.equal(await page.evaluate(() => new Promise((resolve) => {
            new WebSocket('/echo').onopen = () => resolve('open');
        })), 'open');
    }));

test('redirects stay in the folder of the app', { skip }, () =>
    withSite(app, { folder: '/shop/' }, async ({ site, page }) => {
        await page.goto(site.url('/shop/away'));
        assert.deepEqual([page.url(), await page.title()], [site.url('/shop/landed?from=away'), 'away']);
        const { url, redirected } = await page.evaluate(() => fetch('/shop/away')
            .then((answer) => ({ url: answer.url, redirected: answer.redirected })));
        assert.deepEqual([url, redirected], [site.url('/shop/landed?from=away'), true]);
    }));

// With one instance, the next request is answered when the handler before it has ended.
const alone = { options: { app: { maxInstances: 1, queue: 0 } } };
const isFree = (page, target) => page.waitForFunction(async (to) => (await fetch(to)).status !== 503,
    { polling: 200 }, target);

test('Chromium does not report pages that leave before an answer begins: the timeout ends the handler', { skip }, () =>
    withSite(app, { options: { app: { ...alone.options.app, timeout: 2000 } } }, async ({ page }) => {
        const [busy, ms] = await page.evaluate(async () => {
            const begun = performance.now(), abort = new AbortController();
            fetch('/slow', { signal: abort.signal }).catch(() => {});
            const status = async () => (await fetch('/landed')).status, first = await status();
            abort.abort();
            while (await status() === 503)
                await new Promise((resolve) => { setTimeout(resolve, 50); });
            return [first, performance.now() - begun];
        });
        assert.equal(busy, 503);
        assert.ok(ms > 1500, `it is reported now, after ${ms} ms: say so in hosts/js/README.md`);
    }));

test('an EventSource that is closed ends its handler', { skip }, () =>
    withSite('examples/realtime', alone, async ({ page }) => {
        const status = await page.evaluate(() => new Promise((resolve) => {
            const source = new EventSource('/sse');
            source.addEventListener('tick', async () => {
                const busy = await fetch('/sleep/1');
                source.close();
                resolve(busy.status);
            }, { once: true });
        }));
        assert.equal(status, 503);
        await isFree(page, '/sleep/1');
    }));

const built = (name) => hasGuest(`examples/${name}`) ? skip : `${name} was not built (tools/setup-moonbit)`;

for (const name of ['moonbit-routes', 'moonbit-routes-gc'])
    test(`the MoonBit guest ${name}`, { skip: built(name) }, () =>
        withSite(`examples/${name}`, {}, async ({ site, page }) => {
            await site.stop();
            assert.deepEqual(await ask(page, '/hello/moon'), [200, 'Hello, moon!']);
            assert.equal((await ask(page, '/nowhere'))[0], 404);
            await visit(page, site, '/hello/page');
        }));

for (const name of ['moonbit-realtime', 'moonbit-realtime-gc'])
    test(`the MoonBit guest ${name}: three that wait at once`, { skip: built(name) }, () =>
        withSite(`examples/${name}`, {}, async ({ page }) => {
            const ms = await page.evaluate(async () => {
                const begun = performance.now();
                await Promise.all([1, 2, 3].map(() => fetch('/sleep/1000')));
                return performance.now() - begun;
            });
            assert.ok(ms >= 1000 && ms < 2900, `${ms} ms`);
        }));
