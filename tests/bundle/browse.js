// Opens a bundle's first page in headless Chromium and asks the app that its service worker then runs.
//     node browse.js URL METHOD PATH [BODY]
// Prints [status, text] in JSON. MODULES: a folder with puppeteer-core; CHROMIUM: the program.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { MODULES, CHROMIUM = '/usr/bin/chromium' } = process.env;
const [url, method, target, body] = process.argv.slice(2);
const found = createRequire(path.join(MODULES, 'here.js')).resolve('puppeteer-core');
const { default: puppeteer } = await import(pathToFileURL(found));
const folder = mkdtempSync(path.join(tmpdir(), 'mocket-chromium-'));
const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, userDataDir: folder,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
    targetFilter: (one) => one.type() !== 'service_worker' });
try {
    const page = await browser.newPage();
    page.setDefaultTimeout(20000);
    await page.goto(url);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null &&
        document.getElementById('mocket-start') === null); // the first page is gone
    const answer = await page.evaluate(async (where, options) => {
        const response = await fetch(where, options);
        return [response.status, await response.text()];
    }, target, { method, body });
    console.log(JSON.stringify(answer));
} finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
