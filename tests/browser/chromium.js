// One headless Chromium for all tests of a file, and a context of its own (storage, workers) for each test.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Site } from './site.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const { MODULES } = process.env;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];
const NAMES = '--host-resolver-rules=MAP insecure.test 127.0.0.1';
export const WAIT_MS = 20000;
export const POLLING = { polling: 100 }; // tabs in the background draw no frames

export const missing = !MODULES ? 'MODULES names no folder with puppeteer-core (tools/setup-js)'
    : !existsSync(CHROMIUM) ? `there is no ${CHROMIUM} (tools/setup --tests)` : false;

// Chromium trusts the authorities of NSS in its home.
function trust(home, authority) {
    const folder = path.join(home, '.pki/nssdb'), certutil = (...words) =>
        execFileSync('certutil', ['-d', `sql:${folder}`, ...words]);
    mkdirSync(folder, { recursive: true });
    certutil('-N', '--empty-password');
    certutil('-A', '-n', 'authority', '-t', 'C,,', '-i', authority);
}

// { context, open, close }: a browser that runs, with a folder of its own. authority: the certificate of one that it
// trusts besides its own.
export async function launch(more = [], authority = null) {
    const { default: puppeteer } = await import(pathToFileURL(
        createRequire(path.join(MODULES, 'here.js')).resolve('puppeteer-core')));
    const folder = mkdtempSync(path.join(tmpdir(), 'mocket-chromium-'));
    const env = authority === null ? process.env : { ...process.env, HOME: folder };
    if (authority !== null)
        trust(folder, authority);
    // A worker that a debugger is attached to is not started again: puppeteer must not see workers.
    const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, userDataDir: folder,
        args: [...FLAGS, ...more], protocolTimeout: 60000, env,
        targetFilter: (target) => target.type() !== 'service_worker' });
    return {
        context: browser.defaultBrowserContext(),
        open: () => browser.createBrowserContext(),
        close: async () => {
            await browser.close();
            rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
        },
    };
}

let browser = null;

// For a file of tests.
export function useChromium() {
    before(async () => { browser = missing ? null : await launch([NAMES]); });
    after(() => browser?.close());
}

// A tab that remembers what went wrong in it.
export async function tabOf(context) {
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
    return page;
}

// run: ({ site, page, open }) with a site of that app, and a page that the worker controls unless options.visit is
// false. open: () -> another tab.
export async function withSite(app, options, run) {
    const site = await new Site(app, options).start(), context = await browser.open();
    const open = () => tabOf(context);
    try {
        const page = await open();
        if (options.visit !== false)
            await visit(page, site);
        await run({ site, page, open });
    } finally {
        await context.close();
        await site.stop();
    }
}

// The first visit: from the start page to the app's.
export async function visit(page, site, target) {
    await page.goto(site.url(target));
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null &&
        document.getElementById('mocket-start') === null && document.readyState === 'complete', POLLING);
}

// What fetch in the page gets: [status, text].
export const ask = (page, target, init) => page.evaluate(async (to, how) => {
    const answer = await fetch(to, how);
    return [answer.status, await answer.text()];
}, target, init);

export const textOf = (page) => page.evaluate(() => document.body.innerText);

// Ends every service worker, as the browser does with idle ones.
export async function endWorkers(page) {
    const session = await page.createCDPSession();
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await session.detach();
}
