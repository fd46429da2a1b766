// Pictures of pages: node browser.mjs chat|site URL FILE. tools/make-images calls this.
import { enter, say, sees } from '../../tests/browser/chat.js';
import { launch, missing, tabOf } from '../../tests/browser/chromium.js';

const [kind, url, file] = process.argv.slice(2);

// Two members of a room, who talk.
async function chat(browser, page) {
    const other = await tabOf(await browser.open());
    for (const tab of [page, other])
        await tab.goto(url);
    await enter(page, 'Ada');
    await enter(other, 'Grace');
    await sees(page, 'Grace came');
    for (const [tab, name, text] of [[page, 'Ada', 'One file, and it runs everywhere?'],
        [other, 'Grace', 'This page came from WebAssembly.'], [page, 'Ada', 'And the next one from a browser.']]) {
        await say(tab, text);
        await sees(page, `${name}: ${text}`);
    }
    await page.bringToFront();
    await page.setViewport({ width: 640, height: 360 });
}

async function site(browser, page) {
    await page.setViewport({ width: 1280, height: 720 });
    await page.goto(url, { waitUntil: 'load' });
}

if (missing) {
    console.error(`browser.mjs: ${missing}`);
    process.exit(1);
}
const browser = await launch();
try {
    const page = await tabOf(await browser.open());
    await { chat, site }[kind](browser, page);
    await page.screenshot({ path: file });
} finally {
    await browser.close();
}
